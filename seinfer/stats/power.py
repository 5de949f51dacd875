"""How many clips would tell two models apart, judged by those that are there."""

from __future__ import annotations

import math

import numpy as np

from .intervals import Figures
from .paired_tests import MIN_CLIPS_TEST

POWER = 0.8
MAX_CLIPS = 100_000


def clips_needed(differences: Figures, *, alpha: float = 0.05, power: float = POWER) -> int | None:
    """Estimate how many clips a paired t test needs, if the mean and the spread of the differences stay as they are.

    n = (z_{1-alpha/2} + z_{power})² s² / d² + z_{1-alpha/2}² / 2, the last term for estimating s (Guenther 1981).
    Wilcoxon's test needs about 5 % more under normal differences (its relative efficiency is 3/pi), which is added.

    Args:
        differences: paired differences, shape (clip,).
        alpha: two-sided level, already divided by the number of pairs that are compared.
        power: chance of telling them apart.

    Returns:
        Clips in all, not beside those that are there; None where the differences say nothing (fewer than two clips, no
        mean difference) or more than 100,000 would be needed: practically the same.
    """
    if len(differences) < 2 or not differences.mean():
        return None
    from scipy.special import ndtri

    z = float(ndtri(1 - alpha / 2))
    effect = float(differences.mean() / s) if (s := float(differences.std(ddof=1))) else math.inf
    n = math.pi / 3 * ((z + float(ndtri(power))) / effect) ** 2 + z**2 / 2
    return None if not np.isfinite(n) or n > MAX_CLIPS else max(MIN_CLIPS_TEST, math.ceil(n))
