"""The clips on which other programs' figures were recorded: made from seeds, rounded to 16 bits, so always the same."""

from __future__ import annotations

import numpy as np

from tests.helpers import speech_like as voice

from .signals import SAMPLE_RATE, Floats, speech_like, with_noise

# Seconds. Each is another case of how DNSMOS cuts a clip into windows; see seinfer.metrics.dnsmos_windows.
DNSMOS_DURATIONS_S = (1.0, 4.0, 5.0, 9.0, 9.01, 12.0, 20.0)
LSD_CASES = ((8000, 30), (16_000, 30), (16_000, 0), (44_100, 10), (48_000, 10))
"""Sample rate in Hz and signal-to-noise ratio in dB."""


def dnsmos_clip(duration_s: float) -> Floats:
    """Vowels at 16 kHz, which the networks take for speech, in noise that rises, so that no window is like another."""
    clean = voice(duration_s, SAMPLE_RATE, seed=round(100 * duration_s)).astype(np.float64)
    swell = np.linspace(0.0, 1.0, len(clean))
    return _to_16_bits(clean + swell * (with_noise(clean, 25) - clean))


def lsd_pair(sample_rate: int, snr_db: int) -> tuple[Floats, Floats]:
    """Speech-like signal and the same in noise, at another gain."""
    clean = speech_like(1.7, sample_rate=sample_rate)
    return _to_16_bits(clean), _to_16_bits(0.6 * with_noise(clean, snr_db))


def _to_16_bits(signal: Floats) -> Floats:
    return np.round(np.clip(signal, -1, 1 - 2**-15) * 2**15) / 2**15
