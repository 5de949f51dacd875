"""The front end of the composite measures: windowed frames of 30 ms at 16 kHz, a frame every 7.5 ms.

LLR and WSS need only quantities that are linear in the power spectrum of a frame: the first lags of its autocorrelation
and its power in 25 critical bands. So one transform and one matrix product compute both.

The rules of the original are kept: a Hann window without zeros at its ends, the last whole frame of a signal is not
used, and the largest 5 % of the frame distances are left out of the mean.

Source: the authors' MATLAB code `composite.m` (Loizou, "Speech Enhancement: Theory and Practice", 2nd ed., 2013,
ch. 11), whose constants DeepFilterNet@d375b2d8309e0935d165700c91da9de862a99c31:DeepFilterNet/df/sepm.py repeats.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
from scipy.fft import rfft

from .errors import MetricError
from .frames import frame_energies, frames_of, in_groups, matlab_hann
from .signals import Floats

SAMPLE_RATE = 16_000
LPC_ORDER = 16
_FRAME, _HOP, _N_FFT = 480, 120, 1024
_WINDOW = matlab_hann(_FRAME)
_KEPT_SHARE = 0.95

# Centres and widths of the critical bands in Hz, as in composite.m.
_CENTRES_HZ = np.array(
    (
        *(50, 120, 190, 260, 330, 400, 470, 540, 617.372, 703.378, 798.717, 904.128, 1020.38, 1148.30, 1288.72),
        *(1442.54, 1610.70, 1794.16, 1993.93, 2211.08, 2446.71, 2701.97, 2978.04, 3276.17, 3597.63),
    )
)
_WIDTHS_HZ = np.array(
    (
        *(70, 70, 70, 70, 70, 70, 70, 77.3724, 86.0056, 95.3398, 105.411, 116.256, 127.914, 140.423, 153.823),
        *(168.154, 183.457, 199.776, 217.153, 235.631, 255.255, 276.072, 298.126, 321.465, 346.136),
    )
)
_SHARPNESS = 11.0
_LEAST_GAIN = math.exp(-30 / (2 * 2.303))  # smaller gains are set to 0; the original intends -30 dB


@dataclass(frozen=True, eq=False)
class ShortTerm:
    """The quantities of a signal that LLR and WSS need, one column per frame.

    Attributes:
        autocorrelation: lags 0 to 16 of the windowed frames, shape (17, frame).
        band_power: in critical bands, shape (25, frame).
    """

    autocorrelation: Floats
    band_power: Floats


def require(n_samples: int, sample_rate: int) -> None:
    """Refuse another sample rate and a signal without frames.

    Raises:
        MetricError: sample_rate, too_short.
    """
    if sample_rate != SAMPLE_RATE:
        raise MetricError("sample_rate", f"defined here at {SAMPLE_RATE} Hz, got {sample_rate} Hz")
    if not frame_count(n_samples):
        raise MetricError("too_short", f"{n_samples} samples, expected {_FRAME + _HOP}")


def frame_count(n_samples: int) -> int:
    """Return the number of frames that are used."""
    return max(0, (n_samples - _FRAME) // _HOP)


def analyse(signal: Floats) -> ShortTerm:
    """Return autocorrelation and band power of a signal of shape (time,) at 16 kHz."""
    frames = frames_of(signal, _FRAME, _HOP)[: frame_count(len(signal))]
    matrix = _of_power()
    found = np.empty((len(frames), matrix.shape[1]))
    for group in in_groups(len(frames)):
        parts = rfft(frames[group] * _WINDOW, n=_N_FFT, axis=-1).view(np.float64)
        np.square(parts, out=parts)
        np.matmul(parts[:, ::2] + parts[:, 1::2], matrix, out=found[group])
    rows = np.ascontiguousarray(found.T)
    return ShortTerm(rows[: LPC_ORDER + 1], rows[LPC_ORDER + 1 :])


def energies(signal: Floats) -> Floats:
    """Return the energy of each windowed frame of a signal of shape (time,), shape (frame,)."""
    return frame_energies(signal, _WINDOW, _HOP, frame_count(len(signal)))


def mean_of_smallest(distances: Floats) -> float:
    """Return the mean of a frame distance, shape (frame,), without its largest 5 %.

    The number of frames is rounded as in the Python ports, halves to even. MATLAB rounds halves up, which keeps one
    more frame in one of forty clips: CSIG changed by 0.006, CBAK by 0.0015 on such a clip.
    """
    kept = max(1, round(_KEPT_SHARE * len(distances)))
    return float(np.partition(distances, kept - 1)[:kept].mean())


@cache
def _of_power() -> Floats:
    """Return the matrix that maps a power spectrum, bins 0 to Nyquist, to 17 lags and 25 bands."""
    bins = np.arange(_N_FFT // 2 + 1)
    lags = np.cos(2 * np.pi / _N_FFT * np.outer(bins, np.arange(LPC_ORDER + 1)))
    lags *= np.where((bins == 0) | (bins == bins[-1]), 1, 2)[:, None] / _N_FFT
    bands = np.zeros((len(bins), len(_CENTRES_HZ)))
    bands[:-1] = _critical_bands(bins[:-1])
    return np.hstack([lags, bands])


def _critical_bands(bins: npt.NDArray[np.intp]) -> Floats:
    """Return the gain of each critical band at bins below Nyquist, shape (bin, band)."""
    bins_per_hz = _N_FFT / SAMPLE_RATE
    distance = (bins[:, None] - np.floor(_CENTRES_HZ * bins_per_hz)) / (_WIDTHS_HZ * bins_per_hz)
    gains = np.exp(-_SHARPNESS * np.square(distance)) * _WIDTHS_HZ[0] / _WIDTHS_HZ
    return np.where(gains > _LEAST_GAIN, gains, 0.0)
