"""Summaries of per-clip figures. Arrays in, dataclasses out.

Intervals are over clips. Below 20 clips the percentile bootstrap covers too little (0.84 instead of 0.95 at n = 6), so
the t interval is taken there; from 20 on the bootstrap, which makes no assumption about the distribution.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Figures = npt.NDArray[np.float64]

N_BOOTSTRAP = 2000
SEED = 20210
MIN_CLIPS_BOOTSTRAP = 20
LEVEL = 0.95


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


def summarize(figures: Figures) -> Summary:
    """Summarize finite figures of shape (clip,), at least one."""
    std = float(np.std(figures, ddof=1)) if len(figures) > 1 else None
    return Summary(len(figures), mean_interval(figures), float(np.median(figures)), std)


def mean_interval(figures: Figures) -> Interval:
    """Return the mean of figures of shape (clip,) with its 95 % confidence interval.

    Paired differences go in as figures too: their interval says whether a difference is more than chance.
    """
    mean = float(np.mean(figures))
    n = len(figures)
    if n < 2:
        return Interval(mean, None, None, "n < 2")
    if n < MIN_CLIPS_BOOTSTRAP:
        half = _t_quantile(0.5 + LEVEL / 2, n - 1) * float(np.std(figures, ddof=1)) / math.sqrt(n)
        return Interval(mean, mean - half, mean + half, "t")
    low, high = _bootstrap_bounds(figures)
    return Interval(mean, low, high, f"percentile bootstrap, {N_BOOTSTRAP} draws, seed {SEED}")


def _t_quantile(probability: float, degrees: int) -> float:
    from scipy.special import stdtrit  # a third of the import time of scipy.stats

    return float(stdtrit(degrees, probability))


def _bootstrap_bounds(figures: Figures) -> tuple[float, float]:
    """Percentile bootstrap of the mean (Efron & Tibshirani 1993, section 13.3), in blocks of bounded memory."""
    random = np.random.default_rng(SEED)
    n = len(figures)
    block = max(1, 2_000_000 // n)
    means = [
        figures[random.integers(0, n, size=(min(block, N_BOOTSTRAP - start), n))].mean(axis=1)
        for start in range(0, N_BOOTSTRAP, block)
    ]
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(np.concatenate(means), [tail, 1 - tail])
    return float(low), float(high)


def excludes_zero(interval: Interval) -> bool:
    """Say whether a difference is beyond its confidence interval."""
    return interval.low is not None and interval.high is not None and (interval.low > 0 or interval.high < 0)
