"""Intervals and tests of ratings, in which raters and clips are both random samples ("crossed").

Votes of one rater are alike, and so are votes on one clip. An interval over single votes ignores both and is too
narrow. Here the variance of a mean or of a difference is clustered in two ways:

    V = V_rater + V_clip - V_cell

V_rater is the sum over raters of the squared sum of the rater's residuals / n, times G / (G - 1) for G raters; V_clip
is the same over clips, and V_cell over pairs of rater and clip. The quantile is that of Student's t with
min(number of raters, number of clips) - 1 degrees of freedom.

V can be smaller than V_rater or V_clip, and even negative, if there are few votes. Then the larger of these two is used
instead, and the method says so: the interval is never narrower than one over raters or clips alone.

Source: Cameron, Gelbach & Miller 2011, "Robust Inference With Multiway Clustering", doi:10.1198/jbes.2010.07136,
eq. 2.11 and section 2.3 (small samples, negative variance).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .bootstrap import Values
from .intervals import CONFIDENCE, Interval, t_quantile

Codes = npt.NDArray[np.int64]

MIN_RATERS = 4
"""With fewer raters or clips there is no interval and no test."""


@dataclass(frozen=True)
class Votes:
    """Ratings of one model on one scale, one for each cell (rater, clip) that has any.

    Attributes:
        values: finite ratings, shape (vote,).
        raters: number of the rater of each vote, shape (vote,).
        clips: number of the clip of each vote, shape (vote,).
    """

    values: Values
    raters: Codes
    clips: Codes

    @property
    def n_raters(self) -> int:
        """Number of different raters."""
        return len(np.unique(self.raters))

    @property
    def n_clips(self) -> int:
        """Number of different clips."""
        return len(np.unique(self.clips))


@dataclass(frozen=True)
class CrossedEstimate:
    """A mean or a difference of means, with its crossed interval and its test against zero.

    Attributes:
        n: number of votes; for a paired difference, of cells that both models have.
        n_raters, n_clips: different raters and clips among them.
        interval: crossed 95 % interval; without bounds for fewer than 4 raters or clips.
        votes_interval: interval over single votes, for comparison only: it is too narrow.
        p_value: two-sided p of the hypothesis that the true value is 0; None without an interval.
    """

    n: int
    n_raters: int
    n_clips: int
    interval: Interval
    votes_interval: Interval
    p_value: float | None


def one_per_cell(values: Values, raters: Codes, clips: Codes) -> Votes:
    """Return votes with the mean of each cell (rater, clip), sorted by rater and clip.

    Args:
        values: finite ratings, shape (vote,).
        raters: numbers from 0, shape (vote,).
        clips: numbers from 0, shape (vote,).
    """
    width = int(clips.max(initial=0)) + 1
    cells, of_vote = np.unique(raters * width + clips, return_inverse=True)
    sums = np.bincount(of_vote, weights=values, minlength=len(cells))
    return Votes(sums / np.bincount(of_vote, minlength=len(cells)), cells // width, cells % width)


def crossed_mean(votes: Votes) -> CrossedEstimate:
    """Return the mean of the votes with its crossed interval; at least one vote."""
    mean = float(votes.values.mean())
    return _estimate(mean, (votes.values - mean) / len(votes.values), votes, _over_votes(votes.values))


def crossed_difference(first: Votes, second: Votes) -> CrossedEstimate | None:
    """Return the mean of one model minus that of another, on the same raters and clips where possible.

    The difference is paired: over the cells (rater, clip) that both models have. If these are less than half of the
    cells of the model that has fewer, it is the difference of the means over all votes of each model.

    Returns:
        The difference; None if one of the models has no vote.
    """
    if not len(first.values) or not len(second.values):
        return None
    paired = _paired(first, second)
    if 2 * len(paired.values) >= min(len(first.values), len(second.values)):
        return crossed_mean(paired)
    means = float(first.values.mean()), float(second.values.mean())
    residuals = [
        sign * (votes.values - mean) / len(votes.values)
        for sign, votes, mean in zip((1, -1), (first, second), means, strict=True)
    ]
    both = Votes(
        np.concatenate([first.values, second.values]),
        np.concatenate([first.raters, second.raters]),
        np.concatenate([first.clips, second.clips]),
    )
    pooled = _over_two_groups(first.values, second.values)
    return _estimate(means[0] - means[1], np.concatenate(residuals), both, pooled, "not paired")


def crossed_variances(influences: Values, raters: Codes, clips: Codes) -> tuple[Values, Values, Values]:
    """Return V, V_rater and V_clip of the module docstring for each column.

    Args:
        influences: residual / n of each vote, shape (vote, column).
        raters: number of the rater, shape (vote,).
        clips: number of the clip, shape (vote,).
    """
    by_rater, by_clip, by_cell = (
        _clustered(influences, codes) for codes in (raters, clips, raters * (int(clips.max()) + 1) + clips)
    )
    return by_rater + by_clip - by_cell, by_rater, by_clip


def crossed_p_value(t: float, degrees: int) -> float:
    """Return the two-sided p value of a t statistic."""
    from scipy.special import stdtr

    return float(2 * stdtr(degrees, -abs(t)))


def _paired(first: Votes, second: Votes) -> Votes:
    """Return first minus second over the common cells."""
    width = int(max(first.clips.max(), second.clips.max())) + 1
    cells, at_first, at_second = np.intersect1d(
        first.raters * width + first.clips, second.raters * width + second.clips, return_indices=True
    )
    return Votes(first.values[at_first] - second.values[at_second], cells // width, cells % width)


def _clustered(influences: Values, codes: Codes) -> Values:
    """Return the variance clustered in one way, shape (column,); zero for a single cluster."""
    found, of_vote = np.unique(codes, return_inverse=True)
    sums = np.zeros((len(found), influences.shape[1]))
    np.add.at(sums, of_vote, influences)
    n = len(found)
    return np.asarray((sums**2).sum(axis=0) * (n / (n - 1) if n > 1 else 0.0), np.float64)


def _estimate(mean: float, influences: Values, votes: Votes, pooled: Interval, remark: str = "") -> CrossedEstimate:
    n_raters, n_clips = votes.n_raters, votes.n_clips
    counts = len(votes.values), n_raters, n_clips
    if min(n_raters, n_clips) < MIN_RATERS:
        interval = Interval(mean, None, None, f"fewer than {MIN_RATERS} raters or clips")
        return CrossedEstimate(*counts, interval, pooled, None)
    crossed, by_rater, by_clip = (
        float(v[0]) for v in crossed_variances(influences[:, None], votes.raters, votes.clips)
    )
    error, degrees = math.sqrt(max(crossed, by_rater, by_clip)), min(n_raters, n_clips) - 1
    half = t_quantile(0.5 + CONFIDENCE / 2, degrees) * error
    method = f"crossed rater + clip, t with {degrees} df"
    if crossed < max(by_rater, by_clip):
        method += f", variance of {'raters' if by_rater > by_clip else 'clips'} alone"
    interval = Interval(mean, mean - half, mean + half, f"{method}, {remark}" if remark else method)
    t = mean / error if error else (math.inf if mean else 0.0)
    return CrossedEstimate(*counts, interval, pooled, crossed_p_value(t, degrees))


def _over_votes(values: Values) -> Interval:
    """Return the mean with the t interval over single votes."""
    mean, n = float(values.mean()), len(values)
    if n < 2:
        return Interval(mean, None, None, "fewer than 2 votes")
    return _t_interval(mean, float(values.var(ddof=1)) / n, n - 1)


def _over_two_groups(first: Values, second: Values) -> Interval:
    """Return the difference of two means with the t interval over single votes, without assuming equal variances."""
    mean = float(first.mean() - second.mean())
    if min(len(first), len(second)) < 2:
        return Interval(mean, None, None, "fewer than 2 votes")
    variance = float(first.var(ddof=1) / len(first) + second.var(ddof=1) / len(second))
    return _t_interval(mean, variance, min(len(first), len(second)) - 1)


def _t_interval(mean: float, variance: float, degrees: int) -> Interval:
    half = t_quantile(0.5 + CONFIDENCE / 2, degrees) * math.sqrt(variance)
    return Interval(mean, mean - half, mean + half, "t over votes")
