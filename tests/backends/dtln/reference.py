"""DTLN in float64 numpy, one frame at a time, straight from the tensors of model.h5; and the mistakes of its users."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seinfer.backends.base import Waveform

Exact = npt.NDArray[np.float64]
WIN_LENGTH, HOP_LENGTH, N_HIDDEN = 512, 128, 128


@dataclass(frozen=True)
class Mistakes:
    """What may be wrong in a port; the defaults are right."""

    has_window: bool = False
    scale: float = 1.0
    epsilon: float = 1e-7
    is_state_swapped: bool = False
    is_state_kept: bool = True
    n_more_zeros: int = 0


def enhance(clip: Waveform, tensors: Mapping[str, npt.NDArray[np.float32]], mistakes: Mistakes = Mistakes()) -> Exact:
    """Enhance a clip of shape (time,)."""
    network = _Network(tensors, mistakes)
    lead = WIN_LENGTH - HOP_LENGTH + mistakes.n_more_zeros
    signal = np.zeros(lead + -(-len(clip) // HOP_LENGTH) * HOP_LENGTH + WIN_LENGTH)
    signal[lead : lead + len(clip)] = clip * mistakes.scale
    output = np.zeros_like(signal)
    for start in range(0, lead + len(clip), HOP_LENGTH):
        output[start : start + WIN_LENGTH] += network.advance(signal[start : start + WIN_LENGTH])
    return output[lead : lead + len(clip)] / mistakes.scale


class _Network:
    def __init__(self, tensors: Mapping[str, npt.NDArray[np.float32]], mistakes: Mistakes) -> None:
        self._tensors = {name: values.astype(np.float64) for name, values in tensors.items()}
        self._mistakes = mistakes
        self._states: dict[str, tuple[Exact, Exact]] = {}

    def advance(self, frame: Exact) -> Exact:
        spectrum = np.fft.rfft(frame * np.hanning(WIN_LENGTH) if self._mistakes.has_window else frame)
        mask = self._mask(np.abs(spectrum), "lstm", "lstm_1", "dense")
        encoding = np.fft.irfft(spectrum * mask) @ self._tensors["conv1d/kernel"][0]
        deviation = np.sqrt(encoding.var() + self._mistakes.epsilon)
        normalised = (encoding - encoding.mean()) / deviation * self._tensors["layer_normalization/gamma"]
        mask = self._mask(normalised + self._tensors["layer_normalization/beta"], "lstm_2", "lstm_3", "dense_1")
        return (encoding * mask) @ self._tensors["conv1d_1/kernel"][0]

    def _mask(self, values: Exact, first: str, second: str, dense: str) -> Exact:
        values = self._lstm(self._lstm(values, first), second)
        return _sigmoid(values @ self._tensors[f"{dense}/kernel"] + self._tensors[f"{dense}/bias"])

    def _lstm(self, values: Exact, layer: str) -> Exact:
        h, c = self._states.get(layer, (np.zeros(N_HIDDEN), np.zeros(N_HIDDEN)))
        gates = values @ self._tensors[f"{layer}/kernel"] + h @ self._tensors[f"{layer}/recurrent_kernel"]
        i, f, g, o = np.split(gates + self._tensors[f"{layer}/bias"], 4)
        c = _sigmoid(f) * c + _sigmoid(i) * np.tanh(g)
        h = _sigmoid(o) * np.tanh(c)
        if self._mistakes.is_state_kept:
            self._states[layer] = (c, h) if self._mistakes.is_state_swapped else (h, c)
        return h


def _sigmoid(values: Exact) -> Exact:
    result: Exact = (1 + np.tanh(values / 2)) / 2  # does not overflow
    return result
