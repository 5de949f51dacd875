"""The signal processing of DeepFilterNet in float64 numpy, for a whole clip, written from the equations.

It shares no code with seinfer: frames, running means and deep filtering are plain loops over frames. It was compared
once with the authors' own output: see golden/README.md.

Source: Schröter et al., arXiv:2110.05588, arXiv:2205.05474 and arXiv:2305.08227; Rikorose/DeepFilterNet@d375b2d,
libDF/src/lib.rs, DeepFilterNet/df/enhance.py, multiframe.py and modules.py (post-filter).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

Exact = npt.NDArray[np.float64]
Network = Callable[[Exact, Any], tuple[Exact, Any]]
"""Levels (frame, band) and complex spectra (frame, 96) -> gains (frame, band) and coefficients (frame, 96, 5)."""

N_FFT, HOP, N_LOW, LOOKAHEAD, BETA, TINY = 960, 480, 96, 2, 0.02, 1e-12
WIDTHS = [2] * 13 + [5, 5, 7, 7, 8, 10, 12, 13, 15, 18, 20, 24, 28, 31, 37, 42, 50, 56, 67]
BAND_OF_BIN = np.repeat(np.arange(32), WIDTHS)
WINDOW = np.sin(np.pi / 2 * np.sin(np.pi * (np.arange(N_FFT) + 0.5) / N_FFT) ** 2)


def enhance(
    network: Network, clip: Exact, architecture: str, *, post_filter: bool = False, limit_db: float | None = None
) -> Exact:
    """Enhance a clip of shape (time,) at 48 kHz."""
    n_frames = (len(clip) + N_FFT) // HOP
    signal = np.concatenate([np.zeros(HOP), clip, np.zeros(2 * N_FFT)])
    noisy = np.array([np.fft.rfft(WINDOW * signal[t * HOP :][:N_FFT]) / N_FFT for t in range(n_frames)])
    levels, low = _features(noisy)
    gains, coefficients = network(_shifted(levels), _shifted(low))
    if architecture == "deepfilternet2" and post_filter:
        sines = np.maximum(gains * np.sin(np.pi * gains / 2), TINY)
        gains = (1 + BETA) * gains / (1 + BETA * (gains / sines) ** 2)
    enhanced = noisy * gains[:, BAND_OF_BIN]
    source = noisy if architecture == "deepfilternet3" else enhanced
    enhanced[:, :N_LOW] = _deep_filtered(source[:, :N_LOW].copy(), coefficients)
    if architecture == "deepfilternet3" and post_filter:
        gain = np.clip(np.abs(enhanced) / (np.abs(noisy) + TINY), TINY, 1)
        sine = np.maximum(np.sin(np.pi * gain / 2), TINY)
        enhanced *= (1 + BETA) / (1 + BETA * (gain / (gain * sine)) ** 2)
    if limit_db is not None:
        share = 10 ** (-limit_db / 20)
        enhanced = noisy * share + enhanced * (1 - share)
    output = np.zeros((n_frames + 1) * HOP)
    for t in range(n_frames):
        output[t * HOP :][:N_FFT] += WINDOW * np.fft.irfft(enhanced[t]) * N_FFT
    return output[HOP : HOP + len(clip)]


def _features(noisy: Any) -> tuple[Exact, Any]:
    mean_db, mean_magnitude = np.linspace(-60, -90, 32), np.linspace(1e-3, 1e-4, N_LOW)
    levels, low = [], []
    for frame in noisy:
        powers = np.array([np.mean(np.abs(frame[band == BAND_OF_BIN]) ** 2) for band in range(32)])
        level_db = 10 * np.log10(powers + 1e-10)
        mean_db = 0.01 * level_db + 0.99 * mean_db
        mean_magnitude = 0.01 * np.abs(frame[:N_LOW]) + 0.99 * mean_magnitude
        levels.append((level_db - mean_db) / 40)
        low.append(frame[:N_LOW] / np.sqrt(mean_magnitude))
    return np.array(levels), np.array(low)


def _shifted(features: Any) -> Any:
    """Give the network each frame two frames early."""
    return np.concatenate([features[LOOKAHEAD:], np.zeros_like(features[:LOOKAHEAD])])


def _deep_filtered(spectra: Any, coefficients: Any) -> Any:
    filtered = np.zeros_like(spectra)
    for t in range(len(spectra)):
        for tap in range(5):
            if 0 <= t - LOOKAHEAD + tap < len(spectra):
                filtered[t] += coefficients[t, :, tap] * spectra[t - LOOKAHEAD + tap]
    return filtered
