"""What a user typed about tables -> settings that stay with the run, and the look of one printing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..analysis.groups import chosen_keys
from ..analysis.settings import FORMATS, Display, ReportSettings
from ..core.errors import UsageError
from ..core.records import BASELINE, Clip
from ..core.suggestions import suggest


@dataclass(frozen=True)
class TableOptions:
    """The options that compare, score and report share, as they were typed; None stands for "not given".

    Attributes:
        format: one of FORMATS.
        sort: a metric, "name" or a cost.
        baseline: name of a model.
        by: columns of clips.csv, separated by commas.
        dnsmos_csv: whether dnsmos.csv is written.
    """

    format: str = "table"
    sort: str = ""
    baseline: str | None = None
    by: str | None = None
    dnsmos_csv: bool | None = None

    def display(self, metrics: str = "") -> Display:
        """Return the look; `metrics` are names separated by commas, none for all.

        Raises:
            UsageError: there is no such format.
        """
        if self.format not in FORMATS:
            raise UsageError(f"--format is {self.format!r}; expected one of {', '.join(FORMATS)}")
        return Display(self.format, self.sort, [name.strip() for name in metrics.split(",") if name.strip()])

    def settings(
        self, clips: Iterable[Clip], models: Sequence[str], kept: ReportSettings | None = None
    ) -> ReportSettings:
        """Return the settings of a run; what was not given is as `kept`.

        Raises:
            UsageError: the baseline is not among the models, or a group is no column.
        """
        kept = kept or ReportSettings()
        baseline = kept.baseline if self.baseline is None else self.baseline
        if baseline and baseline not in models:
            raise UsageError(
                f"--baseline is {baseline!r}, which is not among the models compared: {suggest(baseline, models)}"
            )
        return ReportSettings(
            baseline="" if baseline == BASELINE else baseline,  # noisy is one in any case
            by=kept.by if self.by is None else chosen_keys(self.by, clips),
            dnsmos_csv=kept.dnsmos_csv if self.dnsmos_csv is None else self.dnsmos_csv,
        )
