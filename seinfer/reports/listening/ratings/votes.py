"""Votes: rows of the rating files together with what the key knows about the trial."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..records import Item, Key, TrialKind
from .integrity import rater_of
from .rating_files import RatingRow

PAIRED_DESIGNS = ("ccr", "ab")
CONTROLS = ("hidden_ref", "anchor35", "anchor70")
"""Roles of MUSHRA stimuli that are shown in the tables, but are not compared as models."""


@dataclass(frozen=True)
class Vote:
    """One vote with its trial.

    Attributes:
        row: as in the rating file.
        rating: the number.
        kind: of the trial.
        item: the rated stimulus; the last of the trial for a vote on the whole trial.
        stimuli: all stimuli of the trial, in the order of presentation; in a repeat trial the repeated originals.
    """

    row: RatingRow
    rating: float
    kind: TrialKind
    item: Item
    stimuli: tuple[Item, ...]

    @property
    def rater(self) -> str:
        """Name of the rater."""
        return rater_of(self.row)

    @property
    def condition(self) -> str:
        """The model, or the role of a stimulus that no model made."""
        return condition_of(self.item)

    @property
    def pair(self) -> tuple[str, str]:
        """The two conditions of a comparison, in alphabetical order with noisy last; see `favour`."""
        first, second = sorted(map(condition_of, self.stimuli[:2]), key=lambda name: (name == "noisy", name))
        return first, second

    @property
    def favour(self) -> float:
        """Rating of a comparison with its sign restored: positive if the first of `pair` is better."""
        return self.rating if condition_of(self.stimuli[1]) == self.pair[0] else -self.rating

    @property
    def is_correct(self) -> bool:
        """Whether X of an ABX trial was recognised."""
        chosen, x = self.stimuli[int(self.rating) - 1], self.stimuli[2]
        return x.same_as in (chosen.stimulus_id, chosen.same_as)


def condition_of(item: Item) -> str:
    """Return the model of a stimulus, or its role if no model made it."""
    return item.role if item.role in CONTROLS else item.model


def votes_of(rows: Iterable[RatingRow], key: Key) -> tuple[Vote, ...]:
    """Return the votes of checked rows; a row without a rating is a missing vote, see integrity.missing_votes."""
    items = {item.stimulus_id: item for item in key.items}
    sessions = {session.session_id: session for session in key.test.sessions}
    found = []
    for row in rows:
        if row.rating is None or row.trial is None or row.position is None:
            continue
        kind = key.kinds[row.session_id][row.trial - 1]
        stimuli = tuple(items[name] for name in sessions[row.session_id].trials[row.trial - 1].stimuli)
        if kind == "repeat":
            stimuli = tuple(items.get(item.same_as, item) for item in stimuli)
        found.append(Vote(row, row.rating, kind, stimuli[row.position - 1], stimuli))
    return tuple(found)


def of_test_trials(votes: Iterable[Vote]) -> tuple[Vote, ...]:
    """Return the votes that are analysed: those of test trials; controls, repeats and training are not."""
    return tuple(vote for vote in votes if vote.kind == "test")


def conditions(votes: Sequence[Vote], key: Key) -> list[str]:
    """Return the conditions of the votes: noisy, the models in the order of the key, then reference and anchors."""
    found = {condition_of(item) for vote in votes for item in vote.stimuli}
    known = dict.fromkeys(["noisy", *key.models, *CONTROLS])
    return [name for name in known if name in found] + sorted(found - known.keys())
