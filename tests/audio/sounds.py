"""Signals for the tests of audio files."""

from __future__ import annotations

import numpy as np

from seinfer.audio.resampling import Samples


def noise(channels: int, n_samples: int, seed: int = 0) -> Samples:
    """Return white noise of shape (channels, time) that stays within full scale."""
    return (0.1 * np.random.default_rng(seed).standard_normal((channels, n_samples))).astype(np.float32)
