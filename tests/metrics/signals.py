"""Broad-band signals for the metric tests, with the rhythm and the pauses of speech."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

SAMPLE_RATE = 16_000
Floats = npt.NDArray[np.float64]


def noise_syllables(duration_s: float = 3.0, sample_rate: int = SAMPLE_RATE, seed: int = 0) -> Floats:
    """Return noise with a falling spectrum in four syllables per second, a pause after every third; peak 0.5.

    It has energy at every frequency and no digital zeros, so that all metrics are well conditioned on it and agree with
    their oracles to working precision. That is not so for `tests.helpers.speech_like`, whose vowels end at 7 kHz.
    """
    rng = np.random.default_rng(seed)
    n = round(duration_s * sample_rate)
    spectrum = np.fft.rfft(rng.standard_normal(n))
    hz = np.fft.rfftfreq(n, 1 / sample_rate)
    spectrum *= (hz > 80) / (1 + (hz / 500) ** 2) * (1 + 0.8 * np.cos(2 * np.pi * hz / 900))
    t = np.arange(n) / sample_rate
    syllables = np.sin(np.pi * 4 * t) ** 2 * (t % 1.0 < 0.75)
    signal = np.fft.irfft(spectrum, n) * syllables
    signal += 1e-5 * rng.standard_normal(n)
    return 0.5 * signal / np.abs(signal).max()


def bursts(n: int, duration_s: float, burst_s: float = 0.35, seed: int = 0) -> Floats:
    """Return `n` equally spaced bursts of noise with near silence between them: as many utterances for PESQ.

    PESQ needs bursts of 0.2 s and pauses of 0.2 s at least.
    """
    rng = np.random.default_rng(seed)
    n_samples, length = round(duration_s * SAMPLE_RATE), round(burst_s * SAMPLE_RATE)
    signal = 1e-6 * rng.standard_normal(n_samples)
    for start in np.arange(n) * (n_samples // n):
        part = signal[start : start + length]
        part += 0.1 * rng.standard_normal(part.size)
    return signal


def with_noise(reference: Floats, snr_db: float, seed: int = 1) -> Floats:
    """Add white noise."""
    noise = np.random.default_rng(seed).standard_normal(len(reference))
    noise *= np.linalg.norm(reference) / np.linalg.norm(noise) * 10 ** (-snr_db / 20)
    return reference + noise


def late(signal: Floats, n_samples: int) -> Floats:
    """Delay a signal, or advance it by a negative number; its length does not change."""
    shifted = np.zeros_like(signal)
    if n_samples >= 0:
        shifted[n_samples:] = signal[: len(signal) - n_samples]
    else:
        shifted[:n_samples] = signal[-n_samples:]
    return shifted
