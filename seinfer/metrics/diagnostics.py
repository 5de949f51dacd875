"""Delay and gain of an estimate: two numbers that explain a bad score. They are not scores themselves.

Scoring does not shift or scale a signal because of them.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from .blocks import Blocks, correlate
from .errors import MetricError
from .pair import Reference, trimmed_pair

MAX_LAG_S = 0.5
# A periodic signal correlates as well one period later; rounding must not choose between equals.
_TIE = 1 - 1e-9


def lag_samples(*, reference: npt.ArrayLike, estimate: npt.ArrayLike, sample_rate: int) -> int:
    """Return the delay of an estimate: the lag of the largest magnitude of its cross-correlation with the reference.

    Args:
        reference: clean signal, shape (time,), float.
        estimate: shape (time,); its length may differ by up to 40 ms.
        sample_rate: Hz.

    Returns:
        Samples within +-0.5 s, positive if the estimate is late. Of equally good lags, the smallest.

    Raises:
        MetricError: silent_ref, silent_est, nonfinite, too_short, length_mismatch; undefined if nothing correlates.
    """
    pair = trimmed_pair(Reference(reference, sample_rate), estimate, sample_rate)
    clean = pair.reference.samples
    furthest = min(round(MAX_LAG_S * sample_rate), clean.size - 1)
    strength = np.abs(correlate(clean, pair.estimate, Blocks.covering(-furthest, furthest, clean.size)))
    if not strength.max() > 0:
        raise MetricError("undefined", "the estimate does not correlate with the reference at any lag")
    lags = np.flatnonzero(strength >= strength.max() * _TIE) - furthest
    return int(lags[np.abs(lags).argmin()])


def gain_db(*, reference: npt.ArrayLike, estimate: npt.ArrayLike, sample_rate: int) -> float:
    """Return the gain of the reference in the estimate: the magnitude of its projection onto the reference, at lag 0.

    Args:
        reference: clean signal, shape (time,), float.
        estimate: shape (time,); its length may differ by up to 40 ms.
        sample_rate: Hz.

    Returns:
        dB, 0 for an estimate that contains the reference at its own level. It means little if the lag is not 0.

    Raises:
        MetricError: silent_ref, silent_est, nonfinite, too_short, length_mismatch; undefined if they are orthogonal.
    """
    pair = trimmed_pair(Reference(reference, sample_rate), estimate, sample_rate)
    clean = pair.reference.samples
    # g = |<r, e>| / <r, r>, in dB 20 log10 g
    gain = abs(float(np.dot(clean, pair.estimate))) / float(np.dot(clean, clean))
    if gain == 0:
        raise MetricError("undefined", "the estimate is orthogonal to the reference")
    return 20 * math.log10(gain)
