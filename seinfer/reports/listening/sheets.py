"""Empty rating sheets: one CSV per session in the form of the rating file, to be filled in by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ...core.files import Cell, write_csv
from .records import RATING_COLUMNS, SCALES, PublicSession, PublicTest, PublicTrial


def write_sheets(test: PublicTest, folder: Path) -> None:
    """Write `<session_id>.csv` for each session.

    Raises:
        RunFolderError: a file cannot be written.
    """
    folder.mkdir()
    for session in test.sessions:
        write_csv(folder / f"{session.session_id}.csv", RATING_COLUMNS, _rows(test, session))


def votes_of(test: PublicTest, trial: PublicTrial) -> Iterator[tuple[int, str]]:
    """Yield (position, stimulus_id) of every vote on a trial, as the rating file names them."""
    if test.design in ("p835", "mushra"):
        yield from enumerate(trial.stimuli, start=1)
    else:
        yield 0, trial.stimuli[-1]


def _rows(test: PublicTest, session: PublicSession) -> Iterator[dict[str, Cell]]:
    for number, trial in enumerate(session.trials, start=1):
        for position, stimulus_id in votes_of(test, trial):
            for scale in SCALES[test.design]:
                yield {
                    "test_id": test.test_id,
                    "key_sha256": test.key_sha256,
                    "session_id": session.session_id,
                    "design": test.design,
                    "trial": number,
                    "position": position,
                    "stimulus_id": stimulus_id,
                    "scale": scale,
                    "page_version": test.page_version,
                }
