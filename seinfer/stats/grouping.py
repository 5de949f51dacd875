"""Clips in groups: labels of bins, and the mean over groups (macro) beside the mean over clips (micro)."""

from __future__ import annotations

import math
from collections.abc import Sequence

from .intervals import LEVEL, Figures, Interval, t_quantile


def bin_label(value: float, width: int) -> str:
    """Name the bin of `width` that a finite value lies in, lower end included: 7.3 with 5 gives "5..10"."""
    low = math.floor(value / width) * width
    return f"{low}..{low + width}"


def macro(groups: Sequence[Figures]) -> Interval:
    """Return the mean over groups of the mean over clips: each group counts the same, however many clips it has.

    The groups are taken as they are and the clips within them as drawn by chance: the variance is that of a stratified
    mean (Cochran 1977, eq. 5.7, without finite population correction), the degrees of freedom those of Satterthwaite
    1946. There are no bounds where a group has a single clip.

    Args:
        groups: finite figures of shape (clip,) each, at least one group and one clip in each.
    """
    k = len(groups)
    mean = float(sum(group.mean() for group in groups)) / k
    if any(len(group) < 2 for group in groups):
        return Interval(mean, None, None, "n < 2 in a group")
    parts = [float(group.var(ddof=1)) / len(group) / k**2 for group in groups]
    variance = sum(parts)
    if variance == 0:
        return Interval(mean, mean, mean, "t over strata")
    degrees = variance**2 / sum(part**2 / (len(group) - 1) for part, group in zip(parts, groups, strict=True))
    half = t_quantile(0.5 + LEVEL / 2, degrees) * math.sqrt(variance)
    return Interval(mean, mean - half, mean + half, "t over strata")
