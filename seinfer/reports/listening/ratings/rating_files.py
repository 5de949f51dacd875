"""Rating files: the CSV files that the rating page or the importers write, one row per vote; see records.py."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ....core.errors import IntegrityError, UsageError
from ....core.files import read_numbered_csv
from ..records import RATING_COLUMNS


@dataclass(frozen=True)
class RatingRow:
    """One row of a rating file. The texts are as in the file; `records.py` describes the columns.

    Attributes:
        path: the file.
        line: number of the line, from 1.
        trial, position: None if the cell is not a whole number.
        rating: None if the cell is empty or not a finite number.
        rating_text: the cell.
        played_ms: None if the cell is empty or not a number.
    """

    path: Path
    line: int
    test_id: str
    key_sha256: str
    session_id: str
    rater_id: str
    design: str
    trial: int | None
    position: int | None
    stimulus_id: str
    scale: str
    rating: float | None
    rating_text: str
    n_plays: float | None
    played_ms: float | None
    rt_ms: float | None
    utc: str
    page_version: str
    output_sample_rate: str
    comment: str


def read_ratings(paths: Sequence[Path]) -> tuple[RatingRow, ...]:
    """Read all rows of the rating files; a folder stands for the CSV files in it.

    Raises:
        UsageError: a file cannot be read, or there are no rows.
        IntegrityError: a file is not a rating file.
    """
    files = list(dict.fromkeys(file for path in paths for file in _files(path)))
    rows = tuple(row for file in files for row in _rows(file))
    if not rows:
        raise UsageError(
            f"{', '.join(map(str, paths))}: no ratings found; expected the CSV files that raters sent back"
        )
    return rows


def _files(path: Path) -> list[Path]:
    return sorted(path.glob("*.csv")) if path.is_dir() else [path]


def _rows(path: Path) -> Iterator[RatingRow]:
    try:
        lines = read_numbered_csv(path)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}; expected a rating file") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise IntegrityError(f"{path} is not a CSV in UTF-8 ({error}); ask the rater for the file again") from error
    if not lines:
        raise IntegrityError(f"{path} contains no row; expected a rating file with a header and one row per vote")
    if missing := [name for name in RATING_COLUMNS if name not in lines[0][1]]:
        raise IntegrityError(f"{path} line 1: the columns {', '.join(missing)} are missing; expected a rating file")
    for line, cells in lines:
        yield RatingRow(
            path=path,
            line=line,
            trial=_whole(cells["trial"]),
            position=_whole(cells["position"]),
            rating=_number(cells["rating"]),
            rating_text=cells["rating"].strip(),
            n_plays=_number(cells["n_plays"]),
            played_ms=_number(cells["played_ms"]),
            rt_ms=_number(cells["rt_ms"]),
            **{name: cells[name].strip() for name in _TEXTS},
        )


_TEXTS = (
    *("test_id", "key_sha256", "session_id", "rater_id", "design", "stimulus_id", "scale", "utc"),
    *("page_version", "output_sample_rate", "comment"),
)


def _whole(text: str) -> int | None:
    number = _number(text)
    return int(number) if number is not None and number == int(number) else None


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
