"""Statistics over clips: mean intervals, paired differences, tie bands, power. Arrays in, dataclasses out.

Clips are the sampling unit: they are treated as a random sample of all clips of their kind. No distribution is assumed.

Two models are "told apart" if the simultaneous interval of their mean difference excludes zero. The same interval is
shown in every table, and the same test gives every p value and letter. Fewer than 6 clips decide nothing: they give no
interval, no p value and no letter.

Ratings of a listening test are another matter: raters are a random sample too, see crossed.py.
"""

from .bootstrap import MIN_CLIPS
from .comparison import Comparison, ModelStatistics, PairedDifference, compare
from .intervals import Interval, Summary, macro_mean_interval, mean_interval, mean_intervals, summarize
from .power import clips_needed
from .simultaneous import ALPHA, TestedDifference, simultaneous_differences

__all__ = [
    "ALPHA",
    "MIN_CLIPS",
    "Comparison",
    "Interval",
    "ModelStatistics",
    "PairedDifference",
    "Summary",
    "TestedDifference",
    "clips_needed",
    "compare",
    "macro_mean_interval",
    "mean_interval",
    "mean_intervals",
    "simultaneous_differences",
    "summarize",
]
