"""Spectral gating of the package `noisereduce`: a soft gate per bin against a moving average. Not causal, no network.

How a clip flows through it: `SpectralGating.enhance` passes each clip to `noisereduce.reduce_noise` with the package's
defaults, not stationary. At the 16 kHz of the table the output for a 16 kHz clip is the package's own, bit for bit in
float32. The package smooths the spectrum forwards and backwards over the whole clip, so there is no stream; a clip of
more than 30 s runs in windows, and its row is marked `chunked`.

The rule: one process, no torch, no temporary file. The package's own division into chunks is off, because it writes a
file and gives each chunk only 0.6 s of context for a moving average of 2 s.

Traps: `import noisereduce` imports torch wherever torch is installed, which takes seconds and 200 MiB. Digital
silence gives 0 / 0 in the package, so it is returned as it is. The defaults remove all that the gate rejects: SI-SDR
and PESQ of most noisy speech fall. `prop_decrease = 0.8` keeps a fifth of it, and PESQ rises.

Source: Sainburg, Thielk and Gentner, "Finding, visualizing, and quantifying latent structure across diverse animal
vocal repertoires", PLOS Computational Biology 16(10), 2020; noisereduce 3.0.3,
noisereduce/spectralgate/nonstationary.py.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from ..core.records import ModelSpec
from .base import Batch, BatchLimits, Waveform, each_row, require
from .options import read_numbers
from .windows import Windows

DEFAULT_OPTIONS: Mapping[str, float] = {"prop_decrease": 1.0, "time_constant_s": 2.0, "n_fft": 1024}
"""The package's defaults."""
_RANGES = {"prop_decrease": (0.0, 1.0), "time_constant_s": (0.1, 60.0), "n_fft": (256, 8192)}
_WINDOW_S, _OVERLAP_S = 30, 6


class SpectralGating:
    """noisereduce for clips of one sample rate (Hz)."""

    def __init__(self, reduce_noise: Callable[..., Any], sample_rate: int, options: Mapping[str, float], threads: int):
        self.sample_rate = sample_rate
        self.batch_limits = BatchLimits(max_clips=4 * threads)
        self._reduce_noise = reduce_noise
        self._options = options
        self._threads = threads
        self._windows = Windows(_WINDOW_S * sample_rate, _OVERLAP_S * sample_rate)

    def enhance(self, batch: Batch) -> list[Waveform]:
        """Return one waveform per row, each as long as the row's signal."""
        return each_row(batch, lambda row: self._windows.run(row, self._enhance_window), self._threads)

    def is_chunked(self, n_samples: int) -> bool:
        """Return whether a clip of `n_samples` runs in windows, so that its result is an approximation."""
        return self._windows.is_chunked(n_samples)

    def _enhance_window(self, samples: Waveform) -> Waveform:
        if not samples.any():
            return samples.copy()
        enhanced = self._reduce_noise(y=samples, sr=self.sample_rate, chunk_size=None, n_jobs=1, **self._options)
        return np.asarray(enhanced, np.float32)


def load(spec: ModelSpec, weights: Mapping[str, Path], *, device: str, threads: int) -> SpectralGating:
    """Return the gate; it runs on the CPU for every `device`.

    Raises:
        MissingExtraError: noisereduce is not installed.
        RegistryError: an option is unknown or out of its range.
    """
    options = read_numbers(spec, DEFAULT_OPTIONS, _RANGES)
    with _torch_hidden():
        package = require("noisereduce", spec)
    return SpectralGating(package.reduce_noise, spec.sample_rate, options, max(1, threads))


class _NoTorch(MetaPathFinder):
    """Refuses the import of torch; a torch that has been imported already stays."""

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> None:
        if fullname == "torch":
            raise ModuleNotFoundError("torch is hidden while noisereduce is imported", name=fullname)


@contextmanager
def _torch_hidden() -> Iterator[None]:
    finder = _NoTorch()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
