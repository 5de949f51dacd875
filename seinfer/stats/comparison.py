"""Comparison of all models on one metric: common clips, paired differences, ranks, tie bands.

Models are compared on the common clips only, those that have a score for every model: a mean over each model's own
clips rewards a model that fails on difficult clips. A model without any score is excluded; otherwise there would be no
common clip.

Two models are told apart if and only if the simultaneous interval of their mean difference excludes zero, see
simultaneous.py. With fewer than 6 clips no models are told apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations

import numpy as np
import numpy.typing as npt

from .bands import tie_bands
from .bootstrap import MIN_CLIPS, Values
from .intervals import Interval, Summary, mean_intervals, summarize
from .simultaneous import simultaneous_differences


@dataclass(frozen=True)
class PairedDifference:
    """One model minus another on the common clips.

    Attributes:
        first, second: rows of the table; the difference is first minus second.
        n: number of common clips.
        interval: mean difference with its 95 % confidence interval, simultaneous over all pairs.
        p_adjusted: p of the same test; below 0.05 if and only if the interval excludes zero; None below 6 clips.
        is_told_apart: whether the interval excludes zero.
        note: a remark on the test, "" if there is none.
    """

    first: int
    second: int
    n: int
    interval: Interval
    p_adjusted: float | None
    is_told_apart: bool
    note: str = ""


@dataclass(frozen=True)
class ModelStatistics:
    """Statistics of one model in a comparison.

    Attributes:
        n: number of clips that have a score for this model, common or not.
        summary: statistics over the common clips; None if the model has no score at all, or there is no common clip.
        rank: 1 for the best mean; equal means have equal ranks; None if `summary` is None.
        tie_band: letters; models that share one cannot be told apart. Empty below 6 clips and for a single model.
    """

    n: int
    summary: Summary | None
    rank: int | None
    tie_band: str


@dataclass(frozen=True)
class Comparison:
    """Comparison of all models on one metric and one set of clips.

    Attributes:
        table: scores, shape (model, clip), NaN if there is none.
        common: mask of the common clips, shape (clip,): every model that has any score has one.
        models: statistics of each row of the table.
        pairs: (first, second) -> difference, for first < second.
    """

    table: Values
    common: npt.NDArray[np.bool_]
    models: tuple[ModelStatistics, ...]
    pairs: Mapping[tuple[int, int], PairedDifference] = field(default_factory=dict)

    @property
    def n_common(self) -> int:
        """Number of common clips."""
        return int(self.common.sum())

    def difference(self, first: int, second: int) -> PairedDifference | None:
        """Return first minus second; None if one of them is excluded."""
        if (first, second) in self.pairs:
            return self.pairs[first, second]
        return _reversed(self.pairs[second, first]) if (second, first) in self.pairs else None

    def win_rate(self, model: int, other: int, *, higher_is_better: bool = True) -> float | None:
        """Return the share of clips on which `model` is better than `other`.

        A tie counts one half. A clip without a score for one of the two counts as won by the other.

        Returns:
            A number between 0 and 1; None if neither has any score, or if they are the same row.
        """
        sign = 1.0 if higher_is_better else -1.0
        one, two = (np.where(np.isfinite(row), sign * row, -np.inf) for row in (self.table[model], self.table[other]))
        counted = np.isfinite(one) | np.isfinite(two)
        if model == other or not counted.any():
            return None
        return float(np.mean((one > two)[counted] + 0.5 * (one == two)[counted]))


def compare(table: Values, *, higher_is_better: bool = True, n_groups: int = 1) -> Comparison:
    """Compare all models on one metric.

    Args:
        table: scores, shape (model, clip), NaN if a model has none for a clip.
        higher_is_better: the direction of the metric.
        n_groups: number of groups of clips that are compared in the same way; the error of 5 % holds over all of them.
    """
    present = np.isfinite(table)
    included = [int(i) for i in np.flatnonzero(present.any(axis=1))]
    common = present[included].all(axis=0) if included else np.zeros(table.shape[1], bool)
    if not common.any():
        models = tuple(ModelStatistics(int(row.sum()), None, None, "") for row in present)
        return Comparison(table, common, models)
    pairs = _pairs(table[:, common], included, n_groups)
    ranked = _ranked(table[:, common], included, pairs, higher_is_better=higher_is_better)
    models = tuple(ModelStatistics(int(row.sum()), *ranked.get(i, (None, None, ""))) for i, row in enumerate(present))
    return Comparison(table, common, models, pairs)


def _ranked(
    scores: Values,
    included: Sequence[int],
    pairs: Mapping[tuple[int, int], PairedDifference],
    *,
    higher_is_better: bool,
) -> dict[int, tuple[Summary, int, str]]:
    """Return summary, rank and tie band of each included model; scores of common clips, shape (model, clip)."""
    intervals = mean_intervals(scores[list(included)].T)
    sign = 1.0 if higher_is_better else -1.0
    means = {i: sign * interval.mean for i, interval in zip(included, intervals, strict=True)}
    order = sorted(included, key=lambda i: -means[i])
    has_bands = scores.shape[1] >= MIN_CLIPS and len(included) > 1
    bands = _bands(order, pairs, len(scores)) if has_bands else {}
    ranks = {i: 1 + sum(other > own for other in means.values()) for i, own in means.items()}
    return {
        i: (summarize(scores[i], interval), ranks[i], bands.get(i, ""))
        for i, interval in zip(included, intervals, strict=True)
    }


def _pairs(scores: Values, included: Sequence[int], n_groups: int) -> dict[tuple[int, int], PairedDifference]:
    """Compare every two included models; scores of common clips, shape (model, clip)."""
    pairs = list(combinations(included, 2))
    if not pairs:
        return {}
    differences = np.empty((scores.shape[1], len(pairs)))
    for column, (a, b) in zip(differences.T, pairs, strict=True):
        np.subtract(scores[a], scores[b], out=column)
    tested = simultaneous_differences(differences, n_groups)
    return {
        (a, b): PairedDifference(a, b, len(differences), one.interval, one.p_adjusted, one.is_significant, one.note)
        for (a, b), one in zip(pairs, tested, strict=True)
    }


def _bands(order: Sequence[int], pairs: Mapping[tuple[int, int], PairedDifference], n_models: int) -> dict[int, str]:
    is_apart = np.zeros((n_models, n_models), bool)
    for (a, b), pair in pairs.items():
        is_apart[a, b] = is_apart[b, a] = pair.is_told_apart
    return tie_bands(order, is_apart)


def _reversed(pair: PairedDifference) -> PairedDifference:
    """Return second minus first."""
    interval = pair.interval
    low, high = (None if bound is None else -bound for bound in (interval.high, interval.low))
    negated = Interval(-interval.mean, low, high, interval.method)
    return replace(pair, first=pair.second, second=pair.first, interval=negated)
