"""Rating rows out of result files of other programs: what all formats have in common.

A row names the trial of our own test to which the vote belongs. What the other program does not record stays empty.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ....core.errors import UsageError
from ....core.files import Cell, read_csv
from ..records import RATING_COLUMNS, SCALES, DesignName, Key

RANGES: Mapping[DesignName, tuple[float, float]] = {
    "p835": (1, 5),
    "mushra": (0, 100),
    "ccr": (-3, 3),
    "ab": (-1, 1),
    "abx": (1, 2),
}


@dataclass(frozen=True)
class Line:
    """One line of a result file, with its place for messages."""

    path: Path
    number: int
    cells: Mapping[str, str]

    def error(self, message: str) -> UsageError:
        """Return an error that names the line."""
        return UsageError(f"{self.path}, line {self.number}: {message}")

    def __getitem__(self, column: str) -> str:
        """Return a cell without the spaces around it."""
        return self.cells[column].strip()


@dataclass(frozen=True)
class Vote:
    """One vote of a result file.

    Attributes:
        line: where it stands.
        rater: name of the rater in the other program.
        session_id, trial, position, stimulus_id, scale, rating: see `records.RATING_COLUMNS`.
        rt_ms: time for the vote; empty if it is unknown.
        comment: words of the rater.
    """

    line: Line
    rater: str
    session_id: str
    trial: int
    position: int
    stimulus_id: str
    scale: str
    rating: float
    rt_ms: str = ""
    comment: str = ""

    @property
    def place(self) -> tuple[str, str, int, int, str]:
        """What one rater may vote on once."""
        return self.session_id, self.rater, self.trial, self.position, self.scale


def lines_of(path: Path, needed: Sequence[str]) -> list[Line]:
    """Read a result file.

    Raises:
        UsageError: it cannot be read, has no lines, or lacks one of the columns `needed`.
    """
    try:
        rows = read_csv(path)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{path} is not a CSV file in UTF-8 ({error}); expected a result file") from error
    if not rows:
        raise UsageError(f"{path} contains no votes; expected a result file with a header and a line per vote")
    if absent := [name for name in needed if name not in rows[0]]:
        raise UsageError(f"{path} has no column {absent[0]}; its columns are {', '.join(rows[0])}")
    return [Line(path, number, row) for number, row in enumerate(rows, start=2)]


def rating_of(line: Line, column: str, design: DesignName) -> float:
    """Return the rating in a cell.

    Raises:
        UsageError: it is not a number of the scale.
    """
    low, high = RANGES[design]
    try:
        value = float(line[column])
    except ValueError:
        value = math.nan
    if not low <= value <= high or (design != "mushra" and value != int(value)):
        kind = "number" if design == "mushra" else "whole number"
        raise line.error(f"{column} is {line[column]!r}; expected a {kind} from {low:g} to {high:g}")
    return value


def rating_rows(key: Key, votes: Iterable[Vote]) -> list[dict[str, Cell]]:
    """Return the rows of a rating file, sorted by session, rater, trial and position.

    Raises:
        UsageError: a rater votes twice on the same.
    """
    seen: dict[tuple[str, str, int, int, str], Vote] = {}
    for vote in votes:
        first = seen.setdefault(vote.place, vote)
        if first is not vote:
            raise vote.line.error(
                f"rater {vote.rater} rates {vote.stimulus_id} on {vote.scale} a second time, after line "
                f"{first.line.number} of {first.line.path.name}; remove one of the two lines"
            )
    order = {scale: rank for rank, scale in enumerate(SCALES[key.test.design])}
    ordered = sorted(seen.values(), key=lambda one: (*one.place[:4], order[one.scale]))
    return [dict(zip(RATING_COLUMNS, _cells(key, vote), strict=True)) for vote in ordered]


def _cells(key: Key, vote: Vote) -> Iterator[Cell]:
    test = key.test
    rating = int(vote.rating) if vote.rating == int(vote.rating) else vote.rating
    yield from (test.test_id, test.key_sha256, vote.session_id, vote.rater, test.design, vote.trial, vote.position)
    yield from (vote.stimulus_id, vote.scale, rating, "", "", vote.rt_ms, "", test.page_version, "", vote.comment)
