"""The signal itself: the baseline row that every improvement is measured from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ..core.records import ModelSpec
from .base import Batch, BatchLimits, Waveform


class Wire:
    """A stream that gives every block back at once."""

    def push(self, block: Waveform) -> Waveform:
        """Return a copy of the block."""
        return block.copy()

    def finish(self) -> Waveform:
        """Return nothing: nothing was held back."""
        return np.zeros(0, np.float32)


class Passthrough:
    """Gives back what it gets."""

    batch_limits = BatchLimits(max_clips=8)

    def __init__(self, sample_rate: int) -> None:
        self.sample_rate = sample_rate

    def enhance(self, batch: Batch) -> list[Waveform]:
        """Return a copy of each row."""
        return [row.copy() for row in batch.rows()]

    def open_stream(self) -> Wire:
        """Start a clip."""
        return Wire()


def load(spec: ModelSpec, weights: Mapping[str, Path], *, device: str, threads: int) -> Passthrough:
    """Load nothing."""
    return Passthrough(spec.sample_rate)
