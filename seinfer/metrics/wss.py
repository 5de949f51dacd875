"""Weighted spectral slope distance: how far the slopes from one critical band to the next differ, peaks counting most.

Source: Klatt, "Prediction of perceived phonetic distance from critical-band spectra", ICASSP 1982, eq. 1-4; in the form
of the composite measures (Hu, Loizou 2008), which divide by the sum of the weights, leave out the largest 5 % of the
frames, and take as the peak above a rising slope the band before it, which Klatt does not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .blocks import Floats
from .shortterm import analyse, mean_of_smallest, require
from .signals import check_both

_LEAST_POWER = 1e-10
# Klatt's constants, dB: how fast a band loses weight below the loudest one, and below the nearest peak.
_K_MAX, _K_LOCAL = 20.0, 1.0


@dataclass(frozen=True, eq=False)
class Slopes:
    """The spectral slopes of a signal and what they weigh, each of shape (24, frame).

    Attributes:
        slope_db: from a critical band to the next.
        weight: up to 1, at a peak that is the loudest band as well.
    """

    slope_db: Floats
    weight: Floats


def wss(*, reference: npt.ArrayLike, estimate: npt.ArrayLike, sample_rate: int) -> float:
    """Compute the weighted spectral slope distance by itself.

    Args:
        reference: clean signal, shape (time,), float.
        estimate: signal to judge, same shape. The distance is symmetric.
        sample_rate: Hz, 16000.

    Returns:
        Mean over frames, dB squared; 0 for equal spectra, better is lower.

    Raises:
        MetricError: silent_ref, silent_est, nonfinite, length_mismatch; sample_rate for other rates; too_short under
            600 samples.
    """
    one, other = check_both(reference, estimate)
    require(one.size, sample_rate)
    return score(prepare(analyse(one).band_power), prepare(analyse(other).band_power))


def prepare(band_power: Floats) -> Slopes:
    """Turn band power of shape (25, frame) into slopes and weights."""
    level_db = 10 * np.log10(np.maximum(band_power, _LEAST_POWER))
    slope_db = np.diff(level_db, axis=0)
    bands_db = level_db[:-1]
    weight = _K_MAX / (_K_MAX + level_db.max(axis=0) - bands_db)
    weight *= _K_LOCAL / (_K_LOCAL + _nearest_peaks(slope_db, bands_db) - bands_db)
    return Slopes(slope_db, weight)


def score(reference: Slopes, estimate: Slopes) -> float:
    """Compute WSS of two signals as long as each other."""
    weight = reference.weight + estimate.weight
    difference = np.square(reference.slope_db - estimate.slope_db)
    return mean_of_smallest(np.einsum("bf,bf->f", weight, difference) / weight.sum(axis=0))


def _nearest_peaks(slope_db: Floats, bands_db: Floats) -> Floats:
    """Return the level of the peak that each band's slope leads up to, shape (24, frame)."""
    peaks_db = bands_db.copy()
    is_rising = slope_db > 0
    for band in range(len(slope_db) - 2, -1, -1):
        np.copyto(peaks_db[band], peaks_db[band + 1], where=is_rising[band] & is_rising[band + 1])
    for band in range(1, len(slope_db)):
        np.copyto(peaks_db[band], peaks_db[band - 1], where=~is_rising[band] & ~is_rising[band - 1])
    return peaks_db
