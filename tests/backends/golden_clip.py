"""The input of the golden outputs: made from a seed, so that it need not be stored."""

from __future__ import annotations

import numpy as np

from seinfer.backends.base import Waveform


def golden_clip(sample_rate: int, n_samples: int) -> Waveform:
    """Return a gliding harmonic sound that swells, in noise, shape (n_samples,); a quarter of it is digital silence.

    The noise is of numpy's RandomState, whose numbers are the same in every version of numpy.
    """
    time_s = np.arange(n_samples) / sample_rate
    phase = 2 * np.pi * (130 * time_s + 60 * time_s**2)
    voice = sum(np.sin(k * phase + k) / k for k in range(1, 25)) * np.sin(np.pi * np.arange(n_samples) / n_samples)
    noise = np.random.RandomState(1).standard_normal(n_samples)
    clip = (0.1 * voice + 0.02 * noise).astype(np.float32)
    clip[55 * n_samples // 100 : 80 * n_samples // 100] = 0
    return clip
