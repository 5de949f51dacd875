"""Clips of unequal length <-> one zero-padded array. Pure numpy.

The rule: padding is at the end only, and what a clip comes out as never depends on the clips beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Waveform = npt.NDArray[np.float32]
"""Samples of one channel, shape (time,), float32, nominally within [-1, 1]."""


@dataclass(frozen=True)
class Batch:
    """Waveforms side by side.

    Attributes:
        samples: float32, shape (batch, time), zero-padded at the end.
        lengths: samples of each row that are signal.
    """

    samples: npt.NDArray[np.float32]
    lengths: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.lengths)

    def rows(self) -> Iterator[Waveform]:
        """Yield each waveform without its padding, as a view."""
        for row, length in zip(self.samples, self.lengths, strict=True):
            yield row[:length]


def pad(waveforms: Sequence[Waveform]) -> Batch:
    """Put waveforms of shape (time,) into one batch."""
    lengths = tuple(len(w) for w in waveforms)
    samples = np.zeros((len(lengths), max(lengths, default=0)), np.float32)
    for row, waveform in zip(samples, waveforms, strict=True):
        row[: len(waveform)] = waveform
    return Batch(samples, lengths)
