"""dtln: the float network, many frames of many clips per call of onnxruntime.

The rule: the weights are the published ones, in one graph that `graph.py` makes of them. The state is carried from call
to call, so a clip has the same result, bit for bit, alone or beside others, as a whole or in pieces of any length.

Source: Westhausen and Meyer, "Dual-Signal Transformation LSTM Network for Real-Time Noise Suppression", Interspeech
2020 (arXiv:2005.07551); breizhn/DTLN@1de1f15.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from ...core.records import ModelSpec
from ..base import Batch, BatchLimits, Waveform
from ..frames import FramedStream, Frames
from ..onnx import Array, Session, open_runtime
from ..side_by_side import Row, run_in_groups
from .graph import NEXT, OUTPUT, STATES, build
from .signal import FRAMING, N_HIDDEN, SAMPLE_RATE
from .weights import FILES, read_weights

State = Mapping[str, Array]
"""Name -> shape (1, clip, N_HIDDEN)."""

# Frames per call, all clips together: fewer cost time for the calls, more for memory beyond the processor's cache.
_FRAMES_AT_ONCE = 400
_CLIPS_AT_ONCE = 16


class Network:
    """The graph in onnxruntime. It runs on the calling thread, and several threads may call it at a time."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def start(self, n_clips: int) -> State:
        """Return the state at the start of clips."""
        return {name: np.zeros((1, n_clips, N_HIDDEN), np.float32) for name in STATES}

    def run(self, frames: Frames, state: State) -> tuple[Array, State]:
        """Run the next frames of several clips.

        Args:
            frames: shape (frame, clip, time).
            state: returned by `start` or by the last call.

        Returns:
            The enhanced frames, of the same shape; the next state.
        """
        spectra = np.fft.rfft(frames)
        feeds = {"re": spectra.real.astype(np.float32), "im": spectra.imag.astype(np.float32), **state}
        made = self._session.run([OUTPUT, *(NEXT + name for name in STATES)], feeds)
        return made[OUTPUT], {name: made[NEXT + name] for name in STATES}


class Dtln:
    """DTLN around its network.

    Args:
        network: the graph.
        threads: number of groups of clips that run in parallel.
        device: where the network runs: "cpu" or "cuda".
    """

    sample_rate = SAMPLE_RATE

    def __init__(self, network: Network, threads: int, device: str = "cpu") -> None:
        self.device = device
        self._network = network
        self._threads = max(1, threads)
        n_clips = _CLIPS_AT_ONCE * self._threads
        self.batch_limits = BatchLimits(max_clips=n_clips, max_batch_s=30.0 * n_clips)

    def enhance(self, batch: Batch) -> list[Waveform]:
        """Return one waveform per row, each as long as the row's signal."""
        rows = [Row(row, FRAMING) for row in batch.rows()]
        run_in_groups(rows, self._run_together, threads=self._threads, clips_at_once=_CLIPS_AT_ONCE)
        return [row.waveform() for row in rows]

    def open_stream(self) -> FramedStream:
        """Start a clip, with a state of zeros."""
        return FramedStream(FRAMING, _Clip(self._network).enhanced)

    def _run_together(self, rows: Sequence[Row]) -> None:
        """Run clips frame by frame together, the longest first in the list; a clip is removed when it ends."""
        state = self._network.start(len(rows))
        start = 0
        while live := [row for row in rows if start < row.n_frames]:
            end = start + max(1, _FRAMES_AT_ONCE // len(live))
            parts = [row.frames(start, end) for row in live]
            frames = np.zeros((max(map(len, parts)), len(live), FRAMING.win_length), np.float32)
            for k, part in enumerate(parts):
                frames[: len(part), k] = part
            state = {name: value[:, : len(live)] for name, value in state.items()}
            enhanced, state = self._network.run(frames, state)
            for k, row in enumerate(live):
                row.take(enhanced[: len(parts[k]), k])
            start = end


class _Clip:
    """The state of one clip, and the function of its frames."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._state = network.start(1)

    def enhanced(self, frames: Frames) -> Frames:
        """Return the next frames, enhanced."""
        enhanced, self._state = self._network.run(frames[:, None], self._state)
        return enhanced[:, 0]


def load(spec: ModelSpec, weights: Mapping[str, Path], *, device: str, threads: int) -> Dtln:
    """Load the weights of the two published graphs; clips run in parallel on the threads.

    Raises:
        MissingExtraError: onnx or onnxruntime is not installed.
        UsageError: the device is not available.
        IntegrityError: a file is missing, damaged or of another network.
    """
    runtime = open_runtime(spec, device=device)
    model = build(read_weights(weights, spec))
    return Dtln(Network(runtime.open(model, weights[FILES[0]], spec)), threads, device)
