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

from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

import numpy as np

from ...core.errors import IntegrityError
from ...core.records import ModelSpec
from ..base import Batch, BatchLimits, Waveform, each_row, run_stream
from ..frames import FramedStream, Frames, Framing, Spectra, analyse, sine_window, synthesise
from ..litert import Array, Graph, Lender, Shapes, fits, import_runtime, open_graph

SAMPLE_RATE = 16_000
FRAMING = Framing(win_length=512, hop_length=256)
_WINDOW = sine_window(FRAMING.win_length)
_N_BINS = FRAMING.win_length // 2 + 1
_STATE_SHAPE = (1, 2, 32, 128)
_INPUT_SHAPES: Shapes = [(1, 1, _N_BINS, 3), _STATE_SHAPE]
_OUTPUT_SHAPES: Shapes = [(1, 1, _N_BINS)] * 3 + [_STATE_SHAPE]


class DpcrnLitert:
    """The graph in one LiteRT interpreter per thread. They release Python's lock, so clips run in parallel.

    The state of a clip is kept outside the interpreters, so each of them can run each piece of each clip.
    """

    sample_rate = SAMPLE_RATE

    def __init__(self, graphs: list[_Graph]) -> None:
        self._graphs = Lender(graphs)
        self._threads = len(graphs)
        self.batch_limits = BatchLimits(max_clips=4 * self._threads, max_batch_s=60.0 * self._threads)

    def enhance(self, batch: Batch) -> list[Waveform]:
        """Return one waveform per row, each as long as the row's signal."""
        return each_row(batch, lambda row: run_stream(self.open_stream(), row, SAMPLE_RATE), self._threads)

    def open_stream(self) -> FramedStream:
        """Start a clip, with a state of zeros."""
        return FramedStream(FRAMING, _Clip(self._graphs).mask)


class _Clip:
    """The state of one clip, and the function of its frames."""

    def __init__(self, graphs: Lender[_Graph]) -> None:
        self._graphs = graphs
        self._state: Array = np.zeros(_STATE_SHAPE, np.float32)

    def mask(self, frames: Frames) -> Frames:
        """Return the next frames with mask and phase correction applied."""
        spectra = analyse(frames, _WINDOW)
        gains = np.empty_like(spectra)
        with self._graphs.borrow() as graph:
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
    """One LiteRT interpreter; the order of its outputs has been checked."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._check_order()

    def run(self, features: Array, state: Array) -> tuple[Array, Array, Array, Array]:
        """Return mask, sine and cosine of one frame, shape (frequency,) each, and the next state."""
        mask, sine, cosine, state = self._graph.run(features[None, None], state)
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


def load(spec: ModelSpec, weights: Mapping[str, Path], *, device: str, threads: int) -> DpcrnLitert:
    """Load the graph once for each thread; it runs on the CPU for every `device`.

    Raises:
        MissingExtraError: ai-edge-litert is not installed.
        IntegrityError: the file is not a TFLite graph, or is another graph.
    """
    runtime = import_runtime(spec)
    if len(weights) != 1:
        raise IntegrityError(f"{spec.name} has the files {sorted(weights)}; expected one TFLite graph")
    [path] = weights.values()
    return DpcrnLitert([_open_graph(runtime, path, spec) for _ in range(max(1, threads))])


def _open_graph(runtime: ModuleType, path: Path, spec: ModelSpec) -> _Graph:
    with fits(path, spec):
        return _Graph(open_graph(runtime, path, _INPUT_SHAPES, _OUTPUT_SHAPES))
