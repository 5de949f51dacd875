"""The parts of a clip that DNSMOS rates: windows of 9.01 s, one second apart.

The rule: exactly the windows of Microsoft's script, because the score depends on them:

- a clip shorter than a window is doubled until it is long enough. So a clip of 4 s has 7 windows, 5 s one, 9 s nine of
  which seven are used, and 9.01 to 10.99 s one
- the end of a window is rounded down in floating point, which leaves some windows one sample short, and those are
  dropped: for a clip of 20 s the script averages the first 7 of 11 windows, which cover 15 s

Source: microsoft/DNS-Challenge@591184a9fcb2cbdec02520fed81a32bbbf9d73ff:DNSMOS/dnsmos_local.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .signals import Floats

SAMPLE_RATE = 16_000
WINDOW_S = 9.01
WINDOW = int(WINDOW_S * SAMPLE_RATE)


@dataclass(frozen=True)
class Windows:
    """The parts of a clip that are rated.

    Attributes:
        n_hops: number of windows that the script starts.
        starts: first sample of each window that the script does not drop, in the repeated clip.
        is_tiled: whether the clip is repeated.
    """

    n_hops: int
    starts: tuple[int, ...]
    is_tiled: bool

    def rate(self, signal: Floats, network: Callable[[Floats], npt.NDArray[np.floating[Any]]]) -> Floats:
        """Rate each window of the signal; windows with the same samples are rated once.

        Args:
            signal: shape (time,), of the length that was planned for.
            network: a window, shape (144160,) -> ratings, shape (rating,).

        Returns:
            Shape (window, rating).
        """
        places = [start % signal.size for start in self.starts]
        inside = np.arange(WINDOW)
        rated = {place: network(signal[(inside + place) % signal.size]) for place in dict.fromkeys(places)}
        return np.asarray([rated[place] for place in places], np.float64)


def plan(n_samples: int) -> Windows:
    """Plan the windows of a clip of one sample or more at 16 kHz."""
    total = n_samples
    while total < WINDOW:
        total *= 2
    # The script's own arithmetic, to the last bit: it decides which windows are one sample short.
    n_hops = int(math.floor(total / SAMPLE_RATE) - WINDOW_S) + 1
    ends = [min(int((hop + WINDOW_S) * SAMPLE_RATE), total) for hop in range(n_hops)]
    starts = tuple(hop * SAMPLE_RATE for hop, end in enumerate(ends) if end - hop * SAMPLE_RATE >= WINDOW)
    return Windows(n_hops, starts, is_tiled=total > n_samples)
