"""WPE, weighted prediction error, of the package `nara_wpe`: removes late reverberation of one channel, and no noise.

How a clip flows through it:

1. `nara_wpe.utils.stft` makes frames of 32 ms, 8 ms apart, in a Blackman window.
2. `nara_wpe.wpe.wpe_v8` predicts each bin from its own past, from `delay` frames before on, and subtracts the
   prediction; the direct sound and the first reflections stay. Each channel of a clip is a clip of its own here.
3. `nara_wpe.utils.istft` makes samples of it.

The prediction is fitted to the whole clip, so there is no stream. A clip of more than 30 s runs in windows, each with a
prediction of its own, and its row is marked `chunked`.

Traps: WPE is meant for several microphones; with one it removes less. On a clip without reverberation it also predicts
sustained vowels, which costs some SI-SDR. A clip shorter than the prediction could be removed altogether, so a clip
with fewer than 4 frames per tap is returned as it is.

Source: Nakatani et al., "Speech dereverberation based on variance-normalized delayed linear prediction", IEEE Trans.
ASLP 18(7), 2010; Drude et al., "NARA-WPE: A Python package for weighted prediction error dereverberation", ITG 2018;
nara_wpe 0.0.11, nara_wpe/wpe.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

import numpy as np

from ..core.records import ModelSpec
from .base import Batch, BatchLimits, Waveform, each_row, require
from .options import read_numbers
from .windows import Windows

DEFAULT_OPTIONS: Mapping[str, float] = {"taps": 20, "delay": 3, "iterations": 3}
"""The package's defaults, but 20 taps for 10: one microphone needs a longer prediction than several."""
_RANGES = {"taps": (1, 100), "delay": (1, 20), "iterations": (1, 20)}
_WINDOW_S, _OVERLAP_S = 30, 3
_HOP_S = 0.008
_HOPS_IN_FRAME = 4
_MIN_FRAMES_PER_TAP = 4


class WPE:
    """nara_wpe for clips of one sample rate (Hz)."""

    def __init__(
        self, wpe: ModuleType, stft: ModuleType, sample_rate: int, options: Mapping[str, float], threads: int
    ) -> None:
        self.sample_rate = sample_rate
        self.batch_limits = BatchLimits(max_clips=4 * threads)
        self._wpe, self._stft = wpe, stft
        self._options = options
        self._threads = threads
        self._hop_length = max(1, round(_HOP_S * sample_rate))
        self._min_samples = int(_MIN_FRAMES_PER_TAP * options["taps"] + options["delay"]) * self._hop_length
        self._windows = Windows(_WINDOW_S * sample_rate, _OVERLAP_S * sample_rate)

    def enhance(self, batch: Batch) -> list[Waveform]:
        """Return one waveform per row, each as long as the row's signal."""
        return each_row(batch, lambda row: self._windows.run(row, self._enhance_window), self._threads)

    def is_chunked(self, n_samples: int) -> bool:
        """Return whether a clip of `n_samples` runs in windows, so that its result is an approximation."""
        return self._windows.is_chunked(n_samples)

    def _enhance_window(self, samples: Waveform) -> Waveform:
        if len(samples) < self._min_samples or not samples.any():
            return samples.copy()
        frames = {"size": _HOPS_IN_FRAME * self._hop_length, "shift": self._hop_length}
        spectra = self._stft.stft(samples.astype(np.float64), **frames)
        # (frame, frequency) -> (frequency, channel, frame)
        dry = self._wpe.wpe_v8(spectra.T[:, None], **self._options)
        enhanced = self._stft.istft(dry[:, 0].T, **frames)
        return np.asarray(enhanced[: len(samples)], np.float32)


def load(spec: ModelSpec, weights: Mapping[str, Path], *, device: str, threads: int) -> WPE:
    """Return the method; it runs on the CPU for every `device`.

    Raises:
        MissingExtraError: nara_wpe is not installed.
        RegistryError: an option is unknown or out of its range.
    """
    options = read_numbers(spec, DEFAULT_OPTIONS, _RANGES)
    wpe, stft = require("nara_wpe.wpe", spec), require("nara_wpe.utils", spec)
    return WPE(wpe, stft, spec.sample_rate, options, max(1, threads))
