"""RNNoise: the C library that the package `pyrnnoise` carries, with its weights inside.

The rule it keeps: the library gets float frames as they are, so nothing is rounded to int16 and nothing beyond full
scale is clipped (the package's own wrapper does both). One fresh state a clip, freed with the stream that owns it.

Source: Valin, "A Hybrid DSP/Deep Learning Approach to Real-Time Full-Band Speech Enhancement", MMSP 2018
(arXiv:1709.08243); xiph/rnnoise, include/rnnoise.h.
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
    """RNNoise, one state a clip; clips run side by side because ctypes releases the interpreter lock."""

    sample_rate = SAMPLE_RATE

    def __init__(self, library: Any, threads: int) -> None:
        self._library = library
        self._threads = threads
        self.batch_limits = BatchLimits(max_clips=4 * threads, max_batch_s=120.0 * threads)

    def enhance(self, batch: Batch) -> list[Waveform]:
        """Return one waveform a row, each as long as the row's signal."""
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
            raise BackendError("rnnoise_create() returned no state; expected one, is there memory left?")
        weakref.finalize(self, library.rnnoise_destroy, self._state)

    def __call__(self, frames: Frames) -> Frames:
        scaled = np.multiply(frames, _FULL_SCALE, dtype=np.float32, order="C")
        frame_bytes = scaled.strides[0]
        start = scaled.ctypes.data
        # In place, by plain addresses: a numpy view and a ctypes object for each frame would cost more than the call.
        for address in range(start, start + scaled.nbytes, frame_bytes):
            self._process(self._state, address, address)
        return scaled / _FULL_SCALE


def load(spec: ModelSpec, weights: Mapping[str, Path], *, device: str, threads: int) -> RNNoise:
    """Load the library; it runs on the CPU whatever the device.

    Raises:
        MissingExtraError: pyrnnoise is not installed, or came without its library.
        BackendError: the library cannot be loaded, or is not the RNNoise that this module knows.
    """
    return RNNoise(_open_library(_find_library()), max(1, threads))


def _find_library() -> Path:
    # Found, not imported: importing pyrnnoise pulls in PyAV and more, none of which is needed here.
    found = importlib.util.find_spec("pyrnnoise")
    folders = [Path(folder) for folder in (found.submodule_search_locations or ())] if found else []
    files = [folder / name for folder in folders for name in _LIBRARY_NAMES if (folder / name).is_file()]
    if not files:
        where = f"in {folders[0]}" if folders else "because the package is not installed"
        raise MissingExtraError(
            f"rnnoise needs the library that pyrnnoise carries, which was not found {where}; "
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
            f"{path} works on frames of {frame_samples} samples, expected {FRAMING.hop_length}; "
            "install pyrnnoise>=0.4.5"
        )
    return library
