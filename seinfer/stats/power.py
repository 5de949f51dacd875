"""Power analysis: how many clips are needed to tell two models apart, estimated from the clips at hand."""

from __future__ import annotations

import math

import numpy as np

from .bootstrap import MIN_CLIPS, Values

POWER = 0.8
MAX_CLIPS = 100_000


def clips_needed(differences: Values, *, alpha: float = 0.05, power: float = POWER) -> int | None:
    """Estimate how many clips a paired test needs, if mean and standard deviation of the differences stay the same.

    n = (z_{1-alpha/2} + z_{power})² s² / d² + z_{1-alpha/2}² / 2 for the paired t test, d being the mean and s the
    standard deviation of the differences; the last term accounts for estimating s (Guenther 1981, "Sample size formulas
    for normal theory t tests", The American Statistician 35(4)).

    Args:
        differences: finite paired differences, shape (clip,).
        alpha: two-sided significance level, already divided by the number of pairs that are compared.
        power: probability of telling the models apart.

    Returns:
        Total number of clips, including those at hand. None if it cannot be estimated (fewer than two clips, or the
        mean difference is 0), or if it exceeds 100,000: then the models are practically equal.
    """
    if len(differences) < 2 or not differences.mean():
        return None
    from scipy.special import ndtri

    z = float(ndtri(1 - alpha / 2))
    effect = float(differences.mean() / s) if (s := float(differences.std(ddof=1))) else math.inf
    n = ((z + float(ndtri(power))) / effect) ** 2 + z**2 / 2
    return None if not np.isfinite(n) or n > MAX_CLIPS else max(MIN_CLIPS, math.ceil(n))
