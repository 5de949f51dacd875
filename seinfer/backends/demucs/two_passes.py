"""Demucs for a clip that does not fit into memory: a first pass for its level, a second one for the result.

The rule it keeps: the result equals that of `enhance` for the whole clip, except for rounding. The deviation of the
clip is computed piece by piece (level.py); the network runs in the blocks of long_clips.py.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...core.errors import BackendError
from ..base import Waveform
from ..level import Level
from ..torch_device import TorchDevice
from .long_clips import Blocks


class DemucsFirstPass:
    """The first pass over a clip: computes its length and level."""

    def __init__(self, open_stream: Callable[[Level], DemucsStream]) -> None:
        self._open_stream, self._level = open_stream, Level()

    def push(self, block: Waveform) -> None:
        """Take the next samples, shape (time,), any length."""
        self._level.push(block)

    def open_stream(self) -> DemucsStream:
        """Start the second pass."""
        return self._open_stream(self._level)


class DemucsStream:
    """The second pass over a clip.

    Args:
        blocks: of the network, for a clip of the length that was counted.
        divide_by: divisor of the input samples.
        multiply_by: factor of the output samples.
        dry: share of the input in the result, 0 to 1.
        place: where the network computes.
    """

    def __init__(
        self,
        blocks: Blocks,
        *,
        divide_by: float,
        multiply_by: float,
        dry: float,
        place: TorchDevice,
    ) -> None:
        self._blocks, self._place = blocks, place
        self._divide_by, self._multiply_by, self._dry = np.float32(divide_by), np.float32(multiply_by), dry
        self._waiting = np.zeros(0, np.float32)

    def push(self, block: Waveform) -> Waveform:
        """Take the next samples, shape (time,), any length; return the results that are ready, possibly none."""
        with self._place.inference():
            ready: Waveform = self._place.fetch(self._blocks.push(self._place.send(block / self._divide_by)))
        self._waiting = np.concatenate([self._waiting, block])
        given, self._waiting = self._waiting[: len(ready)], self._waiting[len(ready) :]
        return mixed(given, ready * self._multiply_by, self._dry)

    def finish(self) -> Waveform:
        """Return no samples: the whole result was ready with the last sample.

        Raises:
            BackendError: fewer samples arrived than were counted in the first pass.
        """
        if len(self._waiting):
            raise BackendError(
                f"the second pass got fewer samples than the first ({len(self._waiting)} not enhanced); expected "
                "the same number; the file may have changed in between: run the command again"
            )
        return self._waiting


def mixed(given: Waveform, estimate: Waveform, dry: float) -> Waveform:
    """Return the estimate with a share of the input; both of shape (time,)."""
    share = np.float32(dry)
    return share * given + (1 - share) * estimate if dry else estimate
