"""RNNoise: a GRU network in a C library, at 48 kHz, causal. The package `pyrnnoise` contains library and weights.

2.9 million stored weights; gains on 32 bands that resemble the Bark scale; frames of 480 samples.

How a clip flows through it, all in this module and in `frames.py`:

1. `RNNoise.enhance`: the clips of a batch run in parallel, each through a stream of its own.
2. `frames.FramedStream` cuts the clip into frames of 480 samples.
3. `_Denoiser` passes each frame to `rnnoise_process_frame`, scaled to the range of int16, with the state of the clip.
4. `frames.FramedStream` joins the output and removes its delay of 960 samples.

The rule: the library gets float frames without rounding to int16 and without clipping beyond full scale; the package's
own Python wrapper does both. Each clip has a new state, which is freed together with the stream that owns it.

Traps: `import pyrnnoise` imports PyAV and more, so the library is found without importing the package. The wrapper
multiplies by 32767 instead of 32768. On short 16 kHz clips RNNoise lowers SI-SDR, because of its cold start and its
limited bands: this is a property of the model, not an error.

Source: Valin, "A Hybrid DSP/Deep Learning Approach to Real-Time Full-Band Speech Enhancement", MMSP 2018
(arXiv:1709.08243); xiph/rnnoise, include/rnnoise.h, as built into pyrnnoise 0.4.5.
"""

from __future__ import annotations

import ctypes
import importlib.util
import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..core.errors import BackendError, MissingExtraError
from ..core.records import ModelSpec
from .base import Batch, BatchLimits, Waveform, each_row, run_stream
from .frames import FramedStream, Frames, Framing

SAMPLE_RATE = 48_000
# The library's own STFT and its one frame of look-ahead make the output two frames late.
FRAMING = Framing(win_length=480, hop_length=480, delay_samples=960)
_FULL_SCALE = np.float32(32_768)
_LIBRARY_NAMES = ("librnnoise.so", "librnnoise.dylib", "rnnoise.dll")


class RNNoise:
    """RNNoise with one state per clip; clips run in parallel because ctypes releases Python's lock."""

    sample_rate = SAMPLE_RATE

    def __init__(self, library: Any, threads: int) -> None:
        self._library = library
        self._threads = threads
        self.batch_limits = BatchLimits(max_clips=4 * threads, max_batch_s=120.0 * threads)

    def enhance(self, batch: Batch) -> list[Waveform]:
        """Return one waveform per row, each as long as the row's signal."""
        return each_row(batch, lambda row: run_stream(self.open_stream(), row, SAMPLE_RATE), self._threads)

    def open_stream(self) -> FramedStream:
        """Start a clip."""
        return FramedStream(FRAMING, _Denoiser(self._library))


class _Denoiser:
    """One `DenoiseState` of the library: the function of frames of one clip."""

    def __init__(self, library: Any) -> None:
        self._process = library.rnnoise_process_frame
        self._state = library.rnnoise_create(None)
        if not self._state:
            raise BackendError("rnnoise_create() returned no state; free memory and run the command again")
        weakref.finalize(self, library.rnnoise_destroy, self._state)

    def __call__(self, frames: Frames) -> Frames:
        scaled = np.multiply(frames, _FULL_SCALE, dtype=np.float32, order="C")
        frame_bytes = scaled.strides[0]
        start = scaled.ctypes.data
        # In place, with plain addresses: a numpy view and a ctypes object per frame would take longer than the call.
        for address in range(start, start + scaled.nbytes, frame_bytes):
            self._process(self._state, address, address)
        return scaled / _FULL_SCALE


def load(spec: ModelSpec, weights: Mapping[str, Path], *, device: str, threads: int) -> RNNoise:
    """Load the library; it runs on the CPU for every `device`.

    Raises:
        MissingExtraError: pyrnnoise is not installed, or does not contain its library.
        BackendError: the library cannot be loaded, or has another interface.
    """
    return RNNoise(_open_library(_find_library()), max(1, threads))


def _find_library() -> Path:
    # Found without importing pyrnnoise, which would import PyAV and more packages that are not needed here.
    found = importlib.util.find_spec("pyrnnoise")
    folders = [Path(folder) for folder in (found.submodule_search_locations or ())] if found else []
    files = [folder / name for folder in folders for name in _LIBRARY_NAMES if (folder / name).is_file()]
    if not files:
        where = f"in {folders[0]}" if folders else "because the package is not installed"
        raise MissingExtraError(
            f"rnnoise needs the library of the package pyrnnoise, which was not found {where}; "
            f"expected one of {', '.join(_LIBRARY_NAMES)}: install pyrnnoise>=0.4.5"
        )
    return files[0]


def _open_library(path: Path) -> Any:
    try:
        library = ctypes.CDLL(str(path))
        library.rnnoise_create.argtypes = [ctypes.c_void_p]
        library.rnnoise_create.restype = ctypes.c_void_p
        library.rnnoise_destroy.argtypes = [ctypes.c_void_p]
        library.rnnoise_destroy.restype = None
        library.rnnoise_process_frame.argtypes = [ctypes.c_void_p] * 3
        library.rnnoise_process_frame.restype = ctypes.c_float
        frame_samples = int(library.rnnoise_get_frame_size())
    except (OSError, AttributeError) as error:
        raise BackendError(f"{path} cannot be used as RNNoise: {error}; reinstall pyrnnoise>=0.4.5") from error
    if frame_samples != FRAMING.hop_length:
        raise BackendError(
            f"{path} uses frames of {frame_samples} samples, expected {FRAMING.hop_length}; install pyrnnoise>=0.4.5"
        )
    return library
