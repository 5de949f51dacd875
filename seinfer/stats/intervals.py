"""A mean and its 95 % confidence interval over clips.

Below 20 clips the percentile bootstrap covers too little (0.84 instead of 0.95 at n = 6), so the t interval is taken
there; from 20 on the bootstrap, which makes no assumption about the distribution. The draws are seeded and depend on
the number of clips alone, so that a difference of two models rests on the same draws as the models themselves.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Figures = npt.NDArray[np.float64]

N_BOOTSTRAP = 2000
SEED = 20210
MIN_CLIPS_BOOTSTRAP = 20
LEVEL = 0.95
_BOOTSTRAP = f"percentile bootstrap, {N_BOOTSTRAP} draws, seed {SEED}"
_MAX_COUNTS = 2_000_000  # of one block of draws, which bounds the memory


@dataclass(frozen=True)
class Interval:
    """A mean with its 95 % confidence interval; the bounds are None where one clip tells nothing about the spread."""

    mean: float
    low: float | None
    high: float | None
    method: str


@dataclass(frozen=True)
class Summary:
    """What a metric's figures over clips amount to.

    Attributes:
        n: figures.
        interval: mean and 95 % confidence interval.
        median: middle figure.
        std: sample standard deviation, None for one clip.
    """

    n: int
    interval: Interval
    median: float
    std: float | None


def summarize(figures: Figures, interval: Interval | None = None) -> Summary:
    """Summarize finite figures of shape (clip,), at least one; `interval` is their mean interval where it is known."""
    std = float(np.std(figures, ddof=1)) if len(figures) > 1 else None
    return Summary(len(figures), interval or mean_interval(figures), float(np.median(figures)), std)


def mean_interval(figures: Figures) -> Interval:
    """Return the mean of figures of shape (clip,) with its 95 % confidence interval.

    Paired differences go in as figures too: their interval says whether a difference is more than chance.
    """
    return mean_intervals(figures[:, None])[0]


def mean_intervals(figures: Figures) -> list[Interval]:
    """Return `mean_interval` of each column of finite figures of shape (clip, column), at least one clip."""
    means, n = figures.mean(axis=0), len(figures)
    if n < 2:
        return [Interval(float(mean), None, None, "n < 2") for mean in means]
    if n < MIN_CLIPS_BOOTSTRAP:
        half = t_quantile(0.5 + LEVEL / 2, n - 1) * figures.std(axis=0, ddof=1) / math.sqrt(n)
        low, high, method = means - half, means + half, "t"
    else:
        tail = (1 - LEVEL) / 2
        low, high = np.quantile(_bootstrap_means(figures), [tail, 1 - tail], axis=0)
        method = _BOOTSTRAP
    return [Interval(float(m), float(lo), float(hi), method) for m, lo, hi in zip(means, low, high, strict=True)]


def t_quantile(probability: float, degrees: float) -> float:
    """Return the quantile of Student's t distribution."""
    from scipy.special import stdtrit  # a third of the import time of scipy.stats

    return float(stdtrit(degrees, probability))


def _bootstrap_means(figures: Figures) -> Figures:
    """Draw clips with replacement and return the means, shape (draw, column), in blocks of bounded memory.

    Efron & Tibshirani 1993, section 13.3. All columns of a draw share its clips: that is what makes them paired.
    """
    n = len(figures)
    if n <= _MAX_COUNTS // N_BOOTSTRAP:
        return _drawn(n) @ figures / n
    random = np.random.default_rng(SEED)
    block = max(1, _MAX_COUNTS // n)
    rows = [min(block, N_BOOTSTRAP - start) for start in range(0, N_BOOTSTRAP, block)]
    return np.concatenate([_counts(random, some, n) @ figures / n for some in rows])


@lru_cache(maxsize=4)
def _drawn(n: int) -> Figures:
    """Return all draws from n clips: every metric and every group of that many clips takes the same."""
    return _counts(np.random.default_rng(SEED), N_BOOTSTRAP, n)


def _counts(random: np.random.Generator, rows: int, n: int) -> Figures:
    """Return how often each of n clips is in each draw, shape (draw, clip)."""
    drawn = random.integers(0, n, size=(rows, n)) + n * np.arange(rows)[:, None]
    return np.bincount(drawn.ravel(), minlength=rows * n).reshape(rows, n).astype(np.float64)


def excludes_zero(interval: Interval) -> bool:
    """Say whether a difference is beyond its confidence interval."""
    return interval.low is not None and interval.high is not None and (interval.low > 0 or interval.high < 0)
