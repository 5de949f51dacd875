"""dpcrn-quant and dpcrn-float: the DPCRN-base of SKIP-DPCRN as a TFLite graph, one frame per call, 16 kHz, causal.

The rule: the outputs of the graph are a magnitude mask, the sine and the cosine of a phase correction, and the next
state, in this order. The published scripts use the sine as the cosine, which turns every bin by 90 degrees. `load`
therefore runs the graph on a silent frame, for which the phase correction is almost zero, and refuses a graph with
another result. The state of a clip is kept outside the graph.

Framing as in the authors' script: the first frame starts at the first sample, so the first hop fades in.

Source: Le et al., "DPCRN: Dual-Path Convolution Recurrent Network for Single Channel Speech Enhancement", Interspeech
2021 (doi:10.21437/Interspeech.2021-296); Le-Xiaohuai-speech/SKIP-DPCRN@40e9bb6; graphs from
zeynepgulhanuslu/SKIP-DPCRN-Base-Tflite-And-Onnx@e522527, pretrained_weights/DPCRN_base.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import numpy as np
import numpy.typing as npt

from ...core.errors import IntegrityError
from ...core.records import ModelSpec
from ..base import Batch, BatchLimits, Waveform, each_row, require, run_stream
from ..frames import FramedStream, Frames, Framing, Spectra, analyse, sine_window, synthesise

SAMPLE_RATE = 16_000
FRAMING = Framing(win_length=512, hop_length=256)
_WINDOW = sine_window(FRAMING.win_length)
_N_BINS = FRAMING.win_length // 2 + 1
_STATE_SHAPE = (1, 2, 32, 128)
_INPUT_SHAPES: Sequence[tuple[int, ...]] = [(1, 1, _N_BINS, 3), _STATE_SHAPE]
_OUTPUT_SHAPES: Sequence[tuple[int, ...]] = [(1, 1, _N_BINS)] * 3 + [_STATE_SHAPE]

Array = npt.NDArray[np.float32]


class DpcrnLitert:
    """The graph in one LiteRT interpreter per thread. They release Python's lock, so clips run in parallel.

    The state of a clip is kept outside the interpreters, so each of them can run each piece of each clip.
    """

    sample_rate = SAMPLE_RATE

    def __init__(self, graphs: list[_Graph]) -> None:
        self._threads = len(graphs)
        self._free: SimpleQueue[_Graph] = SimpleQueue()
        for graph in graphs:
            self._free.put(graph)
        self.batch_limits = BatchLimits(max_clips=4 * self._threads, max_batch_s=60.0 * self._threads)

    def enhance(self, batch: Batch) -> list[Waveform]:
        """Return one waveform per row, each as long as the row's signal."""
        return each_row(batch, lambda row: run_stream(self.open_stream(), row, SAMPLE_RATE), self._threads)

    def open_stream(self) -> FramedStream:
        """Start a clip, with a state of zeros."""
        return FramedStream(FRAMING, _Clip(self).mask)

    @contextmanager
    def borrow(self) -> Iterator[_Graph]:
        """Lend an interpreter; wait until one is free."""
        graph = self._free.get()
        try:
            yield graph
        finally:
            self._free.put(graph)


class _Clip:
    """The state of one clip, and the function of its frames."""

    def __init__(self, owner: DpcrnLitert) -> None:
        self._owner = owner
        self._state: Array = np.zeros(_STATE_SHAPE, np.float32)

    def mask(self, frames: Frames) -> Frames:
        """Return the next frames with mask and phase correction applied."""
        spectra = analyse(frames, _WINDOW)
        gains = np.empty_like(spectra)
        with self._owner.borrow() as graph:
            for gain, features in zip(gains, _features(spectra), strict=True):
                mask, sine, cosine, self._state = graph.run(features, self._state)
                gain[:] = mask * (cosine + 1j * sine)
        return synthesise(spectra * gains, _WINDOW)


