"""Means, intervals and tests of the conditions of a listening test, for each scale.

Intervals and tests are crossed over raters and clips (stats/crossed.py); the p values of all pairs of one scale are
adjusted by Holm's method. Two models are told apart if the adjusted p is below 0.05. The intervals are not adjusted:
an interval of a difference can exclude zero although the models are not told apart.

    p835     mos_sig, mos_bak, mos_ovrl: mean of the votes (MOS)
    mushra   mushra: median with quartiles, and mean; reference and anchors have rows, but are in no pair
    ccr, ab  ccr, ab: mean comparison score of each pair with its sign restored, and the share of preferences; the row
             of a model is its mean score against all others that it was compared with
    abx      abx: right answers of each pair, against chance
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from ....stats import Interval
from ....stats.bands import tie_bands
from ....stats.crossed import CrossedEstimate, Votes, crossed_difference, crossed_mean, one_per_cell
from ....stats.forced_choice import chance_p_value, critical_count
from ....stats.holm import holm
from ..records import SCALES, Key
from .votes import CONTROLS, PAIRED_DESIGNS, Vote, conditions, of_test_trials

ALPHA = 0.05


@dataclass(frozen=True)
class RatedModel:
    """Ratings of one condition on one scale.

    Attributes:
        model: the condition: a model, noisy, hidden_ref, anchor35 or anchor70.
        metric: see the module.
        estimate: mean with its intervals.
        median, lower_quartile, upper_quartile: of the votes.
        std: sample standard deviation of the votes; None for a single vote.
        rank: 1 for the best mean; None for reference and anchors.
        tie_band: letters; models that share one are not told apart. Empty without a test of every pair.
    """

    model: str
    metric: str
    estimate: CrossedEstimate
    median: float
    lower_quartile: float
    upper_quartile: float
    std: float | None
    rank: int | None = None
    tie_band: str = ""


@dataclass(frozen=True)
class RatedPair:
    """Difference of two models on one scale, `model_a` minus `model_b`.

    Attributes:
        estimate: difference of the ratings, or the mean comparison score; for abx the share of right answers.
        p_value: of the test alone; None if there are too few raters or clips.
        p_holm: adjusted over all pairs of the scale.
        preference: share of votes that prefer `model_a`, a tie counts one half; None for other designs.
        n_answers: all answers (abx); None for other designs.
        n_correct: right answers (abx); None for other designs.
        n_critical: fewest right answers that are significant alone (abx); None for other designs or too few answers.
    """

    metric: str
    model_a: str
    model_b: str
    estimate: CrossedEstimate
    p_value: float | None
    p_holm: float | None = None
    preference: Interval | None = None
    n_answers: int | None = None
    n_correct: int | None = None
    n_critical: int | None = None

    @property
    def is_told_apart(self) -> bool:
        """Whether the adjusted p is below 0.05."""
        return self.p_holm is not None and self.p_holm < ALPHA


@dataclass(frozen=True)
class Analysis:
    """Results of a set of votes.

    Attributes:
        models: one row per scale and condition.
        pairs: one row per scale and pair.
        n_raters, n_clips, n_votes: what they are based on.
    """

    models: tuple[RatedModel, ...]
    pairs: tuple[RatedPair, ...]
    n_raters: int
    n_clips: int
    n_votes: int

    def model(self, metric: str, model: str) -> RatedModel | None:
        """Return the row of a model, None if it has no votes."""
        return next((row for row in self.models if (row.metric, row.model) == (metric, model)), None)

    def pair(self, metric: str, model_a: str, model_b: str) -> RatedPair | None:
        """Return the row of a pair, None if it has no votes."""
        key = metric, model_a, model_b
        return next((row for row in self.pairs if (row.metric, row.model_a, row.model_b) == key), None)


def metrics(key: Key) -> dict[str, str]:
    """Return metric -> scale, in the order of the tables; the most important metric is the last one."""
    prefix = "mos_" if key.test.design == "p835" else ""
    return {f"{prefix}{scale.lower()}": scale for scale in SCALES[key.test.design]}


def analyse(votes: Sequence[Vote], key: Key) -> Analysis:
    """Analyse the votes of the test trials; other votes are ignored."""
    used = of_test_trials(votes)
    if key.test.design == "abx":
        models: list[RatedModel] = []
        pairs = _answers(used)
    elif key.test.design in PAIRED_DESIGNS:
        models, pairs = _comparisons(used, key)
    else:
        models, pairs = _ratings(used, key)
    counts = (len({vote.rater for vote in used}), len({vote.item.clip_id for vote in used}), len(used))
    return Analysis(tuple(models), tuple(pairs), *counts)


# --- p835, mushra ---


def _ratings(votes: Sequence[Vote], key: Key) -> tuple[list[RatedModel], list[RatedPair]]:
    models: list[RatedModel] = []
    pairs: list[RatedPair] = []
    for metric, scale in metrics(key).items():
        on_scale = [vote for vote in votes if vote.row.scale == scale]
        coded = _Coded(on_scale)
        tables = {
            name: coded.votes([(vote, vote.rating) for vote in on_scale if vote.condition == name])
            for name in conditions(on_scale, key)
        }
        compared = _with_holm(_differences(metric, tables))
        models += _ranked([_rated(name, metric, table) for name, table in tables.items()], compared)
        pairs += compared
    return models, pairs


def _differences(metric: str, tables: Mapping[str, Votes]) -> list[RatedPair]:
    names = sorted(tables.keys() - set(CONTROLS), key=_noisy_last)
    found = []
    for a, b in combinations(names, 2):
        estimate = crossed_difference(tables[a], tables[b])
        if estimate:
            found.append(RatedPair(metric, a, b, estimate, estimate.p_value))
    return found


# --- ccr, ab ---


def _comparisons(votes: Sequence[Vote], key: Key) -> tuple[list[RatedModel], list[RatedPair]]:
    [metric] = metrics(key)
    coded = _Coded(votes)
    pairs = []
    for a, b in sorted({vote.pair for vote in votes}, key=lambda pair: tuple(map(_noisy_last, pair))):
        own = [vote for vote in votes if vote.pair == (a, b)]
        estimate = crossed_mean(coded.votes([(vote, vote.favour) for vote in own]))
        shares = crossed_mean(coded.votes([(vote, (np.sign(vote.favour) + 1) / 2) for vote in own]))
        pairs.append(RatedPair(metric, a, b, estimate, estimate.p_value, preference=_share(shares.interval)))
    pairs = _with_holm(pairs)
    models = []
    for name in conditions(votes, key):
        own = [vote for vote in votes if name in vote.pair]
        signed = [(vote, vote.favour if vote.pair[0] == name else -vote.favour) for vote in own]
        models.append(_rated(name, metric, coded.votes(signed)))
    return _ranked(models, pairs), pairs


def _share(interval: Interval) -> Interval:
    """Return an interval of a share, cut to 0 and 1."""
    low, high = (None if bound is None else min(1.0, max(0.0, bound)) for bound in (interval.low, interval.high))
    return Interval(interval.mean, low, high, interval.method)


# --- abx ---


def _answers(votes: Sequence[Vote]) -> list[RatedPair]:
    coded = _Coded(votes)
    pairs = []
    for a, b in sorted({vote.pair for vote in votes}):
        own = [vote for vote in votes if vote.pair == (a, b)]
        n_correct = sum(vote.is_correct for vote in own)
        shares = crossed_mean(coded.votes([(vote, float(vote.is_correct)) for vote in own]))
        p = chance_p_value(n_correct, len(own))
        n = len(own)
        pairs.append(RatedPair("abx", a, b, shares, p, n_answers=n, n_correct=n_correct, n_critical=critical_count(n)))
    return _with_holm(pairs)


# --- common to all designs ---


class _Coded:
    """Raters and clips as numbers, the same for all conditions."""

    def __init__(self, votes: Sequence[Vote]) -> None:
        self._raters = {name: i for i, name in enumerate(sorted({vote.rater for vote in votes}))}
        self._clips = {name: i for i, name in enumerate(sorted({vote.item.clip_id for vote in votes}))}

    def votes(self, rated: Sequence[tuple[Vote, float]]) -> Votes:
        """Return the values with the mean of each cell (rater, clip)."""
        return one_per_cell(
            np.array([value for _, value in rated], np.float64),
            _codes([self._raters[vote.rater] for vote, _ in rated]),
            _codes([self._clips[vote.item.clip_id] for vote, _ in rated]),
        )


def _codes(numbers: Sequence[int]) -> npt.NDArray[np.int64]:
    return np.array(numbers, np.int64)


def _rated(model: str, metric: str, votes: Votes) -> RatedModel:
    lower, median, upper = (float(q) for q in np.quantile(votes.values, [0.25, 0.5, 0.75]))
    std = float(votes.values.std(ddof=1)) if len(votes.values) > 1 else None
    return RatedModel(model, metric, crossed_mean(votes), median, lower, upper, std)


def _with_holm(pairs: Sequence[RatedPair]) -> list[RatedPair]:
    adjusted = holm([pair.p_value for pair in pairs])
    return [RatedPair(**{**vars(pair), "p_holm": p}) for pair, p in zip(pairs, adjusted, strict=True)]


def _ranked(models: Sequence[RatedModel], pairs: Sequence[RatedPair]) -> list[RatedModel]:
    """Return the rows with rank and tie band; reference and anchors get none."""
    compared = [row for row in models if row.model not in CONTROLS]
    means = [row.estimate.interval.mean for row in compared]
    ranks = [1 + sum(other > mean for other in means) for mean in means]
    is_apart = np.zeros((len(compared), len(compared)), np.bool_)
    number = {row.model: i for i, row in enumerate(compared)}
    for pair in pairs:
        i, j = number[pair.model_a], number[pair.model_b]
        is_apart[i, j] = is_apart[j, i] = pair.is_told_apart
    n_pairs = len(compared) * (len(compared) - 1) // 2
    has_tests = bool(pairs) and len(pairs) == n_pairs and all(pair.p_holm is not None for pair in pairs)
    order = sorted(range(len(compared)), key=lambda i: -means[i])
    bands = tie_bands(order, is_apart) if has_tests else {}
    places = {row.model: (ranks[i], bands.get(i, "")) for i, row in enumerate(compared)}
    return [
        RatedModel(**{**vars(row), "rank": places[row.model][0], "tie_band": places[row.model][1]})
        if row.model in places
        else row
        for row in models
    ]


def _noisy_last(model: str) -> tuple[bool, str]:
    return model == "noisy", model
