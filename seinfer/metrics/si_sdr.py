"""Scale-invariant signal-to-distortion ratio (SI-SDR, also called SI-SNR).

    a = <r, e> / <r, r>
    SI-SDR = 10 log10(|a r|^2 / |a r - e|^2)

for reference r and estimate e. Means are not removed, as in the paper. The metric does not compensate for delay or
equalisation: at 26.6 dB, a delay of one sample costs 15 dB.

Unit: dB. Range: -100 to 100 as shown (unbounded by definition); higher is better.

Source: Le Roux, Wisdom, Erdogan, Hershey, "SDR - half-baked or well done?", ICASSP 2019, arXiv:1811.02508, eq. 3-5.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .pair import Pair, pair_of
from .signals import Signal, ratio_db


def si_sdr(*, reference: npt.ArrayLike, estimate: npt.ArrayLike, sample_rate: int) -> float:
    """Compute SI-SDR of two waveforms.

    Args:
        reference: clean signal, shape (time,), float.
        estimate: signal to score, same shape.
        sample_rate: Hz; the definition does not depend on it.

    Returns:
        dB; infinite if the estimate is the reference times a factor, to the last bit, and minus infinity if it is
        orthogonal to the reference.

    Raises:
        MetricError: silent_ref, silent_est, nonfinite, too_short, length_mismatch.
    """
    return of_pair(pair_of(reference=reference, estimate=estimate, sample_rate=sample_rate))


def of_pair(pair: Pair) -> float:
    """Compute SI-SDR of a pair; the energy of the reference is cached."""
    return score(pair.reference.remember(prepare), pair.estimate)


@dataclass(frozen=True, eq=False)
class PreparedSiSdr:
    """A reference and its energy <r, r>."""

    reference: Signal
    energy: float


def prepare(reference: Signal, sample_rate: int) -> PreparedSiSdr:
    """Compute the part that depends on the reference alone."""
    return PreparedSiSdr(reference, float(np.dot(reference, reference)))


def score(prepared: PreparedSiSdr, estimate: Signal) -> float:
    """Compute SI-SDR in dB of an estimate that is as long as the reference."""
    gain = float(np.dot(prepared.reference, estimate)) / prepared.energy  # a = <r, e> / <r, r>
    residual = gain * prepared.reference  # a r - e
    residual -= estimate
    return ratio_db(gain * gain * prepared.energy, float(np.dot(residual, residual)))  # |a r|^2 / |a r - e|^2
