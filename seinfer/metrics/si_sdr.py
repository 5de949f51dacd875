"""Scale-invariant signal-to-distortion ratio.

Source: Le Roux, Wisdom, Erdogan, Hershey, "SDR - half-baked or well done?", ICASSP 2019, eq. 3-5. Means are not
removed, as in the paper. Neither delay nor equalisation is forgiven: at 26.6 dB, one sample late costs 15 dB.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from .signals import Signal, check_both, ratio_db

if TYPE_CHECKING:
    from .pair import Pair


@dataclass(frozen=True, eq=False)
class PreparedSiSdr:
    """A reference and its energy."""

    reference: Signal
    energy: float


def si_sdr(*, reference: npt.ArrayLike, estimate: npt.ArrayLike, sample_rate: int) -> float:
    """Compute SI-SDR by itself.

    Args:
        reference: clean signal, shape (time,), float.
        estimate: signal to judge, same shape.
        sample_rate: Hz; the definition does not depend on it.

    Returns:
        dB; infinite where the estimate is the reference times a factor, to the last bit, and minus infinity where it is
        orthogonal to it.

    Raises:
        MetricError: silent_ref, silent_est, nonfinite, too_short, length_mismatch.
    """
    one, other = check_both(reference, estimate)
    return score(prepare(one, sample_rate), other)


def prepare(reference: Signal, sample_rate: int) -> PreparedSiSdr:
    """Do the part that depends on the reference alone."""
    return PreparedSiSdr(reference, float(np.dot(reference, reference)))


def score(prepared: PreparedSiSdr, estimate: Signal) -> float:
    """Compute SI-SDR in dB of an estimate as long as the prepared reference."""
    gain = float(np.dot(prepared.reference, estimate)) / prepared.energy  # the scale at which the rest is orthogonal
    residual = gain * prepared.reference
    residual -= estimate
    return ratio_db(gain * gain * prepared.energy, float(np.dot(residual, residual)))


def of_pair(pair: Pair) -> float:
    """Compute SI-SDR of a pair, its reference prepared once."""
    return score(pair.reference.remember(prepare), pair.estimate)
