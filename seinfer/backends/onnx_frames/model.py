"""A frame-by-frame network around its STFT: clips of a batch side by side, or a stream of one clip.

The rule: a clip has the same frames alone, in a batch and in a stream, so the results are the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from ...core.errors import IntegrityError
from ...core.records import ModelSpec
from ..base import Batch, BatchLimits, Waveform
from ..frames import FramedStream, Framer, Frames, OverlapAdder
from ..onnx import open_runtime
from ..side_by_side import run_in_groups
from .network import Network, open_network
from .options import read_options
from .stft import Stft

_FRAMES_AT_ONCE = 64
"""Frames of each clip in one call of the network."""
_CLIPS_AT_ONCE = 8


class OnnxFrames:
    """A frame-by-frame network.

    Args:
        network: runs on the calling thread, and several threads may call it at a time.
        stft: of the network.
        sample_rate: Hz.
        threads: number of groups of clips that run in parallel.
        device: where the network runs: "cpu" or "cuda".
    """

    def __init__(self, network: Network, stft: Stft, sample_rate: int, threads: int, device: str) -> None:
        self.device = device
        self.sample_rate = sample_rate
        self._network = network
        self._stft = stft
        self._threads = max(1, threads)
        self._clips_at_once = _CLIPS_AT_ONCE if network.is_batched else 1
        n_clips = _CLIPS_AT_ONCE * self._threads
        self.batch_limits = BatchLimits(max_clips=n_clips, max_batch_s=30.0 * n_clips)

    def enhance(self, batch: Batch) -> list[Waveform]:
        """Return one waveform per row, each as long as the row's signal."""
        rows = [_Row(row, self._stft) for row in batch.rows()]
        run_in_groups(rows, self._run_together, threads=self._threads, clips_at_once=self._clips_at_once)
        return [row.waveform() for row in rows]

    def open_stream(self) -> FramedStream:
        """Start a clip, with caches of zeros."""
        return FramedStream(self._stft.framing, _Clip(self._network, self._stft).enhance)

    def _run_together(self, rows: Sequence[_Row]) -> None:
        """Run clips side by side, the longest first in the list; a clip is removed when it ends."""
        state = self._network.start(len(rows))
        start = 0
        while live := [row for row in rows if start < row.n_frames]:
            end = min(start + _FRAMES_AT_ONCE, live[-1].n_frames)
            frames = np.stack([row.frames[start:end] for row in live], axis=1)
            state = [cache[: len(live)] for cache in state]
            made, state = self._network.run(self._stft.spectra(frames), state)
            for k, row in enumerate(live):
                row.take(self._stft.frames(made[:, k], start))
            start = end


class _Row:
    """A clip of a batch, which is in memory as a whole.

    Attributes:
        frames: all frames, shape (frame, time), a view of its samples.
    """

    def __init__(self, waveform: Waveform, stft: Stft) -> None:
        framing = stft.framing
        tail = np.zeros(framing.tail_samples(len(waveform)), np.float32)
        self.n_frames = framing.n_frames(len(waveform))
        self.frames: Frames = Framer(framing).push(np.concatenate([waveform, tail]))
        self._adder = OverlapAdder(framing)
        self._made: list[Waveform] = []
        self._kept = slice(framing.lead_samples, framing.lead_samples + len(waveform))

    def take(self, frames: Frames) -> None:
        """Accept the next frames of the result."""
        self._made.append(self._adder.push(frames).astype(np.float32))

    def waveform(self) -> Waveform:
        """Return the enhanced clip, as long as the clip."""
        made: Waveform = np.concatenate([np.zeros(0, np.float32), *self._made])
        return made[self._kept]


class _Clip:
    """The state of one clip, and the function of its frames."""

    def __init__(self, network: Network, stft: Stft) -> None:
        self._network = network
        self._stft = stft
        self._state = network.start(1)
        self._n_frames = 0

    def enhance(self, frames: Frames) -> Frames:
        """Return the next frames, enhanced."""
        pieces = []
        for start in range(0, len(frames), _FRAMES_AT_ONCE):
            spectra = self._stft.spectra(frames[start : start + _FRAMES_AT_ONCE])
            made, self._state = self._network.run(spectra[:, None], self._state)
            pieces.append(self._stft.frames(made[:, 0], self._n_frames))
            self._n_frames += len(spectra)
        return np.concatenate(pieces)


def load(spec: ModelSpec, weights: Mapping[str, Path], *, device: str, threads: int) -> OnnxFrames:
    """Load a frame-by-frame graph; groups of clips run in parallel on the threads.

    Raises:
        MissingExtraError: onnx or onnxruntime is not installed.
        UsageError: the device is not available.
        RegistryError: an option of the table is unknown or invalid.
        IntegrityError: the file is missing, damaged, or not a frame-by-frame network of this STFT.
    """
    options = read_options(spec)
    runtime = open_runtime(spec, device=device)
    if len(weights) != 1:
        raise IntegrityError(f"{spec.name} has the files {sorted(weights)}; expected one ONNX graph")
    [path] = weights.values()
    network = open_network(runtime, path, options.n_fft // 2 + 1, spec)
    return OnnxFrames(network, Stft(options), spec.sample_rate, threads, device)
