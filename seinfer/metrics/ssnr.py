"""Segmental signal-to-noise ratio (SSNR): the mean SNR of frames of 30 ms.

    SSNR = mean over frames t of clip(10 log10(|w r_t|^2 / |w (r_t - e_t)|^2), -10, 35)

for frames r_t of the reference and e_t of the estimate and a Hann window w, every 7.5 ms (see `shortterm`). Pauses
count, usually with -10 dB; a gain other than 1 and a delay count as noise.

Unit: dB. Range: -10 to 35; higher is better. Defined here at 16 kHz.

Source: Hansen, Pellom, "An effective quality evaluation protocol for speech enhancement algorithms", ICSLP 1998, in the
form of Loizou's `composite.m` (see `shortterm`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .pair import Pair, pair_of
from .shortterm import energies, require
from .signals import Floats, Signal

LOWER_DB, UPPER_DB = -10.0, 35.0
_EPS = float(np.finfo(np.float64).eps)


def ssnr(*, reference: npt.ArrayLike, estimate: npt.ArrayLike, sample_rate: int) -> float:
    """Compute segmental SNR of two waveforms.

    Args:
        reference: clean signal, shape (time,), float.
        estimate: signal to score, same shape, with the same gain and no delay.
        sample_rate: Hz, 16000.

    Returns:
        dB, -10 to 35.

    Raises:
        MetricError: silent_ref, silent_est, nonfinite, length_mismatch; sample_rate for other rates; too_short under
            600 samples.
    """
    return of_pair(pair_of(reference=reference, estimate=estimate, sample_rate=sample_rate))


def of_pair(pair: Pair) -> float:
    """Compute segmental SNR of a pair; the frame energies of the reference are cached."""
    return score(pair.reference.remember(prepare), pair.estimate)


@dataclass(frozen=True, eq=False)
class PreparedSsnr:
    """A reference and the energies of its frames, shape (frame,)."""

    reference: Signal
    energies: Floats


def prepare(reference: Signal, sample_rate: int) -> PreparedSsnr:
    """Compute the part that depends on the reference alone.

    Raises:
        MetricError: sample_rate, too_short.
    """
    require(reference.size, sample_rate)
    return PreparedSsnr(reference, energies(reference))


def score(prepared: PreparedSsnr, estimate: Signal) -> float:
    """Compute segmental SNR in dB of an estimate that is as long as the reference."""
    noise = energies(prepared.reference - estimate)
    snr_db = 10 * np.log10(prepared.energies / (noise + _EPS) + _EPS)
    return float(np.clip(snr_db, LOWER_DB, UPPER_DB, out=snr_db).mean())
