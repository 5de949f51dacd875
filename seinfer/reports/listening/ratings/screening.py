"""Exclusion of raters by the rules that were fixed in the key before anybody rated.

A rater who breaks a rule is excluded as a whole, with the reason. All rules are checked on all raters: the exclusion of
one does not change the check of another.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ....stats.agreement import with_others
from ....stats.forced_choice import chance_p_value
from ..records import Key
from .votes import PAIRED_DESIGNS, Vote, of_test_trials


@dataclass(frozen=True)
class RaterCheck:
    """Checks of one rater. The field names are columns of blind_raters.csv.

    Attributes:
        rater_id: name.
        sessions: session ids, separated by blanks.
        n_votes: votes outside of the training.
        n_missing: votes that the sessions lack.
        n_gold: gold and trap trials that were answered.
        gold_errors: those with a rating out of the expected range.
        repeat_difference: mean absolute difference between a stimulus and its repeat; None without repeats.
        hidden_reference_failures: share of trials with the hidden reference rated too low; None without any.
        played_share: smallest share of a stimulus that was played before a vote; None if it is not known.
        correlation: of the ratings with the mean of the other raters; None if it cannot be computed.
        n_correct: right answers (abx); None for other designs.
        p_value: one-sided binomial p of the right answers (abx); None for other designs.
        reasons: why the rater is excluded; empty if not.
    """

    rater_id: str
    sessions: str
    n_votes: int
    n_missing: int
    n_gold: int
    gold_errors: int
    repeat_difference: float | None
    hidden_reference_failures: float | None
    played_share: float | None
    correlation: float | None
    n_correct: int | None
    p_value: float | None
    reasons: tuple[str, ...] = ()

    @property
    def is_excluded(self) -> bool:
        """Whether the votes are left out of the filtered results."""
        return bool(self.reasons)


def screen(votes: Sequence[Vote], key: Key, missing: Mapping[str, int]) -> tuple[RaterCheck, ...]:
    """Check every rater, sorted by name.

    Args:
        votes: all votes.
        key: contains the rules.
        missing: session_id -> number of votes that it lacks.
    """
    raters = sorted({vote.rater for vote in votes})
    correlations = dict(zip(raters, _correlations(votes, raters, key), strict=True))
    checks = []
    for rater in raters:
        own = [vote for vote in votes if vote.rater == rater and vote.kind != "training"]
        sessions = sorted({vote.row.session_id for vote in votes if vote.rater == rater})
        n_missing = sum(missing.get(session, 0) for session in sessions)
        checks.append(_check(rater, sessions, own, key, n_missing, correlations[rater]))
    return tuple(checks)


def kept(votes: Sequence[Vote], checks: Sequence[RaterCheck]) -> tuple[Vote, ...]:
    """Return the votes of the raters who are not excluded."""
    excluded = {check.rater_id for check in checks if check.is_excluded}
    return tuple(vote for vote in votes if vote.rater not in excluded)


def _check(
    rater: str,
    sessions: Sequence[str],
    votes: Sequence[Vote],
    key: Key,
    n_missing: int,
    correlation: float | None,
) -> RaterCheck:
    gold = _gold(votes)
    answers = [vote.is_correct for vote in of_test_trials(votes)] if key.test.design == "abx" else None
    found = RaterCheck(
        rater_id=rater,
        sessions=" ".join(sessions),
        n_votes=len(votes),
        n_missing=n_missing,
        n_gold=len(gold),
        gold_errors=sum(gold.values()),
        repeat_difference=_repeat_difference(votes, key),
        hidden_reference_failures=_hidden_reference_failures(votes, key),
        played_share=_played_share(votes, key),
        correlation=correlation,
        n_correct=None if answers is None else sum(answers),
        p_value=None if answers is None else chance_p_value(sum(answers), len(answers)),
    )
    return RaterCheck(**{**vars(found), "reasons": tuple(_reasons(found, key))})


def _reasons(check: RaterCheck, key: Key) -> Iterator[str]:
    rules = key.rules
    if check.gold_errors > rules.max_gold_errors:
        yield (f"{check.gold_errors} of {check.n_gold} gold and trap trials wrong, {rules.max_gold_errors} accepted")
    if check.repeat_difference is not None and check.repeat_difference > rules.max_repeat_difference:
        yield (
            f"repeated stimuli differ by {check.repeat_difference:.2f} on average, "
            f"{rules.max_repeat_difference:g} accepted"
        )
    failures = check.hidden_reference_failures
    if failures is not None and failures > rules.max_hidden_reference_failures:
        yield (
            f"hidden reference below {rules.min_hidden_reference:g} in {failures:.0%} of the trials, "
            f"{rules.max_hidden_reference_failures:.0%} accepted"
        )
    if check.played_share is not None and check.played_share < rules.min_played_share:
        yield f"a stimulus was played to {check.played_share:.0%} only, {rules.min_played_share:.0%} required"
    if check.correlation is not None and check.correlation < rules.min_correlation:
        yield (
            f"correlation with the other raters {check.correlation:.2f}, at least {rules.min_correlation:g} required"
        )


def _gold(votes: Sequence[Vote]) -> dict[tuple[str, int | None], bool]:
    """Return (session, trial) -> whether a rating is out of the expected range, for gold and trap trials."""
    found: dict[tuple[str, int | None], bool] = {}
    for vote in votes:
        if vote.kind in ("gold", "trap") and vote.row.scale in vote.item.expected:
            low, high = vote.item.expected[vote.row.scale]
            trial = vote.row.session_id, vote.row.trial
            found[trial] = found.get(trial, False) or not low <= vote.rating <= high
    return found


def _repeat_difference(votes: Sequence[Vote], key: Key) -> float | None:
    """Return the mean absolute difference between the votes on repeated stimuli and those on the originals."""
    first = {_content(vote, key): _value(vote, key) for vote in votes if vote.kind == "test"}
    differences = [
        abs(_value(vote, key) - first[_content(vote, key)])
        for vote in votes
        if vote.kind == "repeat" and _content(vote, key) in first
    ]
    return float(np.mean(differences)) if differences else None


def _content(vote: Vote, key: Key) -> tuple[str, ...]:
    """Return what a vote is about, apart from the order and the ids of the stimuli."""
    about = vote.pair if key.test.design in (*PAIRED_DESIGNS, "abx") else (vote.condition,)
    return (vote.row.session_id, vote.item.clip_id, vote.row.scale, *about)


def _value(vote: Vote, key: Key) -> float:
    if key.test.design == "abx":
        return float(vote.is_correct)
    return vote.favour if key.test.design in PAIRED_DESIGNS else vote.rating


def _hidden_reference_failures(votes: Sequence[Vote], key: Key) -> float | None:
    failed = [vote.rating < key.rules.min_hidden_reference for vote in votes if vote.condition == "hidden_ref"]
    return float(np.mean(failed)) if failed else None


def _played_share(votes: Sequence[Vote], key: Key) -> float | None:
    """Return the smallest share of a stimulus that was played; all stimuli of a test have the same length."""
    duration_ms = 1000 * key.test.n_samples / key.test.sample_rate
    shares = [vote.row.played_ms / duration_ms for vote in votes if vote.row.played_ms is not None and duration_ms]
    return min(shares, default=None)


def _correlations(votes: Sequence[Vote], raters: Sequence[str], key: Key) -> list[float | None]:
    """Return the correlation of each rater with the mean of the others; None for all in ABX, which has no rating."""
    if key.test.design == "abx":
        return [None] * len(raters)
    return with_others(rater_table(votes, raters, key))


def rater_table(votes: Sequence[Vote], raters: Sequence[str], key: Key) -> npt.NDArray[np.float64]:
    """Return the ratings of the test trials, shape (rater, content of a vote), NaN where there is none."""
    number = {rater: i for i, rater in enumerate(raters)}
    used = of_test_trials(votes)
    columns = {content: i for i, content in enumerate(dict.fromkeys(_content(vote, key)[1:] for vote in used))}
    table = np.full((len(raters), len(columns)), np.nan)
    for vote in used:
        table[number[vote.rater], columns[_content(vote, key)[1:]]] = _value(vote, key)
    return table
