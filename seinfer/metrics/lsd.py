"""Log-spectral distance, as the URGENT challenge defines it.

The estimate is scaled to the reference first. Spectra of 32 ms every 16 ms; in each frame the root mean square, over
frequency, of the natural logarithm of the ratio of powers; the mean over frames. No two toolkits agree on logarithm,
frame or floor, so figures of this name from elsewhere are on other scales (1 here is 4.3 dB of power).

Digital silence in the reference counts 18 in every bin of a frame, against an estimate that is not silent there.

Source: urgent-challenge/urgent2024_challenge@9f16cef8aed4effc948c22f53598648074ac1d63:
evaluation_metrics/calculate_intrusive_se_metrics.py, `lsd_metric`, with librosa's STFT: periodic Hann window, frames
centred on the samples, zeros around the signal. It works in single precision, this in double.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view
from scipy.fft import rfft

from .blocks import Floats
from .metric import MetricError
from .signals import Signal, check_both

if TYPE_CHECKING:
    from .pair import Pair

_WINDOW_S, _HOP_S = 0.032, 0.016
_EPS = 1e-8
# Frames transformed at a time: few enough that a group stays in the cache.
_GROUP = 64


@dataclass(frozen=True, eq=False)
class PreparedLsd:
    """A reference and its power spectra, shape (frame, frequency)."""

    reference: Signal
    sample_rate: int
    power: Floats


def lsd(*, reference: npt.ArrayLike, estimate: npt.ArrayLike, sample_rate: int) -> float:
    """Compute the log-spectral distance by itself.

    Args:
        reference: clean signal, shape (time,), float.
        estimate: signal to judge, same shape; its gain does not matter.
        sample_rate: Hz.

    Returns:
        Natural logarithm of power; 0 for equal spectra, better is lower.

    Raises:
        MetricError: silent_ref, silent_est, nonfinite, too_short, length_mismatch; sample_rate under 63 Hz.
    """
    one, other = check_both(reference, estimate)
    return score(prepare(one, sample_rate), other)


def prepare(reference: Signal, sample_rate: int) -> PreparedLsd:
    """Do the part that depends on the reference alone.

    Raises:
        MetricError: sample_rate.
    """
    if sample_rate * _HOP_S < 1:
        raise MetricError("sample_rate", f"{sample_rate} Hz leaves no sample in a hop of 16 ms")
    return PreparedLsd(reference, sample_rate, np.concatenate(list(_powers(reference, sample_rate))))


def score(prepared: PreparedLsd, estimate: Signal) -> float:
    """Compute LSD of an estimate as long as the prepared reference."""
    gain = float(np.dot(prepared.reference, estimate)) / (float(np.dot(estimate, estimate)) + _EPS)
    total, start = 0.0, 0
    for power in _powers(estimate, prepared.sample_rate):
        magnitude = np.sqrt(power) * abs(gain) + _EPS
        ratio = prepared.power[start : start + len(power)] / np.square(magnitude) + _EPS
        total += float(np.sqrt(np.square(np.log(ratio)).mean(axis=1)).sum())
        start += len(power)
    return total / start


def _powers(signal: Floats, sample_rate: int) -> Iterator[Floats]:
    """Yield power spectra of shape (frame, frequency), a group of frames at a time."""
    n_fft, hop = int(sample_rate * _WINDOW_S), int(sample_rate * _HOP_S)
    window = np.hanning(n_fft + 1)[:-1]
    frames = sliding_window_view(np.pad(signal, n_fft // 2), n_fft)[::hop]
    for start in range(0, len(frames), _GROUP):
        spectra = rfft(frames[start : start + _GROUP] * window, axis=-1)
        yield np.square(spectra.real) + np.square(spectra.imag)


def of_pair(pair: Pair) -> float:
    """Compute LSD of a pair, the spectra of its reference once."""
    return score(pair.reference.remember(prepare), pair.estimate)
