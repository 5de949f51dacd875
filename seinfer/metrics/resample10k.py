"""The resampler of STOI: any usual rate to 10 kHz, with the filter of the original MATLAB and Octave code.

A windowed sinc with 60 dB of rejection, cut off at the lower Nyquist frequency (Octave's `resample`). It is applied as
a matrix product: a stretch of input times a matrix that holds the taps of each of the outputs that fall into it. Exact
zeros stay exact zeros, on which ESTOI depends and which an FFT would not keep.

The oracle in tests is pystoi.utils.resample_oct.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from .blocks import Floats
from .metric import MetricError

RATE = 10_000
_REJECTION_DB = 60.0
# Rates such as 16001 Hz share no factor with 10 kHz, and the matrix would fill gigabytes.
_MAX_MATRIX_ENTRIES = 1 << 22


@dataclass(frozen=True, eq=False)
class _Stretch:
    """The matrix of a rate.

    Attributes:
        matrix: shape (input samples, outputs).
        lead: input samples of the matrix before the stretch itself.
        hop: input samples from one stretch to the next.
    """

    matrix: Floats
    lead: int
    hop: int


def to_10k(signal: Floats, sample_rate: int) -> Floats:
    """Resample a signal of shape (time,) from `sample_rate` to 10 kHz.

    Raises:
        MetricError: sample_rate, where its ratio to 10 kHz is not one of small whole numbers.
    """
    if sample_rate == RATE:
        return signal
    stretch = _stretch(sample_rate)
    width, n_out = stretch.matrix.shape
    length = -(-len(signal) * RATE // sample_rate)
    count = -(-length // n_out)
    padded = np.zeros((count - 1) * stretch.hop + width)
    inside = signal[: len(padded) - stretch.lead]
    padded[stretch.lead : stretch.lead + len(inside)] = inside
    windows = sliding_window_view(padded, width)[:: stretch.hop]
    # Every n-th window only, so that rows do not overlap: then the product is one call of BLAS without a copy.
    ways = -(-width // stretch.hop)
    resampled = np.empty((count, n_out))
    for way in range(min(ways, count)):
        np.matmul(windows[way::ways], stretch.matrix, out=resampled[way::ways])
    return np.asarray(resampled.reshape(-1)[:length])


@lru_cache(maxsize=8)
def _stretch(sample_rate: int) -> _Stretch:
    common = math.gcd(sample_rate, RATE)
    up, down = RATE // common, sample_rate // common
    half = math.ceil((_REJECTION_DB - 8) / (28.714 * _stop_band(up, down) / 10))
    lead = half // up
    repeats = max(1, round(half / (2 * up * down)))  # of the shortest period: measured best
    n_out = up * repeats
    width = ((n_out - 1) * down + half) // up + lead + 1
    if width * n_out > _MAX_MATRIX_ENTRIES:
        raise MetricError("sample_rate", f"cannot resample {sample_rate} Hz to {RATE} Hz, a ratio of {up}:{down}")
    taps = _filter(up, down, half)
    tap = np.arange(n_out) * down - (np.arange(width)[:, None] - lead) * up + half
    inside = (tap >= 0) & (tap <= 2 * half)
    return _Stretch(np.where(inside, taps[np.clip(tap, 0, 2 * half)], 0.0), lead, down * repeats)


def _stop_band(up: int, down: int) -> float:
    """Return where the filter must stop, in cycles per sample at `up` times the input rate."""
    return 1 / (2 * max(up, down))


def _filter(up: int, down: int, half: int) -> Floats:
    """Return the low-pass filter of order 2 * half, with the gain that makes up for `up` - 1 zeros between samples."""
    ideal = np.sinc(2 * _stop_band(up, down) * np.arange(-half, half + 1))
    taps = np.kaiser(2 * half + 1, 0.1102 * (_REJECTION_DB - 8.7)) * ideal
    return np.asarray(up * taps / taps.sum())
