"""Clips that a network with batches runs side by side: the next frames of all clips in one call.

The rule: a row's samples are cut into frames and added up by `frames.py`, so each clip of a batch gets the same frames
as alone. Clips are grouped by length, so that few frames of a call are only padding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar

import numpy as np

from .base import Waveform
from .frames import Framer, Frames, Framing, OverlapAdder


class Row:
    """A clip of a batch, which is in memory as a whole. Only one block of it is copied at a time.

    Args:
        waveform: shape (time,).
        framing: has zeros in front of the clip that fill its first frame except for one hop. So each hop of samples
            completes one frame.
    """

    def __init__(self, waveform: Waveform, framing: Framing) -> None:
        if framing.lead_samples != framing.win_length - framing.hop_length:
            raise ValueError(f"lead_samples must be win_length - hop_length for clips side by side, got {framing}")
        self.n_frames = framing.n_frames(len(waveform))
        self._signal = waveform
        self._framer = Framer(framing)
        self._adder = OverlapAdder(framing)
        self._hop_length = framing.hop_length
        self._to_drop = framing.lead_samples
        self._made: Waveform = np.zeros(self.n_frames * framing.hop_length, np.float32)
        self._n_made = 0

    def frames(self, start: int, end: int) -> Frames:
        """Return the next frames, from `start` to `end` (excluded) or to the end of the clip."""
        block = np.zeros((min(end, self.n_frames) - start) * self._hop_length, np.float32)
        samples = self._signal[start * self._hop_length :][: len(block)]
        block[: len(samples)] = samples
        return self._framer.push(block)

    def take(self, frames: Frames) -> None:
        """Accept the next frames of the result, without the delay of the network if it has one."""
        samples = self._adder.push(frames)
        self._made[self._n_made :][: len(samples)] = samples
        self._n_made += len(samples)

    def waveform(self) -> Waveform:
        """Return the enhanced clip, as long as the clip."""
        return self._made[self._to_drop :][: len(self._signal)]


class HasFrames(Protocol):
    """A clip whose number of frames is known, such as a Row.

    Attributes:
        n_frames: number of frames.
    """

    n_frames: int


_AnyRow = TypeVar("_AnyRow", bound=HasFrames)


def run_in_groups(
    rows: Iterable[_AnyRow], run_together: Callable[[Sequence[_AnyRow]], None], *, threads: int, clips_at_once: int
) -> None:
    """Run all rows, in groups of at most `clips_at_once`, `threads` groups in parallel.

    Args:
        rows: in any order.
        run_together: runs one group, whose longest row is the first.
        threads: number of groups that run at a time.
        clips_at_once: largest number of rows in a group.
    """
    longest_first = sorted(rows, key=lambda row: -row.n_frames)
    n_groups = min(len(longest_first), max(threads, -(-len(longest_first) // clips_at_once)))
    groups = [longest_first[first::n_groups] for first in range(n_groups)]
    if len(groups) == 1:
        run_together(groups[0])
    else:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(run_together, groups))
