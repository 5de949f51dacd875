"""What happens to the samples before and after SEGAN+'s network: 16-bit arithmetic, emphasis, windows.

The rule it keeps: the authors' script starts from 16-bit samples v and maps them to (2 v + 1) / 65535, half a step off
the middle; v is taken as 32768 times the float sample, which for a clip of 16 bits is v itself, and is not rounded, so
that the steps of 16 bits are not put into a clip that has finer ones. The network was trained on this scale and the
script writes what comes out as it is. So nothing is undone here, at the price of 0.0002 dB and half a step of 16 bits.

All of it is carried from piece to piece. Pure numpy, and scipy for the recursive filter.

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
        self._previous = joined[-1:].copy()  # a view would keep all of it
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
    """Cuts samples into windows without overlap; what does not fill a window yet is kept."""

    def __init__(self) -> None:
        self._pieces: list[Waveform] = []
        self.n_kept = 0

    def push(self, samples: Waveform) -> Windows:
        """Take the next samples, shape (time,); return the windows that are now full, which may be none."""
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
        """Return the last window, filled up with zeros, where one has been begun."""
        missing = -self.n_kept % WINDOW_SAMPLES
        return self.push(np.zeros(missing, np.float32))
