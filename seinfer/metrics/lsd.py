"""Log-spectral distance (LSD), as the URGENT challenge defines it.

    a = <r, e> / (<e, e> + 1e-8)
    LSD = mean over frames t of sqrt(mean over frequencies f of ln(|R_tf|^2 / (|a E_tf| + 1e-8)^2 + 1e-8)^2)

for the spectra R of the reference r and E of the estimate e: 32 ms every 16 ms, periodic Hann window, frames centred on
the samples, zeros around the signal. It works in double precision, the original in single. A frame in which only the
reference is digital silence has the distance 18 in every bin.

Unit: natural logarithm of power (1 is 4.3 dB). Range: 0 upwards; lower is better. No two toolkits agree on logarithm,
frames or floor, so values called LSD from other programs have other scales.

Source: urgent-challenge/urgent2024_challenge@9f16cef8aed4effc948c22f53598648074ac1d63:
evaluation_metrics/calculate_intrusive_se_metrics.py, `lsd_metric`, with librosa's STFT.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.fft import rfft

from .errors import MetricError
from .frames import frames_of, in_groups, periodic_hann
from .pair import Pair, pair_of
from .signals import Floats, Signal

_WINDOW_S, _HOP_S = 0.032, 0.016
_EPS = 1e-8


def lsd(*, reference: npt.ArrayLike, estimate: npt.ArrayLike, sample_rate: int) -> float:
    """Compute the log-spectral distance of two waveforms.

    Args:
        reference: clean signal, shape (time,), float.
        estimate: signal to score, same shape; its gain does not matter.
        sample_rate: Hz.

    Returns:
        Natural logarithm of power; 0 for equal spectra, lower is better.

    Raises:
        MetricError: silent_ref, silent_est, nonfinite, too_short, length_mismatch; sample_rate under 63 Hz.
    """
    return of_pair(pair_of(reference=reference, estimate=estimate, sample_rate=sample_rate))


def of_pair(pair: Pair) -> float:
    """Compute LSD of a pair; the spectra of the reference are cached."""
    return score(pair.reference.remember(prepare), pair.estimate)


@dataclass(frozen=True, eq=False)
class PreparedLsd:
    """A reference and its power spectra |R_tf|^2, shape (frame, frequency)."""

    reference: Signal
    sample_rate: int
    power: Floats


def prepare(reference: Signal, sample_rate: int) -> PreparedLsd:
    """Compute the part that depends on the reference alone.

    Raises:
        MetricError: sample_rate.
    """
    if sample_rate * _HOP_S < 1:
        raise MetricError("sample_rate", f"{sample_rate} Hz leaves no sample in a hop of 16 ms")
    return PreparedLsd(reference, sample_rate, np.concatenate(list(_powers(reference, sample_rate))))


def score(prepared: PreparedLsd, estimate: Signal) -> float:
    """Compute LSD of an estimate that is as long as the reference."""
    gain = float(np.dot(prepared.reference, estimate)) / (float(np.dot(estimate, estimate)) + _EPS)
    total, start = 0.0, 0
    for power in _powers(estimate, prepared.sample_rate):
        magnitude = np.sqrt(power) * abs(gain) + _EPS  # |a E| + 1e-8
        ratio = prepared.power[start : start + len(power)] / np.square(magnitude) + _EPS
        total += float(np.sqrt(np.square(np.log(ratio)).mean(axis=1)).sum())
        start += len(power)
    return total / start


def _powers(signal: Floats, sample_rate: int) -> Iterator[Floats]:
    """Yield power spectra of shape (frame, frequency), a group of frames at a time."""
    n_fft, hop_length = int(sample_rate * _WINDOW_S), int(sample_rate * _HOP_S)
    window = periodic_hann(n_fft)
    frames = frames_of(np.pad(signal, n_fft // 2), n_fft, hop_length)
    for group in in_groups(len(frames)):
        spectra = rfft(frames[group] * window, axis=-1)
        yield np.square(spectra.real) + np.square(spectra.imag)
