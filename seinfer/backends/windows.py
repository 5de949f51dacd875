"""A clip too long for a method that needs it as a whole: overlapping windows, cross-faded; an approximation.

For methods whose memory grows with the clip and whose state cannot be carried. A clip of at most one window runs as a
whole, with the exact result. All windows of a longer clip have the same length, so the last one has context too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .base import Waveform


@dataclass(frozen=True)
class Windows:
    """Windows of a clip, in samples.

    Attributes:
        window_samples: samples in a window.
        overlap_samples: samples that neighbouring windows share, at least; they are cross-faded in its middle third.
        step_samples: each window starts at a multiple of this, for methods that cut frames from the start.
    """

    window_samples: int
    overlap_samples: int
    step_samples: int = 1

    def is_chunked(self, n_samples: int) -> bool:
        """Return whether a clip of `n_samples` needs more than one window."""
        return n_samples > self.window_samples

    def run(self, clip: Waveform, enhance: Callable[[Waveform], Waveform]) -> Waveform:
        """Enhance a clip of shape (time,).

        Args:
            clip: the samples.
            enhance: returns as many samples as it gets.
        """
        if not self.is_chunked(len(clip)):
            return enhance(clip)
        n_fade = self.overlap_samples // 3
        ramp = np.linspace(0, 1, n_fade, dtype=np.float32)
        enhanced = np.empty(len(clip), np.float32)
        stop_before = 0
        starts = self._starts(len(clip))
        for start in starts:
            stop = len(clip) if start == starts[-1] else start + self.window_samples
            piece = enhance(clip[start:stop])
            begin = 0
            if start:
                begin = (start + stop_before - n_fade) // 2
                faded = enhanced[begin : begin + n_fade] * (1 - ramp)
                enhanced[begin : begin + n_fade] = faded + piece[begin - start :][:n_fade] * ramp
                begin += n_fade
            enhanced[begin:stop] = piece[begin - start :]
            stop_before = stop
        return enhanced

    def _starts(self, n_samples: int) -> list[int]:
        n_beyond = n_samples - self.window_samples
        n_more = -(-n_beyond // (self.window_samples - self.overlap_samples))
        step = self.step_samples
        # The last window may be longer than the others by less than one step.
        return [index * n_beyond // n_more // step * step for index in range(n_more + 1)]
