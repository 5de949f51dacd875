"""Segmental signal-to-noise ratio: the SNR of each frame of 30 ms, held within -10 and 35 dB, averaged over all frames.

Source: Hansen, Pellom, "An effective quality evaluation protocol for speech enhancement algorithms", ICSLP 1998, in the
form of `composite.m` (see `shortterm`): pauses count, at -10 dB as a rule, and so does a gain that differs from 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from .blocks import Floats
from .shortterm import energies, require
from .signals import Signal, check_both

if TYPE_CHECKING:
    from .pair import Pair

LOWER_DB, UPPER_DB = -10.0, 35.0
_EPS = float(np.finfo(np.float64).eps)


@dataclass(frozen=True, eq=False)
class PreparedSsnr:
    """A reference and the energy of its frames, shape (frame,)."""

    reference: Signal
    energies: Floats


def ssnr(*, reference: npt.ArrayLike, estimate: npt.ArrayLike, sample_rate: int) -> float:
    """Compute segmental SNR by itself.

    Args:
        reference: clean signal, shape (time,), float.
        estimate: signal to judge, same shape, at the same gain and not a sample late.
        sample_rate: Hz, 16000.

    Returns:
        dB, -10 to 35.

    Raises:
        MetricError: silent_ref, silent_est, nonfinite, length_mismatch; sample_rate for other rates; too_short under
            600 samples.
    """
    one, other = check_both(reference, estimate)
    return score(prepare(one, sample_rate), other)


def prepare(reference: Signal, sample_rate: int) -> PreparedSsnr:
    """Do the part that depends on the reference alone.

    Raises:
        MetricError: sample_rate, too_short.
    """
    require(reference.size, sample_rate)
    return PreparedSsnr(reference, energies(reference))


def score(prepared: PreparedSsnr, estimate: Signal) -> float:
    """Compute segmental SNR in dB of an estimate as long as the prepared reference."""
    noise = energies(prepared.reference - estimate)
    snr_db = 10 * np.log10(prepared.energies / (noise + _EPS) + _EPS)
    return float(np.clip(snr_db, LOWER_DB, UPPER_DB, out=snr_db).mean())


def of_pair(pair: Pair) -> float:
    """Compute segmental SNR of a pair, the energy of its reference once."""
    return score(pair.reference.remember(prepare), pair.estimate)
