"""The whole analysis of a listening test: rating files and key in, one record with everything out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ....analysis.results import Results
from ....core.errors import IntegrityError
from ..documents import STIMULI, read_test
from ..key import verify
from ..records import Key
from .analysis import Analysis, analyse
from .integrity import check_complete, check_ratings, missing_votes
from .objective import ObjectiveScores, objective_scores
from .rating_files import read_ratings
from .screening import Durations, RaterCheck, kept, screen
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
        remarks: what is missing or was not checked.
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
        test_folder: the folder that raters got; None if it is not at hand: the played share is then not checked.
        results: the run that the test was made from; None if it is not at hand.
        allow_fewer: accept missing raters and votes.

    Raises:
        IntegrityError: the ratings or the test folder do not fit the key.
        RatingsError: raters or votes are missing, or all raters are excluded.
        UsageError: a file cannot be read.
    """
    if test_folder:
        verify(key, read_test(test_folder))
    rows = read_ratings(paths)
    check_ratings(rows, key)
    remarks = [*check_complete(rows, key, allow_fewer=allow_fewer)]
    votes = votes_of(rows, key)
    durations = stimulus_durations(test_folder, key) if test_folder else {}
    if not durations:
        remarks.append("the played share of the stimuli was not checked, because the test folder is not given (--test)")
    missing = {session: len(slots) for (_, session), slots in missing_votes(rows, key).items()}
    raters = screen(votes, key, durations, missing)
    remaining = kept(votes, raters)
    return ScoredTest(
        key=key,
        votes=votes,
        raters=raters,
        screened=analyse(remaining, key),
        unscreened=analyse(votes, key),
        objective=objective_scores(remaining, key, results) if results and remaining else None,
        remarks=tuple(remarks),
    )


def stimulus_durations(test_folder: Path, key: Key) -> Durations:
    """Return the duration of each stimulus of a test folder in ms.

    Raises:
        IntegrityError: a stimulus is absent or is not audio.
    """
    import soundfile

    found = {}
    for item in key.items:
        path = test_folder / STIMULI / f"{item.stimulus_id}.wav"
        try:
            found[item.stimulus_id] = float(soundfile.info(path).duration) * 1000
        except (OSError, soundfile.LibsndfileError) as error:
            raise IntegrityError(f"{path} cannot be read ({error}); expected the test folder as it was made") from error
    return found
