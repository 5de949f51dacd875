"""Ratings from the result files of webMUSHRA (service/write.php of audiolabs/webMUSHRA@07130f2).

    mushra.csv             rating_stimulus, rating_score, rating_time, rating_comment
    lss.csv                stimuli_rating, stimuli, rating_time (likert_single_stimulus)
    paired_comparison.csv  choice_reference, choice_non_reference, choice_answer, choice_time, choice_comment

All begin with session_test_id and the answers of the last page; only mushra.csv has a session_uuid. The rater is the
answer `rater_id`, or the session_uuid where the answer is empty.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from ....core.errors import UsageError
from ..records import SCALES, DesignName, Item, Key, PublicTrial
from .votes import Line, Vote, lines_of, rating_of
from .webmushra import RATER_ID, hidden_reference, study_id, trial_id

_COLUMNS: Mapping[DesignName, tuple[str, ...]] = {
    "mushra": ("rating_stimulus", "rating_score", "rating_time"),
    "p835": ("stimuli_rating", "stimuli", "rating_time"),
    "abx": ("choice_non_reference", "choice_answer", "choice_time"),
}
_HIDDEN = "reference"


class WebMushraResults:
    """Turns lines of result files into votes."""

    def __init__(self, key: Key) -> None:
        """Prepare the ids of the test in the key."""
        self._key = key
        self._items: Mapping[str, Item] = {item.stimulus_id: item for item in key.items}
        self._trials = {
            trial_id(session, number): (session.session_id, number, trial)
            for session in key.test.sessions
            for number, trial in enumerate(session.trials, start=1)
        }

    def votes(self, paths: Iterable[Path]) -> Iterator[Vote]:
        """Yield the votes in these files.

        Raises:
            UsageError: a file or a line is not from this test.
        """
        design = self._key.test.design
        if design not in _COLUMNS:
            raise UsageError(f"webMUSHRA has no results for the design {design}; expected {', '.join(_COLUMNS)}")
        for path in paths:
            for line in lines_of(path, ("session_test_id", "trial_id", *_COLUMNS[design])):
                yield self._vote(line)

    def _vote(self, line: Line) -> Vote:
        expected = study_id(self._key.test)
        if line["session_test_id"] != expected:
            raise line.error(
                f"session_test_id is {line['session_test_id']!r}; expected {expected}, the test of the key"
            )
        rater = line.cells.get(RATER_ID, "").strip() or line.cells.get("session_uuid", "").strip()
        if not rater:
            raise line.error(f"the rater is unknown: {RATER_ID} and session_uuid are empty or absent")
        name, _, scale = (
            line["trial_id"].rpartition("_") if self._key.test.design == "p835" else (line["trial_id"], "", "")
        )
        if name not in self._trials or (scale and scale not in SCALES["p835"]):
            raise line.error(
                f"trial_id is {line['trial_id']!r}, which is no trial of the test {self._key.test.test_id}"
            )
        session_id, number, trial = self._trials[name]
        if self._key.test.design == "mushra":
            return self._mushra(line, rater, session_id, number, trial)
        if self._key.test.design == "abx":
            return self._abx(line, rater, session_id, number, trial)
        rating = rating_of(line, "stimuli_rating", "p835")
        one = self._stimulus(line, "stimuli", trial)
        return Vote(line, rater, session_id, number, 1, one, scale, rating, line["rating_time"])

    def _mushra(self, line: Line, rater: str, session_id: str, number: int, trial: PublicTrial) -> Vote:
        if line["rating_stimulus"] == _HIDDEN:
            one = hidden_reference(trial, self._items)
        else:
            one = self._stimulus(line, "rating_stimulus", trial)
        rating, comment = rating_of(line, "rating_score", "mushra"), line.cells.get("rating_comment", "")
        position = trial.stimuli.index(one) + 1
        return Vote(
            line, rater, session_id, number, position, one, "MUSHRA", rating, line["rating_time"], _comment(comment)
        )

    def _abx(self, line: Line, rater: str, session_id: str, number: int, trial: PublicTrial) -> Vote:
        other = self._stimulus(line, "choice_non_reference", trial)
        twin = self._items[trial.stimuli[-1]].same_as
        chosen = {"correct": twin, "incorrect": other}.get(line["choice_answer"])
        if chosen is None or other == twin:
            raise line.error(f"choice_answer is {line['choice_answer']!r}; expected correct or incorrect")
        rating, comment = trial.stimuli.index(chosen) + 1, line.cells.get("choice_comment", "")
        x = trial.stimuli[-1]
        return Vote(line, rater, session_id, number, 0, x, "ABX", rating, line["choice_time"], _comment(comment))

    def _stimulus(self, line: Line, column: str, trial: PublicTrial) -> str:
        if line[column] not in trial.stimuli:
            raise line.error(f"{column} is {line[column]!r}, which is no stimulus of the trial {line['trial_id']}")
        return line[column]


def _comment(text: str) -> str:
    """Return a comment; webMUSHRA writes null or undefined for none."""
    return "" if text.strip() in ("null", "undefined") else text.strip()
