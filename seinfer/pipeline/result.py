"""The result of `seinfer.compare` and `seinfer.score`: the tables of the run folder, as rows or as DataFrames."""

from __future__ import annotations

import shutil
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, overload

from ..analysis.cautions import cautions
from ..analysis.leaderboard import leaderboard
from ..analysis.ordering import in_order
from ..analysis.results import Results
from ..core.errors import MissingExtraError, RunFolderError
from ..core.files import Cell
from ..models.extras import install_line
from ..reports.console import not_run
from ..reports.csv import per_clip_columns, per_clip_row, table_row
from ..reports.html.report import REPORT_HTML
from ..reports.pairwise_csv import PAIRWISE, pairwise_rows
from ..reports.summary_csv import SUMMARY, summary_rows

if TYPE_CHECKING:
    import pandas


class ResultTable(Sequence[Mapping[str, Cell]]):
    """One table of a result. It is a sequence of rows, each a mapping column -> value; None means "not applicable".

    Attributes:
        columns: names, in order.
    """

    def __init__(self, columns: Sequence[str], rows: Sequence[Mapping[str, Cell]]) -> None:
        self.columns = tuple(columns)
        self._rows = tuple({name: row.get(name) for name in columns} for row in rows)

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, index: int) -> Mapping[str, Cell]: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Mapping[str, Cell], ...]: ...

    def __getitem__(self, index: int | slice) -> Mapping[str, Cell] | tuple[Mapping[str, Cell], ...]:
        return self._rows[index]

    def __repr__(self) -> str:
        return f"ResultTable({len(self)} rows, columns: {', '.join(self.columns)})"

    def to_pandas(self) -> pandas.DataFrame:
        """Return the table as a DataFrame of shape (row, column); a missing number is NaN.

        Raises:
            MissingExtraError: pandas is not installed; the message contains the command that installs it.
        """
        try:
            import pandas
        except ImportError as error:
            raise MissingExtraError(f"to_pandas needs the package pandas: {install_line(_Pandas())}") from error
        empty = {name: float for name in self.columns if all(row[name] is None for row in self._rows)}
        return pandas.DataFrame(list(self._rows), columns=list(self.columns)).astype(empty)


@dataclass(frozen=True)
class _Pandas:
    """The extra that brings pandas."""

    extra: str = "pandas"
    distribution: str = "seinfer"


class RunResult:
    """The result of a run. A clip that failed is a row with its reason, never a missing row or a 0.

    Attributes:
        path: the run folder, with the enhanced files and all tables. A temporary one is removed together with this
            object; `save` keeps it.
    """

    def __init__(self, results: Results, path: Path, *, is_temporary: bool = False) -> None:
        self.path = path
        self._results = results
        if is_temporary:
            weakref.finalize(self, shutil.rmtree, path, ignore_errors=True)

    def __repr__(self) -> str:
        n_failed = len(self.failures)
        return (
            f"RunResult({len(self._results.clips)} clips, models: {', '.join(self.models)}, "
            f"metrics: {', '.join(self.metrics) or 'none'}, {n_failed} failed, path: {self.path})"
        )

    def to_pandas(self) -> pandas.DataFrame:
        """Return the scores of each clip as a DataFrame: one row per clip and model, the columns of per_clip.csv.

        Scores have the units of `seinfer metrics` (dB for SDR, 0 to 1 for STOI), durations are in seconds.

        Raises:
            MissingExtraError: pandas is not installed; the message contains the command that installs it.
        """
        return self.per_clip.to_pandas()

    @property
    def models(self) -> tuple[str, ...]:
        """The models that ran, noisy (the unprocessed clips) first."""
        return self._results.models

    @property
    def metrics(self) -> tuple[str, ...]:
        """The metrics by which the models are compared."""
        return self._results.metrics

    @cached_property
    def per_clip(self) -> ResultTable:
        """One row per clip and model, as in per_clip.csv."""
        columns = per_clip_columns(self._results)
        return ResultTable(list(columns), [per_clip_row(self._results, row, columns) for row in self._results.by_clip])

    @cached_property
    def leaderboard(self) -> ResultTable:
        """One row per model, best mean rank first after noisy: mean, interval, rank and tie band of each metric, costs.

        The columns are those of `seinfer compare --format csv`, without the column status.
        """
        rows = in_order(leaderboard(self._results), self.metrics, "")
        lines = [table_row(row, self.metrics) for row in rows]
        return ResultTable([name for name in (lines[0] if lines else {}) if name != "status"], lines)

    @cached_property
    def summary(self) -> ResultTable:
        """One row per model, metric and group of clips, as in summary.csv."""
        return ResultTable(SUMMARY, summary_rows(self._results, leaderboard(self._results)))

    @cached_property
    def pairwise(self) -> ResultTable:
        """One row per metric and pair of models, as in pairwise.csv."""
        return ResultTable(PAIRWISE, pairwise_rows(self._results))

    @property
    def failures(self) -> dict[tuple[str, str], str]:
        """(clip_id, model) -> why the clip failed: no estimate, or one that cannot be scored."""
        return {(row.clip.clip_id, row.model): row.error for row in self._results.by_clip if not row.is_ok}

    @property
    def not_run(self) -> dict[str, str]:
        """Model -> why it did not run, for models="all", and for a model that could not be loaded."""
        return not_run(self._results.header)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader of the tables must know, such as too few clips."""
        return tuple(caution.message for caution in cautions(self._results))

    @property
    def html(self) -> Path | None:
        """Path of report.html in the run folder; None if the run was not asked for it."""
        path = self.path / REPORT_HTML
        return path if path.is_file() else None

    def save(self, folder: str | Path) -> Path:
        """Copy the run folder, also for `seinfer report` and `seinfer recommend`, and return the copy's path.

        Args:
            folder: a folder that does not exist yet.

        Raises:
            RunFolderError: it exists, or it cannot be written.
        """
        target = Path(folder)
        try:
            shutil.copytree(self.path, target)
        except FileExistsError:
            raise RunFolderError(f"{target} exists already; choose another folder, or remove it") from None
        except OSError as error:
            raise RunFolderError(f"{target} cannot be written: {error.strerror or error}") from error
        return target
