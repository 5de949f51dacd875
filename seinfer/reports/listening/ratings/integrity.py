"""Checks of rating files against the key. Any problem refuses the whole analysis: no row is left out silently.

Each line of a message names the file and the line. Equal problems of one file are one line with their number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from ....core.counts import counted
from ....core.errors import IntegrityError, RatingsError
from ..records import IMPORTED_VERSIONS, SCALES, DesignName, Key, PublicSession, PublicTrial
from .rating_files import RatingRow

Slot = tuple[str, int, int, str]
"""(session_id, trial, position, scale)."""

RANGES: Mapping[DesignName, tuple[float, float]] = {
    "p835": (1, 5),
    "mushra": (0, 100),
    "ccr": (-3, 3),
    "ab": (-1, 1),
    "abx": (1, 2),
}
"""Design -> lowest and highest rating."""


def check_ratings(rows: Sequence[RatingRow], key: Key) -> None:
    """Check every row against the key.

    Raises:
        IntegrityError: rows of another test, key, design or page version, unknown sessions or stimuli, ratings out of
            the scale, duplicated votes, one session of two raters. Its lines name each problem.
    """
    sessions = {session.session_id: session for session in key.test.sessions}
    problems = [(row, text) for row in rows for text in _problems(row, key, sessions)]
    problems += _duplicates(rows)
    problems += _shared_sessions(rows)
    if problems:
        lines = _grouped(problems)
        raise IntegrityError(
            f"the ratings do not fit the key: {counted(len(lines), 'problem')}, nothing is analysed", *lines
        )


def check_complete(rows: Sequence[RatingRow], key: Key, *, allow_fewer: bool) -> tuple[str, ...]:
    """Check that there are as many raters as planned, and that each session is complete.

    Returns:
        One line for each thing that is missing, if `allow_fewer`.

    Raises:
        RatingsError: something is missing, and `allow_fewer` is false.
    """
    remarks = [
        f"{path}: session {session}: {counted(len(slots), 'vote')} missing, the first in trial {slots[0][1]}"
        for (path, session), slots in missing_votes(rows, key).items()
    ]
    n_raters = len({rater_of(row) for row in rows})
    if n_raters < key.test.n_raters:
        remarks.insert(0, f"fewer raters than planned: {n_raters} of {key.test.n_raters}")
    if remarks and not allow_fewer:
        raise RatingsError(
            "the ratings are incomplete; an analysis before the planned end invites a biased choice of that moment: "
            "wait for the other ratings, or give --allow-fewer",
            *remarks,
        )
    return tuple(remarks)


def missing_votes(rows: Iterable[RatingRow], key: Key) -> dict[tuple[Path, str], list[Slot]]:
    """Return (file, session) -> slots without a rating, for the sessions that have any row; training does not count.

    Imported ratings lack nothing: other programs give each rater a part of a session.
    """
    rated: set[Slot] = {slot for row in rows if row.rating is not None and (slot := slot_of(row))}
    file_of = {row.session_id: row.path for row in rows if not is_imported(row)}
    found = {}
    for session in key.test.sessions:
        if session.session_id not in file_of:
            continue
        absent = [slot for slot in expected_slots(session, key) if slot not in rated]
        if absent:
            found[file_of[session.session_id], session.session_id] = absent
    return found


def expected_slots(session: PublicSession, key: Key) -> Iterator[Slot]:
    """Yield the slot of each vote that a complete session has, training left out."""
    for number, trial in enumerate(session.trials, start=1):
        if trial.is_training:
            continue
        for position in positions(trial, key.test.design):
            for scale in SCALES[key.test.design]:
                yield session.session_id, number, position, scale


def positions(trial: PublicTrial, design: DesignName) -> Sequence[int]:
    """Return the positions on which there are votes: 0 for a vote on the whole trial."""
    return range(1, len(trial.stimuli) + 1) if design in ("p835", "mushra") else (0,)


def slot_of(row: RatingRow) -> Slot | None:
    """Return the slot of a row, None if its numbers cannot be read."""
    if row.trial is None or row.position is None:
        return None
    return row.session_id, row.trial, row.position, row.scale


def is_imported(row: RatingRow) -> bool:
    """Return whether `seinfer blind import` wrote the row, out of a result file of another program."""
    return row.page_version in IMPORTED_VERSIONS


def rater_of(row: RatingRow) -> str:
    """Return the rater; a rater without a name is known by the session."""
    return row.rater_id or row.session_id


def _problems(row: RatingRow, key: Key, sessions: Mapping[str, PublicSession]) -> Iterator[str]:
    test = key.test
    stated = (
        ("test_id", row.test_id, test.test_id),
        ("key_sha256", row.key_sha256, test.key_sha256),
        ("design", row.design, test.design),
        ("page_version", "" if is_imported(row) else row.page_version, "" if is_imported(row) else test.page_version),
    )
    wrong = [f"{name} is {found!r}, expected {expected!r}" for name, found, expected in stated if found != expected]
    if row.session_id not in sessions:
        wrong.append(f"session {row.session_id!r} is not of this test")
    elif not wrong:
        wrong += _of_trial(row, sessions[row.session_id], test.design)
    yield from wrong


def _of_trial(row: RatingRow, session: PublicSession, design: DesignName) -> Iterator[str]:
    if row.trial is None or not 1 <= row.trial <= len(session.trials):
        yield f"trial {row.trial} is not in session {row.session_id}, which has {len(session.trials)}"
        return
    trial = session.trials[row.trial - 1]
    if row.position is None or row.position not in positions(trial, design):
        yield f"position {row.position} is not in trial {row.trial}"
    elif row.stimulus_id != trial.stimuli[row.position - 1]:
        yield f"stimulus {row.stimulus_id!r} is not at position {row.position} of trial {row.trial}"
    if row.scale not in SCALES[design]:
        yield f"scale is {row.scale!r}, expected {' or '.join(SCALES[design])}"
    low, high = RANGES[design]
    if row.rating_text and (row.rating is None or not low <= row.rating <= high):
        yield f"rating is {row.rating_text!r}, expected a number from {low} to {high}"
    elif row.rating is not None and design != "mushra" and row.rating != int(row.rating):
        yield f"rating is {row.rating_text!r}, expected a whole number"


def _duplicates(rows: Iterable[RatingRow]) -> Iterator[tuple[RatingRow, str]]:
    first: dict[tuple[str, Slot], RatingRow] = {}
    for row in rows:
        slot = slot_of(row)
        if row.rating is None or slot is None:
            continue
        vote = rater_of(row) if is_imported(row) else "", slot
        if vote in first:
            other = first[vote]
            yield row, f"the same vote stands in {other.path} line {other.line}; keep one of the two"
        else:
            first[vote] = row


def _shared_sessions(rows: Iterable[RatingRow]) -> Iterator[tuple[RatingRow, str]]:
    first: dict[str, RatingRow] = {}
    reported: set[tuple[str, str]] = set()
    for row in rows:
        if is_imported(row):
            continue
        other = first.setdefault(row.session_id, row)
        if rater_of(row) != rater_of(other) and (row.session_id, rater_of(row)) not in reported:
            reported.add((row.session_id, rater_of(row)))
            yield (
                row,
                f"session {row.session_id} is of rater {rater_of(row)!r}, and of rater {rater_of(other)!r} in "
                f"{other.path} line {other.line}; a session belongs to one rater: keep one of the two",
            )


def _grouped(problems: Iterable[tuple[RatingRow, str]]) -> list[str]:
    """Return one line for equal problems of one file, in the order of the files and lines."""
    lines: dict[tuple[Path, str], list[int]] = {}
    for row, text in problems:
        lines.setdefault((row.path, text), []).append(row.line)
    return [f"{path} line {_numbers(numbers)}: {text}" for (path, text), numbers in lines.items()]


def _numbers(lines: Sequence[int]) -> str:
    return f"{lines[0]} and {counted(len(lines) - 1, 'other line')}" if len(lines) > 1 else str(lines[0])
