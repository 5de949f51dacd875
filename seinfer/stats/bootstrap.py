"""Studentised bootstrap of means: clips are drawn with replacement, and every mean is divided by its standard error.

For one column of n values with mean m, a draw with mean m* and sample variance v* gives

    t* = (m* - m) / sqrt((v* + floor * v) / n),

where v is the sample variance of the values. Without the floor, a draw that holds few different clips could have almost
no variance and an unlimited t*; this matters below about 10 clips only, because the floor is a share of 1 / n².

All columns of a draw use the same clips, which keeps them paired. The draws are seeded and depend only on the number of
clips: a mean has the same interval in every table.

Source: Efron & Tibshirani 1993, "An Introduction to the Bootstrap", section 12.5 (bootstrap-t).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache, partial

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]

SEED = 20210
MIN_CLIPS = 6
"""With fewer clips there are too few different draws for an interval or a test: they decide nothing."""
_MANY_CLIPS = 2000
_MAX_COUNTS = 2_000_000  # counts in one block of draws; bounds the memory
_MAX_DRAWN = 200_000  # clips that are drawn at a time; the draws do not depend on it


def n_draws(n: int) -> int:
    """Return the number of draws from n clips: fewer for many clips, where a draw costs more."""
    return 4999 if n <= _MANY_CLIPS else 1999


def studentised_draws(values: Values, floor: float) -> Values:
    """Return t* of the module docstring for every draw and column.

    Args:
        values: finite values, shape (clip, column), at least two clips.
        floor: share of the sample variance that is added to the variance of a draw.

    Returns:
        Shape (draw, column); 0 for a column without any variance.
    """
    n = len(values)
    # Step by step in two arrays: with 100,000 clips and all pairs of 10 models, each of them takes 36 MiB.
    scaled = values - values.mean(axis=0)
    squares = np.square(scaled)
    spread = np.sqrt(squares.sum(axis=0) / (n - 1))
    scaled /= np.where(spread > 0, spread, 1.0)
    np.square(scaled, out=squares)
    # `map`, because a loop variable would keep the counts of one block while those of the next are drawn.
    of_block = partial(_studentised, scaled=scaled, squares=squares, floor=floor)
    return np.concatenate(list(map(of_block, _blocks_of_draws(n))))


def standard_errors(values: Values) -> Values:
    """Return the standard error of the mean of each column: s / sqrt(n), shape (column,)."""
    return np.asarray(values.std(axis=0, ddof=1) / np.sqrt(len(values)), np.float64)


def _studentised(counts: Values, scaled: Values, squares: Values, floor: float) -> Values:
    """Return t* of a block of draws; `scaled` has mean 0 and variance 1 in each column, `squares` is its square."""
    n = len(scaled)
    means = counts @ scaled / n
    variances = np.maximum(counts @ squares / n - means**2, 0.0) * n / (n - 1)
    return np.asarray(means / np.sqrt((variances + floor) / n), np.float64)


def _blocks_of_draws(n: int) -> Iterator[Values]:
    """Yield how often each clip occurs in each draw, in blocks of shape (draw, clip) and bounded size."""
    if n <= _MAX_COUNTS // n_draws(n):
        yield _all_draws(n)
        return
    random = np.random.default_rng(SEED)
    rows = max(1, _MAX_COUNTS // n)
    for start in range(0, n_draws(n), rows):
        yield _draw_counts(random, min(rows, n_draws(n) - start), n)


@lru_cache(maxsize=4)
def _all_draws(n: int) -> Values:
    """Return all draws from n clips; cached, because every metric and every group of n clips uses the same draws."""
    return _draw_counts(np.random.default_rng(SEED), n_draws(n), n)


def _draw_counts(random: np.random.Generator, rows: int, n: int) -> Values:
    counts = np.empty((rows, n))
    at_once = max(1, _MAX_DRAWN // n)
    for start in range(0, rows, at_once):
        some = counts[start : start + at_once]
        for row, drawn in zip(some, random.integers(0, n, size=some.shape), strict=True):
            row[:] = np.bincount(drawn, minlength=n)  # draw by draw: the counts of one fit into the cache of a core
    return counts
