"""Statistics over clips: mean intervals, paired tests, tie bands, power. Arrays in, dataclasses out.

Clips are the sampling unit: they are treated as a random sample of all clips of their kind.

Two models are "told apart" if their difference is statistically significant. The number of clips decides how that is
tested. Below 20 clips the differences are assumed to be normally distributed (t interval, paired t test). From 20 clips
on no distribution is assumed (bootstrap interval, Wilcoxon test). With fewer than 6 clips no models are told apart.
"""

from .comparison import Comparison, ModelStatistics, PairedDifference, compare
from .intervals import (
    MIN_CLIPS_BOOTSTRAP,
    Interval,
    Summary,
    excludes_zero,
    macro_mean_interval,
    mean_interval,
    mean_intervals,
    summarize,
)
from .paired_tests import MIN_CLIPS_TEST, SignedRank, holm, signed_rank
from .power import clips_needed

__all__ = [
    "MIN_CLIPS_BOOTSTRAP",
    "MIN_CLIPS_TEST",
    "Comparison",
    "Interval",
    "ModelStatistics",
    "PairedDifference",
    "SignedRank",
    "Summary",
    "clips_needed",
    "compare",
    "excludes_zero",
    "holm",
    "macro_mean_interval",
    "mean_interval",
    "mean_intervals",
    "signed_rank",
    "summarize",
]
