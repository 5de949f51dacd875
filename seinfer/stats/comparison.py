"""Models side by side on one metric: the same clips for all, paired differences, ranks, tie bands.

The rule: models are compared on the clips that all of them have (the common subset), because a mean over what each one
has rewards a model that fails on hard clips. A model without a single figure does not take part, or nobody would.

Two models are told apart where Holm's correction over all pairs leaves p < 0.05: below 20 clips the p of the paired t
test, as the intervals there are t intervals; from 20 on Wilcoxon's, and the bootstrap interval of the mean difference
must exclude zero as well. On fewer than 6 clips nothing is told apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
import numpy.typing as npt

from .bands import letters
from .intervals import MIN_CLIPS_BOOTSTRAP, Figures, Interval, Summary, excludes_zero, mean_intervals, summarize
from .paired_tests import MIN_CLIPS_TEST, SignedRank, holm, signed_ranks, t_test

ALPHA = 0.05


@dataclass(frozen=True)
class PairedDifference:
    """One model minus another on the common clips.

    Attributes:
        first, second: rows of the table; the difference is first minus second.
        n: common clips.
        interval: mean difference with its 95 % confidence interval, not corrected for the number of pairs.
        wilcoxon: signed-rank test of this pair.
        p_holm: its p corrected over all pairs.
        is_told_apart: whether this is more than chance, all pairs considered.
    """

    first: int
    second: int
    n: int
    interval: Interval
    wilcoxon: SignedRank
    p_holm: float | None
    is_told_apart: bool


@dataclass(frozen=True)
class ModelFigures:
    """A model's part in a comparison.

    Attributes:
        n: clips on which it has a figure, common or not.
        summary: over the common clips; None where it has no figure at all.
        rank: 1 for the best mean, equal means share one; None likewise.
        tie_band: letters; models that share one cannot be told apart. Empty below 6 clips and for a single model.
    """

    n: int
    summary: Summary | None
    rank: int | None
    tie_band: str


@dataclass(frozen=True)
class Comparison:
    """Models on one metric and one set of clips.

    Attributes:
        table: figures, shape (model, clip), NaN where there is none.
        common: whether every model that takes part has a figure, shape (clip,).
        models: one for each row of the table.
        pairs: (first, second) -> difference, for first < second.
    """

    table: Figures
    common: npt.NDArray[np.bool_]
    models: tuple[ModelFigures, ...]
    pairs: Mapping[tuple[int, int], PairedDifference] = field(default_factory=dict)

    @property
    def n_common(self) -> int:
        """Clips that the models are compared on."""
        return int(self.common.sum())

    def difference(self, first: int, second: int) -> PairedDifference | None:
        """Return first minus second, None where one of them does not take part."""
        if (first, second) in self.pairs:
            return self.pairs[first, second]
        return _turned(self.pairs[second, first]) if (second, first) in self.pairs else None

    def win_rate(self, model: int, other: int, *, higher_is_better: bool = True) -> float | None:
        """Return the share of clips on which `model` beats `other`; ties count half, a clip without a figure is lost.

        None where neither has a figure, or they are the same row.
        """
        sign = 1.0 if higher_is_better else -1.0
        one, two = (np.where(np.isfinite(row), sign * row, -np.inf) for row in (self.table[model], self.table[other]))
        counted = np.isfinite(one) | np.isfinite(two)
        if model == other or not counted.any():
            return None
        return float(np.mean((one > two)[counted] + 0.5 * (one == two)[counted]))


def compare(table: Figures, *, higher_is_better: bool = True) -> Comparison:
    """Compare models on one metric.

    Args:
        table: figures, shape (model, clip), NaN where a model has none.
        higher_is_better: the direction of the metric.
    """
    present = np.isfinite(table)
    playing = [int(i) for i in np.flatnonzero(present.any(axis=1))]
    common = present[playing].all(axis=0) if playing else np.zeros(table.shape[1], bool)
    if not common.any():
        models = tuple(ModelFigures(int(row.sum()), None, None, "") for row in present)
        return Comparison(table, common, models)
    pairs = _pairs(table[:, common], playing)
    places = _places(table[:, common], playing, pairs, higher_is_better=higher_is_better)
    models = tuple(ModelFigures(int(row.sum()), *places.get(i, (None, None, ""))) for i, row in enumerate(present))
    return Comparison(table, common, models, pairs)


def _places(
    figures: Figures,
    playing: Sequence[int],
    pairs: Mapping[tuple[int, int], PairedDifference],
    *,
    higher_is_better: bool,
) -> dict[int, tuple[Summary, int, str]]:
    """Return summary, rank and tie band of each model that takes part; figures without gaps, shape (model, clip)."""
    found = mean_intervals(figures[list(playing)].T)
    sign = 1.0 if higher_is_better else -1.0
    means = {i: sign * interval.mean for i, interval in zip(playing, found, strict=True)}
    order = sorted(playing, key=lambda i: -means[i])
    has_bands = figures.shape[1] >= MIN_CLIPS_TEST and len(playing) > 1
    bands = _bands(order, pairs, len(figures)) if has_bands else {}
    ranks = {i: 1 + sum(other > own for other in means.values()) for i, own in means.items()}
    return {
        i: (summarize(figures[i], interval), ranks[i], bands.get(i, ""))
        for i, interval in zip(playing, found, strict=True)
    }


def _pairs(figures: Figures, playing: Sequence[int]) -> dict[tuple[int, int], PairedDifference]:
    """Compare every two models on figures without gaps, shape (model, clip)."""
    pairs = list(combinations(playing, 2))
    if not pairs:
        return {}
    differences = np.stack([figures[a] - figures[b] for a, b in pairs], axis=1)
    found = mean_intervals(differences)
    tests = signed_ranks(differences)
    adjusted = holm([test.p for test in tests])
    apart = _told_apart(differences, found, adjusted)
    return {
        (a, b): PairedDifference(a, b, len(differences), interval, test, p, is_apart)
        for (a, b), interval, test, p, is_apart in zip(pairs, found, tests, adjusted, apart, strict=True)
    }


def _told_apart(differences: Figures, found: Sequence[Interval], p_wilcoxon: Sequence[float | None]) -> list[bool]:
    n = len(differences)
    if n < MIN_CLIPS_TEST:
        return [False] * len(found)
    if n < MIN_CLIPS_BOOTSTRAP:
        return [p is not None and p < ALPHA for p in holm(t_test(differences).tolist())]
    return [
        p is not None and p < ALPHA and excludes_zero(interval) for p, interval in zip(p_wilcoxon, found, strict=True)
    ]


def _bands(order: Sequence[int], pairs: Mapping[tuple[int, int], PairedDifference], n_models: int) -> dict[int, str]:
    is_apart = np.zeros((n_models, n_models), bool)
    for (a, b), pair in pairs.items():
        is_apart[a, b] = is_apart[b, a] = pair.is_told_apart
    return letters(order, is_apart)


def _turned(pair: PairedDifference) -> PairedDifference:
    found = pair.interval
    low, high = (None if bound is None else -bound for bound in (found.high, found.low))
    interval = Interval(-found.mean, low, high, found.method)
    return PairedDifference(pair.second, pair.first, pair.n, interval, pair.wilcoxon, pair.p_holm, pair.is_told_apart)
