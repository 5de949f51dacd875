"""Power of the crossed test of ratings (crossed.py), for planning a listening test.

Assumed: each rater rates each clip with both models. A rating is a sum of independent normal parts, of which those of
the rater and of the clip alone cancel in the difference of two models. The standard deviations of the others are those
of `Components`; each difference of two models has twice their variances.

For such a complete table the mean difference, the sum of squares between raters, between clips, and within are
independent: one normal and three chi-squared variables. So the test is simulated from 4 numbers per draw, not from all
votes (Searle, Casella & McCulloch 1992, "Variance Components", section 4.3).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from .bootstrap import SEED
from .crossed import MIN_RATERS
from .intervals import t_quantile

_DRAWS = 20_000
"""The power is accurate to 0.007."""


@dataclass(frozen=True)
class Components:
    """Standard deviations of the parts of a rating, in units of the scale.

    Attributes:
        rater: taste of a rater for a model (rater x model).
        clip: how well a clip suits a model (clip x model).
        vote: the rest: the same rater, clip and model rated again.
    """

    rater: float
    clip: float
    vote: float


def crossed_power(
    difference: float, n_raters: int, n_clips: int, components: Components, *, alpha: float = 0.05, n_parts: int = 2
) -> float:
    """Return the probability that the crossed test finds a true difference.

    Args:
        difference: true mean difference, in units of the scale.
        n_raters: at least 4, otherwise the power is 0.
        n_clips: the same.
        components: standard deviations of a rating.
        alpha: two-sided significance level.
        n_parts: 2 if two models are rated and subtracted; 1 if a vote is a comparison itself.
    """
    if min(n_raters, n_clips) < MIN_RATERS:
        return 0.0
    random = np.random.default_rng(SEED)
    n = n_raters * n_clips
    rater, clip, vote = (n_parts * sd**2 for sd in (components.rater, components.clip, components.vote))
    mean = random.normal(difference, np.sqrt(rater / n_raters + clip / n_clips + vote / n), _DRAWS)
    between_raters = (rater + vote / n_clips) * random.chisquare(n_raters - 1, _DRAWS)
    between_clips = (clip + vote / n_raters) * random.chisquare(n_clips - 1, _DRAWS)
    within = vote * random.chisquare((n_raters - 1) * (n_clips - 1), _DRAWS)
    by_rater = between_raters / (n_raters * (n_raters - 1))
    by_clip = between_clips / (n_clips * (n_clips - 1))
    by_cell = (n_clips * between_raters + n_raters * between_clips + within) / (n * (n - 1))
    variance = np.maximum(by_rater + by_clip - by_cell, np.maximum(by_rater, by_clip))
    critical = t_quantile(1 - alpha / 2, min(n_raters, n_clips) - 1)
    return float(np.mean(np.abs(mean) > critical * np.sqrt(variance)))


def fewest(
    power: float,
    difference: float,
    raters: Sequence[int],
    clips: Sequence[int],
    components: Components,
    *,
    alpha: float = 0.05,
    n_parts: int = 2,
) -> tuple[int, int] | None:
    """Return the numbers of raters and clips with the fewest votes that reach a power; None if none does.

    Args:
        power: wanted probability of finding the difference.
        difference: see `crossed_power`, as for the following.
        raters: numbers of raters to try, in ascending order.
        clips: numbers of clips to try, in ascending order.
        components: standard deviations of a rating.
        alpha: two-sided significance level.
        n_parts: 2, or 1 for comparisons.
    """

    def suffices(n_raters: int, n_clips: int) -> bool:
        return crossed_power(difference, n_raters, n_clips, components, alpha=alpha, n_parts=n_parts) >= power

    best: tuple[int, int] | None = None
    for n_raters in raters:
        fewer = [n for n in clips if best is None or n_raters * n < best[0] * best[1]]
        i = bisect_left(fewer, True, key=partial(suffices, n_raters))
        if i < len(fewer):
            best = n_raters, fewer[i]
    return best
