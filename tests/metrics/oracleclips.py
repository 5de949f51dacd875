"""The clips whose scores were recorded with other programs: made from seeds and rounded to 16 bits, so always equal."""

from __future__ import annotations

import numpy as np

from tests.helpers import speech_like

from .signals import SAMPLE_RATE, Floats, noise_syllables, with_noise

# Seconds. Each is a different case of the windows of DNSMOS; see seinfer.metrics.dnsmos_windows.
DNSMOS_DURATIONS_S = (1.0, 4.0, 5.0, 9.0, 9.01, 12.0, 20.0)
LSD_CASES = ((8000, 30), (16_000, 30), (16_000, 0), (44_100, 10), (48_000, 10))
"""Sample rate in Hz and signal-to-noise ratio in dB."""


def dnsmos_clip(duration_s: float) -> Floats:
    """Return vowels at 16 kHz, which the networks rate as speech, in rising noise, so that all windows differ."""
    clean = speech_like(duration_s, SAMPLE_RATE, seed=round(100 * duration_s)).astype(np.float64)
    swell = np.linspace(0.0, 1.0, len(clean))
    return _to_16_bits(clean + swell * (with_noise(clean, 25) - clean))


def lsd_pair(sample_rate: int, snr_db: int) -> tuple[Floats, Floats]:
    """Return a signal and the same signal in noise, at another gain."""
    clean = noise_syllables(1.7, sample_rate=sample_rate)
    return _to_16_bits(clean), _to_16_bits(0.6 * with_noise(clean, snr_db))


def _to_16_bits(signal: Floats) -> Floats:
    return np.round(np.clip(signal, -1, 1 - 2**-15) * 2**15) / 2**15
