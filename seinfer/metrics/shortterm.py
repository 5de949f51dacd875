"""The front end of the composite measures: windowed frames of 30 ms at 16 kHz, a frame every 7.5 ms.

LLR and WSS see no more of a frame than what is linear in its power spectrum: the first lags of its autocorrelation and
its power in 25 critical bands. So both come out of one transform and one matrix product.

The rules of the original are kept: a Hann window without zeros at its ends, the last whole frame of a signal not used,
and the largest 5 % of the frames' distances left out of the mean.

Source: the authors' MATLAB code `composite.m` (Loizou, "Speech Enhancement: Theory and Practice", 2nd ed., 2013,
ch. 11), whose numbers DeepFilterNet@d375b2d8309e0935d165700c91da9de862a99c31:DeepFilterNet/df/sepm.py repeats.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view
from scipy.fft import rfft

from .blocks import Floats
from .metric import MetricError

SAMPLE_RATE = 16_000
LPC_ORDER = 16
_FRAME, _HOP, _N_FFT = 480, 120, 1024
_WINDOW = np.hanning(_FRAME + 2)[1:-1]
_KEPT_SHARE = 0.95
# Frames transformed at a time: few enough that a group stays in the cache.
_GROUP = 64

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
_LEAST_GAIN = math.exp(-30 / (2 * 2.303))  # below it a filter is cut off; the original means -30 dB by it


@dataclass(frozen=True, eq=False)
class ShortTerm:
    """What LLR and WSS need of a signal, a column a frame.

    Attributes:
        autocorrelation: lags 0 to 16 of the windowed frames, shape (17, frame).
        band_power: in critical bands, shape (25, frame).
    """

    autocorrelation: Floats
    band_power: Floats


def require(n_samples: int, sample_rate: int) -> None:
    """Refuse what has no frames.

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
    frames = sliding_window_view(signal, _FRAME)[::_HOP][: frame_count(len(signal))]
    matrix = _of_power()
    found = np.empty((len(frames), matrix.shape[1]))
    for start in range(0, len(frames), _GROUP):
        parts = rfft(frames[start : start + _GROUP] * _WINDOW, n=_N_FFT, axis=-1).view(np.float64)
        np.square(parts, out=parts)
        np.matmul(parts[:, ::2] + parts[:, 1::2], matrix, out=found[start : start + _GROUP])
    rows = np.ascontiguousarray(found.T)
    return ShortTerm(rows[: LPC_ORDER + 1], rows[LPC_ORDER + 1 :])


def energies(signal: Floats) -> Floats:
    """Return the energy of each windowed frame of a signal of shape (time,), shape (frame,)."""
    count = frame_count(len(signal))
    quarters = np.square(signal[: (count + 3) * _HOP]).reshape(-1, _HOP)
    weights = np.square(_WINDOW).reshape(-1, _HOP)
    return np.asarray(sum(quarters[i : i + count] @ weights[i] for i in range(4)))


def mean_of_smallest(distances: Floats) -> float:
    """Return the mean of a frame distance, shape (frame,), without its largest 5 %.

    Their number is rounded as in the Python ports, halves to even. MATLAB rounds halves up, which keeps a frame more in
    one clip of forty: CSIG moved by 0.006, CBAK by 0.0015 on such a clip.
    """
    kept = max(1, round(_KEPT_SHARE * len(distances)))
    return float(np.partition(distances, kept - 1)[:kept].mean())


@cache
def _of_power() -> Floats:
    """Return the matrix from a power spectrum, bins 0 to Nyquist, to 17 lags and 25 bands."""
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
