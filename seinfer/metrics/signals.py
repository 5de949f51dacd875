"""The checks that every signal passes before a metric sees it: one channel, float64, finite, not silent."""

from __future__ import annotations

import math
from typing import NewType

import numpy as np
import numpy.typing as npt

from ..core.errors import UsageError
from .errors import MetricError

Floats = npt.NDArray[np.float64]

Signal = NewType("Signal", npt.NDArray[np.float64])
"""A waveform of shape (time,), float64, that has passed `check`."""

SILENCE_PEAK = 2.0**-16
"""A smaller peak is less than half a step of 16-bit PCM, the usual file format of clips, so nothing of it remains."""

MAX_LENGTH_DIFFERENCE_S = 0.040
"""Models that work in frames may drop or add part of one; a larger difference means a different recording."""


def check(samples: npt.ArrayLike, role: str) -> Signal:
    """Convert a waveform to float64 and refuse it if no metric can use it.

    Args:
        samples: shape (time,), float, nominally within [-1, 1]. It is not modified.
        role: "reference" or "estimate".

    Raises:
        UsageError: it is not one channel of floating-point samples.
        MetricError: it is empty, not finite, or silent.
    """
    given = np.asarray(samples)
    if given.ndim != 1 or not np.issubdtype(given.dtype, np.floating):
        raise UsageError(
            f"the {role} has shape {given.shape} and type {given.dtype}, expected (time,) and a floating-point type; "
            f"choose a channel and scale to [-1, 1] first"
        )
    signal = np.ascontiguousarray(given, np.float64)
    if not signal.size:
        raise MetricError("too_short", f"the {role} has no samples")
    # NaN and infinity survive min and max, so that no temporary array is needed.
    peak = max(float(signal.max()), -float(signal.min()))
    if not np.isfinite(peak):
        raise MetricError("nonfinite", f"the {role} contains NaN or infinity; expected finite samples")
    if peak < SILENCE_PEAK:
        raise MetricError(f"silent_{role[:3]}", f"the {role} has a peak of {peak:.1e}, which is silence at 16 bits")
    return Signal(signal)


def common_length(n_reference: int, n_estimate: int, sample_rate: int) -> int:
    """Return the length that both signals are cut to, in samples.

    Raises:
        MetricError: they differ by more than MAX_LENGTH_DIFFERENCE_S.
    """
    if abs(n_reference - n_estimate) > MAX_LENGTH_DIFFERENCE_S * sample_rate:
        raise MetricError(
            "length_mismatch",
            f"the reference has {n_reference} samples, the estimate {n_estimate}; expected a difference of at most "
            f"{MAX_LENGTH_DIFFERENCE_S * 1000:.0f} ms",
        )
    return min(n_reference, n_estimate)


def ratio_db(numerator: float, denominator: float) -> float:
    """Return 10 log10(numerator / denominator), a ratio of energies in dB; infinite if one of them is 0."""
    if denominator == 0:
        return math.inf
    return 10 * math.log10(numerator / denominator) if numerator > 0 else -math.inf
