"""Level of a clip whose samples arrive in pieces, for the backends that divide a clip by its standard deviation.

The deviation is computed piece by piece in float64.

Source: Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances", 1979,
equation 2.1.
"""

from __future__ import annotations

import numpy as np

from .base import Waveform


class Level:
    """Count and deviation of samples that arrive in pieces.

    Attributes:
        n_samples: samples so far.
    """

    def __init__(self) -> None:
        self.n_samples = 0
        self._mean = self._squares = 0.0

    def push(self, block: Waveform) -> None:
        """Take the next samples, shape (time,)."""
        if not len(block):
            return
        mean = float(np.mean(block, dtype=np.float64))
        squares = float(np.var(block, dtype=np.float64)) * len(block)
        total = self.n_samples + len(block)
        step = mean - self._mean
        self._squares += squares + step * step * self.n_samples * len(block) / total
        self._mean += step * len(block) / total
        self.n_samples = total

    @property
    def deviation(self) -> float:
        """The unbiased standard deviation; 0 of a single sample."""
        return float(np.sqrt(self._squares / (self.n_samples - 1))) if self.n_samples > 1 else 0.0
