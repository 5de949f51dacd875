"""Processing of the samples before and after SEGAN+'s network: scale of 16-bit samples, emphasis, windows.

The rule it keeps: the authors' script maps a 16-bit sample v to (2 v + 1) / 65535, which is half a step off centre.
Here v is 32768 times the float sample: for a clip of 16 bits that is v itself. It is not rounded, so a clip of more
than 16 bits keeps its resolution. The network was trained on this scale, and the script writes its output without
mapping it back. So it is not mapped back here, which changes the level by 0.0002 dB and adds an offset of half a step
of 16 bits.

All state is carried from piece to piece. Pure numpy, and scipy for the recursive filter.

Source: santi-pdp/segan_pytorch@0522387, segan/datasets/se_dataset.py (normalize_wave_minmax, pre_emphasize,
de_emphasize) and SEGAN.generate in segan/models/model.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..base import Waveform
from .options import WINDOW_SAMPLES

Windows = npt.NDArray[np.float32]
"""Shape (window, time), WINDOW_SAMPLES each."""


def normalise(samples: Waveform) -> npt.NDArray[np.float64]:
    """Return samples within [-1, 1] on the scale of the network, in double precision."""
    return (65_536.0 * samples.astype(np.float64) + 1.0) / 65_535.0


class PreEmphasis:
    """The filter y[n] = x[n] - coefficient * x[n - 1] on the scale of the network, in double precision."""

    def __init__(self, coefficient: float) -> None:
        self._coefficient = coefficient
        self._previous = np.zeros(1)

    def push(self, samples: Waveform) -> Waveform:
        """Take the next samples, shape (time,), and return them emphasised."""
        joined = np.concatenate([self._previous, normalise(samples)])
        self._previous = joined[-1:].copy()  # a copy, as a view would keep the whole array in memory
        emphasised: Waveform = (joined[1:] - self._coefficient * joined[:-1]).astype(np.float32)
        return emphasised


class DeEmphasis:
    """The inverse filter x[n] = coefficient * x[n - 1] + y[n], its state in double precision."""

    def __init__(self, coefficient: float) -> None:
        from scipy.signal import lfilter

        self._lfilter: Any = lfilter
        self._coefficients = [1.0, -coefficient]
        self._state = np.zeros(1)

    def push(self, samples: Waveform) -> Waveform:
        """Take the next samples, shape (time,), and return them without the emphasis."""
        if not len(samples):
            return samples
        plain, self._state = self._lfilter([1.0], self._coefficients, samples, zi=self._state)
        result: Waveform = plain.astype(np.float32)
        return result


class Windower:
    """Cuts samples into windows without overlap; keeps the samples of an incomplete window."""

    def __init__(self) -> None:
        self._pieces: list[Waveform] = []
        self.n_kept = 0

    def push(self, samples: Waveform) -> Windows:
        """Take the next samples, shape (time,); return the windows that are now complete, possibly none."""
        self._pieces.append(samples)
        self.n_kept += len(samples)
        if self.n_kept < WINDOW_SAMPLES:
            return np.empty((0, WINDOW_SAMPLES), np.float32)
        joined = np.concatenate(self._pieces)
        self.n_kept %= WINDOW_SAMPLES
        end = len(joined) - self.n_kept
        self._pieces = [joined[end:].copy()]
        return joined[:end].reshape(-1, WINDOW_SAMPLES)

    def finish(self) -> Windows:
        """Return the last window, filled up with zeros, if it has samples."""
        missing = -self.n_kept % WINDOW_SAMPLES
        return self.push(np.zeros(missing, np.float32))
