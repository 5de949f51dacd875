"""Is the estimate late, and is it quieter? Two figures that explain a bad score; neither is one.

Scoring shifts and scales nothing because of them.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from .blocks import Blocks, correlate
from .metric import MetricError
from .signals import Signal, check, common_length

MAX_LAG_S = 0.5
# A periodic signal correlates as well one period later; rounding must not choose between equals.
_TIE = 1 - 1e-9


def lag_samples(*, reference: npt.ArrayLike, estimate: npt.ArrayLike, sample_rate: int) -> int:
    """Find the delay of an estimate: where its cross-correlation with the reference is largest in magnitude.

    Args:
        reference: clean signal, shape (time,), float.
        estimate: shape (time,); its length may differ by up to 40 ms.
        sample_rate: Hz.

    Returns:
        Samples within +-0.5 s, positive where the estimate is late. Of delays that fit equally well, the smallest.

    Raises:
        MetricError: silent_ref, silent_est, nonfinite, too_short, length_mismatch; undefined where nothing correlates.
    """
    one, other = _of_like_length(reference, estimate, sample_rate)
    furthest = min(round(MAX_LAG_S * sample_rate), one.size - 1)
    strength = np.abs(correlate(one, other, Blocks.covering(-furthest, furthest, one.size)))
    if not strength.max() > 0:
        raise MetricError("undefined", "the estimate does not correlate with the reference at any lag")
    lags = np.flatnonzero(strength >= strength.max() * _TIE) - furthest
    return int(lags[np.abs(lags).argmin()])


def gain_db(*, reference: npt.ArrayLike, estimate: npt.ArrayLike, sample_rate: int) -> float:
    """Measure the level of the part of an estimate that is the reference: its projection, at lag 0, in magnitude.

    Args:
        reference: clean signal, shape (time,), float.
        estimate: shape (time,); its length may differ by up to 40 ms.
        sample_rate: Hz.

    Returns:
        dB, 0 for an estimate that holds the reference at its own level. It says little where the lag is not 0.

    Raises:
        MetricError: silent_ref, silent_est, nonfinite, too_short, length_mismatch; undefined where they are orthogonal.
    """
    one, other = _of_like_length(reference, estimate, sample_rate)
    gain = abs(float(np.dot(one, other))) / float(np.dot(one, one))
    if gain == 0:
        raise MetricError("undefined", "the estimate is orthogonal to the reference")
    return 20 * math.log10(gain)


def _of_like_length(reference: npt.ArrayLike, estimate: npt.ArrayLike, sample_rate: int) -> tuple[Signal, Signal]:
    one, other = check(reference, "reference"), check(estimate, "estimate")
    length = common_length(one.size, other.size, sample_rate)
    return Signal(one[:length]), Signal(other[:length])
