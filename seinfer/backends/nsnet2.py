"""NSNet2, the baseline of Microsoft's DNS challenges, from the official ONNX file. 16 kHz, mono.

A recurrent network of 2.7 million parameters: log power spectrum -> gain of each of 161 bins. How a clip flows through
it:

1. `_frames` cuts the clip into frames of 320 samples, 160 apart, the first at its first sample.
2. `_features` takes the logarithm of the power spectrum; nothing is normalised.
3. The ONNX graph runs once over all frames: it has no input or output for its state, so there is no stream.
4. `NSNet2._enhance_window` limits the gains to -80 dB and 0 dB, applies them, and adds up the windowed frames.

A clip of more than 30 s runs in windows, and its row is marked `chunked`.

The rule: the arithmetic is the official code's. Its square-root window is symmetric and its squares are not normalised,
which makes a gain of -0.03 dB with ripples; no frame precedes the clip, so its first 160 samples are faded in. Both
stay. The delay is 0. The official code fails on a clip of at most 160 samples; here zeros follow it.

Source: Braun and Tashev, "Data augmentation and loss normalization for deep noise suppression", 2020
(arXiv:2008.06412); microsoft/DNS-Challenge@5582dcf, NSNet2-baseline/featurelib.py and enhance_onnx.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ..core.errors import IntegrityError
from ..core.records import ModelSpec
from .base import Batch, BatchLimits, Waveform, each_row
from .frames import Frames, Framing, OverlapAdder, Spectra, analyse, synthesise
from .onnx import Array, Runtime, Session, interface, open_runtime, read_graph, unfit
from .windows import Windows

SAMPLE_RATE = 16_000
FRAMING = Framing(win_length=320, hop_length=160)
N_BINS = FRAMING.win_length // 2 + 1
_MIN_POWER, _MIN_GAIN = 1e-12, 1e-4
_WINDOW_S, _OVERLAP_S = 30, 6


class NSNet2:
    """The network on whole clips; `threads` clips run in parallel."""

    sample_rate = SAMPLE_RATE

    def __init__(self, session: Session, input_name: str, output_name: str, threads: int, device: str) -> None:
        self.device = device
        self.batch_limits = BatchLimits(max_clips=4 * threads)
        self._session, self._input, self._output = session, input_name, output_name
        self._threads = threads
        self._window = np.sqrt(np.hanning(FRAMING.win_length))
        self._windows = Windows(_WINDOW_S * SAMPLE_RATE, _OVERLAP_S * SAMPLE_RATE, FRAMING.hop_length)

    def enhance(self, batch: Batch) -> list[Waveform]:
        """Return one waveform per row, each as long as the row's signal."""
        return each_row(batch, lambda row: self._windows.run(row, self._enhance_window), self._threads)

    def is_chunked(self, n_samples: int) -> bool:
        """Return whether a clip of `n_samples` runs in windows, so that its result is an approximation."""
        return self._windows.is_chunked(n_samples)

    def _enhance_window(self, samples: Waveform) -> Waveform:
        spectra = analyse(_frames(samples), self._window)
        gains = self._session.run([self._output], {self._input: _features(spectra)[None]})[self._output][0]
        frames = synthesise(spectra * np.clip(gains, _MIN_GAIN, 1), self._window)
        return _overlap_added(frames)[: len(samples)].astype(np.float32)


def _frames(samples: Waveform) -> Frames:
    """Return the frames of a clip, at least two, with zeros behind it; shape (frame, time)."""
    win_length, hop_length = FRAMING.win_length, FRAMING.hop_length
    n_frames = max(2, -(-len(samples) // hop_length))
    padded = np.zeros((n_frames - 1) * hop_length + win_length)
    padded[: len(samples)] = samples
    return np.lib.stride_tricks.sliding_window_view(padded, win_length)[::hop_length]


def _features(spectra: Spectra) -> Array:
    """Return the input of the network, shape (frame, frequency)."""
    features: Array = np.log10(np.maximum(np.abs(spectra) ** 2, _MIN_POWER)).astype(np.float32)
    return features


def _overlap_added(frames: Frames) -> Frames:
    """Return all samples of the frames, shape (time,)."""
    adder = OverlapAdder(FRAMING)
    rest = np.zeros((1, FRAMING.win_length))
    return np.concatenate([adder.push(frames), adder.push(rest)])


def load(spec: ModelSpec, weights: Mapping[str, Path], *, device: str, threads: int) -> NSNet2:
    """Load the graph.

    Raises:
        MissingExtraError: onnx or onnxruntime is not installed.
        IntegrityError: the file is no graph from 161 features to 161 gains.
        UsageError: the device is not available.
    """
    runtime = open_runtime(spec, device=device)
    [path] = weights.values()
    return _open(runtime, path, spec, device, max(1, threads))


def _open(runtime: Runtime, path: Path, spec: ModelSpec, device: str, threads: int) -> NSNet2:
    model = read_graph(path, spec)
    # The name of the only input is not documented, so it is read from the file, as the official code does.
    inputs, outputs = interface(model.graph.input), interface(model.graph.output)
    if [shape[-1:] for shape in inputs.values()] != [(N_BINS,)] or not outputs:
        raise IntegrityError(
            unfit(
                path,
                spec,
                f"its inputs are {inputs} and its outputs {outputs}, expected one input that ends in {N_BINS}",
            )
        )
    return NSNet2(runtime.open(model, path, spec), next(iter(inputs)), next(iter(outputs)), threads, device)
