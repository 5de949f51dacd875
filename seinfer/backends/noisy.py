"""The noisy clip itself, unchanged: the baseline for the improvement of every model.

No network, no weights, any sample rate, no delay. `load` -> `Passthrough.enhance` copies each clip.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ..core.records import ModelSpec
from .base import Batch, BatchLimits, Waveform


class PassthroughStream:
    """A stream that returns every block at once."""

    def push(self, block: Waveform) -> Waveform:
        """Return a copy of the block."""
        return block.copy()

    def finish(self) -> Waveform:
        """Return an empty array: all output has been returned already."""
        return np.zeros(0, np.float32)


class Passthrough:
    """Returns its input."""

    batch_limits = BatchLimits(max_clips=8)

    def __init__(self, sample_rate: int) -> None:
        self.sample_rate = sample_rate

    def enhance(self, batch: Batch) -> list[Waveform]:
        """Return a copy of each row."""
        return [row.copy() for row in batch.rows()]

    def open_stream(self) -> PassthroughStream:
        """Start a clip."""
        return PassthroughStream()


def load(spec: ModelSpec, weights: Mapping[str, Path], *, device: str, threads: int) -> Passthrough:
    """Return the baseline; there is nothing to load."""
    return Passthrough(spec.sample_rate)