def _features(spectra: Spectra) -> Array:
    """Return (Re, Im, log power) of each bin, shape (frame, frequency, 3)."""
    re, im = spectra.real, spectra.imag
    features: Array = np.stack([re, im, np.log(re**2 + im**2 + 1e-9)], axis=-1).astype(np.float32)
    return features


class _Graph:
    """One LiteRT interpreter; its inputs and outputs have been checked."""

    def __init__(self, interpreter: Any) -> None:
        self._interpreter = interpreter
        self._inputs = _indices("inputs", interpreter.get_input_details(), _INPUT_SHAPES)
        self._outputs = _indices("outputs", interpreter.get_output_details(), _OUTPUT_SHAPES)
        self._check_order()

    def run(self, features: Array, state: Array) -> tuple[Array, Array, Array, Array]:
        """Return mask, sine and cosine of one frame, shape (frequency,) each, and the next state."""
        feed, get = self._interpreter.set_tensor, self._interpreter.get_tensor
        feed(self._inputs[0], features[None, None])
        feed(self._inputs[1], state)
        self._interpreter.invoke()
        mask, sine, cosine, state = map(get, self._outputs)
        return mask[0, 0], sine[0, 0], cosine[0, 0], state

    def _check_order(self) -> None:
        """Check the order of the three outputs of equal shape. The authors' graphs give a mean cosine of 0.999."""
        silence = _features(np.zeros((1, _N_BINS), np.complex128))[0]
        mask, sine, cosine, _ = self.run(silence, np.zeros(_STATE_SHAPE, np.float32))
        off_circle = float(np.abs(sine**2 + cosine**2 - 1).max())
        if not (mask.min() >= 0 and off_circle < 0.05 and cosine.mean() > 0.9):
            raise IntegrityError(
                "the outputs of the graph are not mask, sine, cosine, state in this order: for a silent frame "
                f"the lowest mask is {mask.min():.2f} (expected 0 or more), sine² + cosine² differs from 1 by up to "
                f"{off_circle:.2f} (expected below 0.05), the mean cosine is {cosine.mean():.2f} (expected above 0.9)"
            )


def _indices(side: str, details: list[dict[str, Any]], shapes: Sequence[tuple[int, ...]]) -> list[int]:
    found = [tuple(map(int, tensor["shape"])) for tensor in details]
    types = {np.dtype(tensor["dtype"]) for tensor in details}
    if found != shapes or types != {np.dtype(np.float32)}:
        raise IntegrityError(
            f"the {side} of the graph are {sorted(map(str, types))} {found}; expected float32 {shapes}"
        )
    return [int(tensor["index"]) for tensor in details]


def load(spec: ModelSpec, weights: Mapping[str, Path], *, device: str, threads: int) -> DpcrnLitert:
    """Load the graph once for each thread; it runs on the CPU for every `device`.

    Raises:
        MissingExtraError: ai-edge-litert is not installed.
        IntegrityError: the file is not a TFLite graph, or is another graph.
    """
    runtime = require("ai_edge_litert.interpreter", spec)
    if len(weights) != 1:
        raise IntegrityError(f"{spec.name} has the files {sorted(weights)}; expected one TFLite graph")
    [path] = weights.values()
    return DpcrnLitert([_open_graph(spec, path, runtime.Interpreter) for _ in range(max(1, threads))])


def _open_graph(spec: ModelSpec, path: Path, make_interpreter: Any) -> _Graph:
    try:
        # The frames are small: several threads for one frame cost more time than they save.
        interpreter = make_interpreter(model_path=str(path), num_threads=1)
        interpreter.allocate_tensors()
        return _Graph(interpreter)
    except (ValueError, RuntimeError, IntegrityError) as error:
        raise IntegrityError(
            f"{path} does not fit {spec.name}: {error}. Fetch it again with `seinfer models pull {spec.name}`"
        ) from error
