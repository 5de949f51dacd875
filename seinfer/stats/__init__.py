"""From figures over clips to what they amount to. Arrays in, dataclasses out; the unit of chance is the clip.

One rule decides at one number of clips: below 20 the distribution of differences is taken to be normal (t interval,
paired t test), from 20 on nothing is taken for granted (bootstrap, Wilcoxon). Nothing is told apart on fewer than 6.
"""

from .comparison import Comparison, ModelFigures, PairedDifference, compare
from .grouping import bin_label, macro
from .intervals import MIN_CLIPS_BOOTSTRAP, Interval, Summary, excludes_zero, mean_interval, mean_intervals, summarize
from .paired_tests import MIN_CLIPS_TEST, SignedRank, holm, signed_rank
from .power import clips_needed

__all__ = [
    "MIN_CLIPS_BOOTSTRAP",
    "MIN_CLIPS_TEST",
    "Comparison",
    "Interval",
    "ModelFigures",
    "PairedDifference",
    "SignedRank",
    "Summary",
    "bin_label",
    "clips_needed",
    "compare",
    "excludes_zero",
    "holm",
    "macro",
    "mean_interval",
    "mean_intervals",
    "signed_rank",
    "summarize",
]
