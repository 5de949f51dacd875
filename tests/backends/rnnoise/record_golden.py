"""Make the file of golden/ again: `python -m tests.backends.rnnoise.record_golden`. Needs pyrnnoise."""

from __future__ import annotations

import ctypes
import importlib.util
from pathlib import Path

import numpy as np

from seinfer.backends.base import Waveform
from tests.backends.golden_clip import golden_clip

GOLDEN = Path(__file__).with_name("golden") / "rnnoise.npz"
RATE, HOP, DELAY = 48_000, 480, 960
N_SAMPLES = 14_401  # not a whole number of frames


def call_library(clip: Waveform) -> Waveform:
    """Call the library of pyrnnoise frame by frame as its header describes; return the output without its delay."""
    found = importlib.util.find_spec("pyrnnoise")
    assert found is not None
    assert found.origin is not None
    [path] = Path(found.origin).parent.glob("*rnnoise.[sd]*")
    library = ctypes.CDLL(str(path))
    library.rnnoise_create.restype = ctypes.c_void_p
    state = ctypes.c_void_p(library.rnnoise_create(None))
    n_frames = -(-(len(clip) + DELAY) // HOP)
    signal = np.zeros(n_frames * HOP, np.float32)
    signal[: len(clip)] = clip * np.float32(32_768)
    late = np.empty_like(signal)
    for start in range(0, len(signal), HOP):
        source, target = signal[start : start + HOP].copy(), np.empty(HOP, np.float32)
        addresses = (ctypes.c_void_p(values.ctypes.data) for values in (target, source))
        library.rnnoise_process_frame(state, *addresses)
        late[start : start + HOP] = target
    library.rnnoise_destroy(state)
    return late[DELAY : DELAY + len(clip)] / np.float32(32_768)


def main() -> None:
    """Write the golden output; half precision is enough for what other processors change."""
    np.savez_compressed(GOLDEN, enhanced=call_library(golden_clip(RATE, N_SAMPLES)).astype(np.float16))


if __name__ == "__main__":
    main()
