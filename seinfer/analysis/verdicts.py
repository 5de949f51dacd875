"""What the clips show about two models in one metric, and how many more clips would decide it.

A verdict is never firmer than the interval of the mean difference, which is the one that the tables show (simultaneous
over all pairs of models, see stats/simultaneous.py):

- "better", "worse": the interval excludes 0, and reaches beyond the smallest difference that matters;
- "no practical difference": the whole interval is within the smallest difference that matters;
- "probably no practical difference": the mean difference is within it, and more than 1000 further clips would be needed
  to show any difference;
- "not proven": everything else, and every pair with fewer than 6 clips.

The smallest differences that matter are conventions for reading tables, not thresholds of hearing: 0.5 dB, 0.1 MOS, and
0.01 for metrics without a unit (STOI). `seinfer recommend --min-difference` changes them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..metrics.table import load_table
from ..stats import ALPHA, MIN_CLIPS, Interval, clips_needed
from .results import Results, is_higher_better

BETTER, WORSE = "better", "worse"
EQUAL, PROBABLY_EQUAL = "no practical difference", "probably no practical difference"
NOT_PROVEN = "not proven"

_BY_UNIT = {"dB": 0.5, "MOS": 0.1, "MOS-LQO": 0.1}
_WITHOUT_UNIT = 0.01
_TOO_MANY_CLIPS = 1000


@dataclass(frozen=True)
class Verdict:
    """What the clips show about one model compared with another. The field names are keys of `recommend --json`.

    Attributes:
        metric: name.
        pick: the first model.
        other: the second model.
        n: number of common clips.
        difference: mean of `pick` minus `other`, with its 95 % interval, simultaneous over all pairs of models.
        min_difference: the smallest difference that matters.
        verdict: one of the texts of this module.
        n_more: if not proven: number of further clips that show a difference with 80 % power, if the mean difference
            stays the same; None if more than 100,000.
    """

    metric: str
    pick: str
    other: str
    n: int
    difference: Interval
    min_difference: float
    verdict: str
    n_more: int | None = None


def smallest_difference(metric: str, chosen: Mapping[str, float]) -> float:
    """Return the smallest difference of two means that matters.

    Args:
        metric: name.
        chosen: the user's values.
    """
    return chosen.get(metric, _BY_UNIT.get(load_table().metrics[metric].unit, _WITHOUT_UNIT))


def verdicts_of(
    results: Results, pick: str, other: str, metrics: Sequence[str], chosen: Mapping[str, float]
) -> list[Verdict]:
    """Return the verdict on two models in each metric that has a score of both."""
    found = (_verdict(results, pick, other, metric, smallest_difference(metric, chosen)) for metric in metrics)
    return [verdict for verdict in found if verdict]


def _verdict(results: Results, pick: str, other: str, metric: str, matters: float) -> Verdict | None:
    comparison = results.comparisons[metric]
    a, b = results.models.index(pick), results.models.index(other)
    pair = comparison.difference(a, b)
    if pair is None:
        return None
    differences = (comparison.table[a] - comparison.table[b])[comparison.common]
    needed = clips_needed(differences, alpha=ALPHA / len(comparison.pairs))
    n_more = None if needed is None else max(1, MIN_CLIPS - pair.n, needed - pair.n)
    sign = 1 if is_higher_better(metric) else -1
    text = _text(pair.interval, pair.n, sign, matters, is_told_apart=pair.is_told_apart, n_more=n_more)
    is_open = text in (NOT_PROVEN, PROBABLY_EQUAL)
    return Verdict(metric, pick, other, pair.n, pair.interval, matters, text, n_more if is_open else None)


def _text(interval: Interval, n: int, sign: int, matters: float, *, is_told_apart: bool, n_more: int | None) -> str:
    low, high = interval.low, interval.high
    if n < MIN_CLIPS or low is None or high is None:
        return NOT_PROVEN
    if -matters < low and high < matters:
        return EQUAL
    if is_told_apart:
        return BETTER if sign * interval.mean > 0 else WORSE
    is_far = n_more is None or n_more > _TOO_MANY_CLIPS
    return PROBABLY_EQUAL if is_far and abs(interval.mean) < matters else NOT_PROVEN
