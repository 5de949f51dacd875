"""What a signal must be before any metric sees it: one channel, float64, finite, not silent."""

from __future__ import annotations

import math
from typing import NewType

import numpy as np
import numpy.typing as npt

from ..core.errors import UsageError
from .metric import MetricError

Signal = NewType("Signal", npt.NDArray[np.float64])
"""A waveform of shape (time,), float64, that `check` has passed."""

SILENCE_PEAK = 2.0**-16
"""Below half a step of 16-bit PCM nothing is left of a signal in a 16-bit file, the format that clips travel in."""

MAX_LENGTH_DIFFERENCE_S = 0.040
"""Models that work in frames may drop or add part of one; more than that is another signal."""


def check(samples: npt.ArrayLike, role: str) -> Signal:
    """Convert a waveform to float64 and refuse what no metric can judge.

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
        raise MetricError("too_short", f"the {role} holds no samples")
    # NaN and infinity survive min and max, so that no temporary array is needed.
    peak = max(float(signal.max()), -float(signal.min()))
    if not np.isfinite(peak):
        raise MetricError("nonfinite", f"the {role} holds NaN or infinity; expected finite samples")
    if peak < SILENCE_PEAK:
        raise MetricError(f"silent_{role[:3]}", f"the {role} has a peak of {peak:.1e}, which is silence at 16 bits")
    return Signal(signal)


def check_both(reference: npt.ArrayLike, estimate: npt.ArrayLike) -> tuple[Signal, Signal]:
    """Check two waveforms that must have the same length.

    Raises:
        UsageError, MetricError: as `check`; MetricError also where the lengths differ.
    """
    one, other = check(reference, "reference"), check(estimate, "estimate")
    if one.size != other.size:
        raise MetricError("length_mismatch", f"the reference has {one.size} samples, the estimate {other.size}")
    return one, other


def common_length(n_reference: int, n_estimate: int, sample_rate: int) -> int:
    """Return the length that both signals are cut to.

    Raises:
        MetricError: they differ by more than MAX_LENGTH_DIFFERENCE_S.
    """
    if abs(n_reference - n_estimate) > MAX_LENGTH_DIFFERENCE_S * sample_rate:
        raise MetricError(
            "length_mismatch",
            f"the reference has {n_reference} samples, the estimate {n_estimate}; expected them within "
            f"{MAX_LENGTH_DIFFERENCE_S * 1000:.0f} ms",
        )
    return min(n_reference, n_estimate)


def ratio_db(numerator: float, denominator: float) -> float:
    """Return a ratio of energies in dB, infinite where one of them is 0."""
    if denominator == 0:
        return math.inf
    return 10 * math.log10(numerator / denominator) if numerator > 0 else -math.inf
