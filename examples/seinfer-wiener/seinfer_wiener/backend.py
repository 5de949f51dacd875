"""A Wiener filter per frequency bin; the noise is estimated from the quietest frames of the clip.

The example shows everything that a backend needs: `load`, `sample_rate`, `enhance`. Source: Loizou, Speech Enhancement,
2nd ed., section 6.2, with the noise floor of the clip instead of a voice activity detector. With the power P of a bin
and the noise power N, the gain is max((P - N) / P, floor).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from seinfer.backends.base import Batch, Waveform
from seinfer.core.records import ModelSpec

N_FFT, HOP_LENGTH = 512, 256
QUIET_SHARE = 0.1


def load(spec: ModelSpec, weights: Mapping[str, Path], *, device: str, threads: int) -> Wiener:
    """Return the filter; `spec.options` has the options of the model's table."""
    return Wiener(spec.sample_rate, 10 ** (float(spec.options["floor_db"]) / 20))


class Wiener:
    """Implements seinfer.backends.base.Enhancer."""

    def __init__(self, sample_rate: int, floor: float) -> None:
        self.sample_rate = sample_rate
        self._floor = floor
        self._window = np.sin(np.pi * (np.arange(N_FFT) + 0.5) / N_FFT)

    def enhance(self, batch: Batch) -> list[Waveform]:
        """Filter each clip of the batch separately; the other clips of the batch do not change the result."""
        return [self._enhance_row(row) for row in batch.rows()]

    def _enhance_row(self, row: Waveform) -> Waveform:
        # One hop of zeros on both sides, so that every sample is in two windows and keeps its position.
        n_frames = -(-len(row) // HOP_LENGTH) + 1
        padded = np.zeros((n_frames + 1) * HOP_LENGTH)
        padded[HOP_LENGTH : HOP_LENGTH + len(row)] = row
        frames = np.lib.stride_tricks.sliding_window_view(padded, N_FFT)[::HOP_LENGTH] * self._window
        spectrum = np.fft.rfft(frames)
        power = np.abs(spectrum) ** 2
        noise = np.quantile(power, QUIET_SHARE, axis=0) + 1e-12
        gain = np.maximum(1 - noise / np.maximum(power, noise), self._floor)
        enhanced = np.fft.irfft(spectrum * gain, N_FFT) * self._window
        out = np.zeros_like(padded)
        for index, frame in enumerate(enhanced):
            out[index * HOP_LENGTH : index * HOP_LENGTH + N_FFT] += frame
        return out[HOP_LENGTH : HOP_LENGTH + len(row)].astype(np.float32)
