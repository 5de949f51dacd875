"""Agreement: of raters with each other, and of human ratings with objective scores."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .bootstrap import MIN_CLIPS, SEED, Values
from .intervals import CONFIDENCE

Clips = npt.NDArray[np.int64]
_DRAWS = 999
MIN_MODELS = 5
"""With fewer models a rank correlation over models supports no conclusion."""


@dataclass(frozen=True)
class RankCorrelation:
    """A rank correlation with a 95 % interval from a bootstrap over clips.

    Attributes:
        value: between -1 and 1; None if one side is constant.
        low, high: bounds; None without value, or below 6 clips.
    """

    value: float | None
    low: float | None
    high: float | None


def correlation(first: Values, second: Values) -> float | None:
    """Return Pearson's correlation of two columns; None if there are fewer than 3 rows or one column is constant."""
    if len(first) < 3 or not np.ptp(first) or not np.ptp(second):
        return None
    return float(np.corrcoef(first, second)[0, 1])


def with_others(table: Values) -> list[float | None]:
    """Return the correlation of each rater with the mean of the other raters, over the stimuli that both rated.

    Args:
        table: ratings, shape (rater, stimulus), NaN where there is none.
    """
    present = np.isfinite(table)
    sums, counts = np.where(present, table, 0.0).sum(axis=0), present.sum(axis=0)
    found = []
    for row, has in zip(table, present, strict=True):
        shared = has & (counts > 1)
        found.append(correlation(row[shared], (sums[shared] - row[shared]) / (counts[shared] - 1)))
    return found


def spearman(first: Values, second: Values) -> float | None:
    """Return Spearman's rank correlation, with mean ranks for ties; None as in `correlation`."""
    return correlation(_ranks(first), _ranks(second))


def kendall(first: Values, second: Values) -> float | None:
    """Return Kendall's tau-b; None if there are fewer than 3 rows or one column is constant.

    Source: Kendall 1945, "The treatment of ties in ranking problems", Biometrika 33(3).
    """
    if len(first) < 3 or not np.ptp(first) or not np.ptp(second):
        return None
    one, other = (np.sign(column[:, None] - column[None, :]) for column in (first, second))
    return float((one * other).sum() / np.sqrt((one**2).sum() * (other**2).sum()))


def over_models(human: Values, objective: Values, method: str) -> RankCorrelation:
    """Return the rank correlation of the means of the models.

    Args:
        human: ratings, shape (model, clip), NaN where there is none; a cell counts if both tables have a value.
        objective: scores of the same models and clips.
        method: "spearman" or "kendall".
    """
    human, objective = _both(human, objective)

    def statistic(clips: Clips) -> float | None:
        means = [_row_means(table[:, clips]) for table in (human, objective)]
        known = np.isfinite(means[0])
        return _METHODS[method](means[0][known], means[1][known])

    return _bootstrapped(statistic, human.shape[1])


def over_cells(human: Values, objective: Values, method: str) -> RankCorrelation:
    """Return the rank correlation over all cells (model, clip); see `over_models`."""
    human, objective = _both(human, objective)

    def statistic(clips: Clips) -> float | None:
        columns = human[:, clips].ravel(), objective[:, clips].ravel()
        known = np.isfinite(columns[0])
        return _METHODS[method](columns[0][known], columns[1][known])

    return _bootstrapped(statistic, human.shape[1])


_METHODS = {"spearman": spearman, "kendall": kendall}


def _both(human: Values, objective: Values) -> tuple[Values, Values]:
    """Return both tables with NaN wherever one of them has NaN."""
    absent = ~np.isfinite(human) | ~np.isfinite(objective)
    return np.where(absent, np.nan, human), np.where(absent, np.nan, objective)


def _row_means(table: Values) -> Values:
    counts = np.isfinite(table).sum(axis=1)
    sums = np.where(np.isfinite(table), table, 0.0).sum(axis=1)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def _bootstrapped(statistic: Callable[[Clips], float | None], n_clips: int) -> RankCorrelation:
    value = statistic(np.arange(n_clips))
    if value is None or n_clips < MIN_CLIPS:
        return RankCorrelation(value, None, None)
    random = np.random.default_rng(SEED)
    draws = [statistic(random.integers(0, n_clips, n_clips)) for _ in range(_DRAWS)]
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile([draw for draw in draws if draw is not None], [tail, 1 - tail])
    return RankCorrelation(value, float(low), float(high))


def _ranks(values: Values) -> Values:
    """Return ranks from 1, equal values with the mean of their ranks."""
    _, of_value, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return np.asarray((ends - (counts - 1) / 2)[of_value], np.float64)
