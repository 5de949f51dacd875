"""dtln-quant: DTLN with matrices of int8 (dynamic range), one frame of one clip per call of LiteRT.

The rule: the two graphs run as published, and the operations between them are those of the authors' script, in the same
order and precision. Each rounding of the int8 matrices depends on the largest value of its input, so differences of the
last bits are amplified: the script multiplies the magnitude by the mask and then applies the phase, and a product of
mask and complex spectrum, which is equal in exact arithmetic, gives an output that differs by 43 to 157 dB. For the
same reason the network cannot be rebuilt for many frames per call; clips run in parallel on the threads instead.

Source: breizhn/DTLN@1de1f15, real_time_processing_tf_lite.py, pretrained_model/model_quant_1.tflite and
model_quant_2.tflite.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

import numpy as np

from ...core.errors import IntegrityError
from ...core.records import ModelSpec
from ..base import Batch, BatchLimits, Waveform, each_row, run_stream
from ..frames import FramedStream, Frames
from ..litert import Array, Graph, Lender, Shapes, fits, import_runtime, open_graph
from .signal import FRAMING, N_BINS, N_HIDDEN, SAMPLE_RATE

FILES = ("model_quant_1.tflite", "model_quant_2.tflite")
_STATE_SHAPE = (1, 2, N_HIDDEN, 2)
_SHAPES: Mapping[str, Shapes] = {
    FILES[0]: [(1, 1, N_BINS), _STATE_SHAPE],
    FILES[1]: [(1, 1, FRAMING.win_length), _STATE_SHAPE],
}
"""Of the inputs of a graph; its outputs have the same."""

Graphs = list[Graph]
"""One interpreter for each of the two graphs."""


class DtlnLitert:
    """The two graphs in one pair of LiteRT interpreters per thread. They release Python's lock."""

    sample_rate = SAMPLE_RATE

    def __init__(self, pairs: list[Graphs]) -> None:
        self._pairs = Lender(pairs)
        self._threads = len(pairs)
        self.batch_limits = BatchLimits(max_clips=4 * self._threads, max_batch_s=60.0 * self._threads)

    def enhance(self, batch: Batch) -> list[Waveform]:
        """Return one waveform per row, each as long as the row's signal."""
        return each_row(batch, lambda row: run_stream(self.open_stream(), row, SAMPLE_RATE), self._threads)

    def open_stream(self) -> FramedStream:
        """Start a clip, with a state of zeros."""
        return FramedStream(FRAMING, _Clip(self._pairs).enhanced)


class _Clip:
    """The states of one clip, and the function of its frames."""

    def __init__(self, pairs: Lender[Graphs]) -> None:
        self._pairs = pairs
        self._states: list[Array] = [np.zeros(_STATE_SHAPE, np.float32) for _ in FILES]

    def enhanced(self, frames: Frames) -> Frames:
        """Return the next frames, enhanced; see the top of the module before changing the arithmetic."""
        enhanced = np.empty(frames.shape, np.float32)
        spectra = np.fft.rfft(frames)
        magnitudes, phases = np.abs(spectra).astype(np.float32), np.exp(1j * np.angle(spectra))
        with self._pairs.borrow() as (first, second):
            for out, magnitude, phase in zip(enhanced, magnitudes, phases, strict=True):
                mask, self._states[0] = first.run(magnitude[None, None], self._states[0])
                masked = np.fft.irfft(magnitude * mask[0, 0] * phase).astype(np.float32)
                made, self._states[1] = second.run(masked[None, None], self._states[1])
                out[:] = made[0, 0]
        return enhanced


def load(spec: ModelSpec, weights: Mapping[str, Path], *, device: str, threads: int) -> DtlnLitert:
    """Load both graphs once for each thread; they run on the CPU for every `device`.

    Raises:
        MissingExtraError: ai-edge-litert is not installed.
        IntegrityError: a file is missing, is not a TFLite graph, or is another graph.
    """
    runtime = import_runtime(spec)
    if set(weights) != set(FILES):
        raise IntegrityError(f"{spec.name} has the files {sorted(weights)}; expected {sorted(FILES)}")
    return DtlnLitert([_open_pair(runtime, weights, spec) for _ in range(max(1, threads))])


def _open_pair(runtime: ModuleType, weights: Mapping[str, Path], spec: ModelSpec) -> Graphs:
    pair = []
    for name in FILES:
        with fits(weights[name], spec):
            pair.append(open_graph(runtime, weights[name], _SHAPES[name], _SHAPES[name]))
    return pair
