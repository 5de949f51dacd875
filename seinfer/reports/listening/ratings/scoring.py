"""The whole analysis of a listening test: rating files and key in, one record with everything out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ....analysis.results import Results
from ....core.counts import counted
from ....core.errors import IntegrityError
from ....core.hashing import sha256_of
from ..documents import STIMULI, read_test
from ..key import verify
from ..records import Key
from .analysis import Analysis, analyse
from .integrity import check_complete, check_ratings, missing_votes
from .objective import ObjectiveScores, objective_scores
from .rating_files import read_ratings
from .screening import RaterCheck, kept, screen
from .votes import Vote, votes_of


@dataclass(frozen=True)
class ScoredTest:
    """A listening test with its results.

    Attributes:
        key: of the test.
        votes: all votes, training included.
        raters: every rater with the result of the checks.
        screened: results without the excluded raters.
        unscreened: results of all raters.
        objective: objective scores of the run; None without a run.
        remarks: what is missing, or does not belong to the test.
    """

    key: Key
    votes: tuple[Vote, ...]
    raters: tuple[RaterCheck, ...]
    screened: Analysis
    unscreened: Analysis
    objective: ObjectiveScores | None
    remarks: tuple[str, ...]

    @property
    def excluded(self) -> tuple[RaterCheck, ...]:
        """The raters who are excluded."""
        return tuple(check for check in self.raters if check.is_excluded)

    @property
    def kept_votes(self) -> tuple[Vote, ...]:
        """The votes of the other raters."""
        return kept(self.votes, self.raters)


def score_test(
    paths: Sequence[Path], key: Key, *, test_folder: Path | None, results: Results | None, allow_fewer: bool
) -> ScoredTest:
    """Check and analyse the ratings of a listening test.

    Args:
        paths: rating files, or folders of them.
        key: of the test.
        test_folder: the folder that raters got, to check it against the key; None if it is not at hand.
        results: the run that the test was made from; None if it is not at hand.
        allow_fewer: accept missing raters and votes.

    Raises:
        IntegrityError: the ratings or the test folder do not fit the key.
        RatingsError: raters or votes are missing, or all raters are excluded.
        UsageError: a file cannot be read.
    """
    if test_folder:
        verify_folder(test_folder, key)
    rows = read_ratings(paths)
    check_ratings(rows, key)
    remarks = (*check_complete(rows, key, allow_fewer=allow_fewer), *_other_run(key, results))
    votes = votes_of(rows, key)
    missing = {session: len(slots) for (_, session), slots in missing_votes(rows, key).items()}
    raters = screen(votes, key, missing)
    remaining = kept(votes, raters)
    return ScoredTest(
        key=key,
        votes=votes,
        raters=raters,
        screened=analyse(remaining, key),
        unscreened=analyse(votes, key),
        objective=objective_scores(remaining, key, results) if results and remaining else None,
        remarks=remarks,
    )


def _other_run(key: Key, results: Results | None) -> tuple[str, ...]:
    """Return a line if the run is not the one that the test was made from."""
    expected, found = key.run.get("run_id"), results.header.get("run_id") if results else None
    if not expected or not found or expected == found:
        return ()
    return (f"--run is the run {found}, and the test was made from {expected}: its scores may be of other files",)


def verify_folder(folder: Path, key: Key) -> None:
    """Check that a test folder is the one that the key was made with, down to the stimulus files.

    Raises:
        IntegrityError: the test or a stimulus differs, or a stimulus is missing.
        UsageError: it is no test folder.
    """
    verify(key, read_test(folder))
    wrong = []
    for item in key.items:
        path = folder / STIMULI / f"{item.stimulus_id}.wav"
        if not path.is_file():
            wrong.append(f"{path} is missing")
        elif (found := sha256_of(path)) != item.sha256_out:
            wrong.append(f"{path} has the digest {found[:12]}, expected {item.sha256_out[:12]}")
    if wrong:
        first = f"{folder} does not fit the key: {counted(len(wrong), 'stimulus file')} changed after the test was made"
        raise IntegrityError(first, *wrong)
