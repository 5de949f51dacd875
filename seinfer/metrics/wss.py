"""Weighted spectral slope distance (WSS): the difference of the slopes between neighbouring critical bands.

    d_t = sum over bands b of (W_r + W_e)(s_r - s_e)^2 / sum over bands b of (W_r + W_e)
    W = K_max / (K_max + L_max - L_b) * K_local / (K_local + L_peak - L_b)

for the level L_b in dB of band b, the slopes s = L_(b+1) - L_b and the weights W of reference and estimate, where L_max
is the highest level of the frame and L_peak that of the nearest peak; the mean over the smallest 95 % of the frames t.

Unit: dB squared. Range: 0 upwards; lower is better. Defined here at 16 kHz.

Source: Klatt, "Prediction of perceived phonetic distance from critical-band spectra", ICASSP 1982, eq. 1-4; in the form
of the composite measures (Hu, Loizou 2008), which divide by the sum of the weights, leave out the largest 5 % of the
frames, and use the band before the peak as the peak above a rising slope, which Klatt does not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .pair import Pair, pair_of
from .shortterm import analyse, mean_of_smallest, require
from .signals import Floats

_LEAST_POWER = 1e-10
# Klatt's constants, dB: how fast the weight of a band decreases below the loudest band, and below the nearest peak.
_K_MAX, _K_LOCAL = 20.0, 1.0


def wss(*, reference: npt.ArrayLike, estimate: npt.ArrayLike, sample_rate: int) -> float:
    """Compute the weighted spectral slope distance of two waveforms.

    Args:
        reference: clean signal, shape (time,), float.
        estimate: signal to score, same shape. The distance is symmetric.
        sample_rate: Hz, 16000.

    Returns:
        Mean over frames, dB squared; 0 for equal spectra, lower is better.

    Raises:
        MetricError: silent_ref, silent_est, nonfinite, length_mismatch; sample_rate for other rates; too_short under
            600 samples.
    """
    return of_pair(pair_of(reference=reference, estimate=estimate, sample_rate=sample_rate))


def of_pair(pair: Pair) -> float:
    """Compute WSS of a pair. The composite measures share the spectral analysis and call `prepare` and `score`."""
    clean = pair.reference.samples
    require(clean.size, pair.sample_rate)
    return score(prepare(analyse(clean).band_power), prepare(analyse(pair.estimate).band_power))


@dataclass(frozen=True, eq=False)
class Slopes:
    """The spectral slopes of a signal and their weights, each of shape (24, frame).

    Attributes:
        slope_db: s, from a critical band to the next.
        weight: W, up to 1, at a peak that is also the loudest band.
    """

    slope_db: Floats
    weight: Floats


def prepare(band_power: Floats) -> Slopes:
    """Convert band power of shape (25, frame) to slopes and weights."""
    level_db = 10 * np.log10(np.maximum(band_power, _LEAST_POWER))
    slope_db = np.diff(level_db, axis=0)
    bands_db = level_db[:-1]
    weight = _K_MAX / (_K_MAX + level_db.max(axis=0) - bands_db)
    weight *= _K_LOCAL / (_K_LOCAL + _nearest_peaks(slope_db, bands_db) - bands_db)
    return Slopes(slope_db, weight)


def score(reference: Slopes, estimate: Slopes) -> float:
    """Compute WSS of two signals of the same length."""
    weight = reference.weight + estimate.weight
    difference = np.square(reference.slope_db - estimate.slope_db)
    return mean_of_smallest(np.einsum("bf,bf->f", weight, difference) / weight.sum(axis=0))


def _nearest_peaks(slope_db: Floats, bands_db: Floats) -> Floats:
    """Return L_peak: the level of the peak at the upper end of each band's slope, shape (24, frame)."""
    peaks_db = bands_db.copy()
    is_rising = slope_db > 0
    for band in range(len(slope_db) - 2, -1, -1):
        np.copyto(peaks_db[band], peaks_db[band + 1], where=is_rising[band] & is_rising[band + 1])
    for band in range(1, len(slope_db)):
        np.copyto(peaks_db[band], peaks_db[band - 1], where=~is_rising[band] & ~is_rising[band - 1])
    return peaks_db
