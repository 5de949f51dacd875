"""DeepFilterNet around any implementation of its network: a stream of one clip, or several clips in parallel.

The rule: the network gets batches of frames and carries its state; everything else is done clip by clip. If the clips
of a batch end at different times, their features are padded, never their audio, because zeros in the audio have
features that are not zero. As in the authors' code, the network does not get the first two frames of a clip, and gets
two frames of zero features after the last one.

Source: Rikorose/DeepFilterNet@d375b2d, DeepFilterNet/df/enhance.py (enhance), df/deepfilternet3.py (pad_feat).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from ..base import Batch, BatchLimits, Waveform
from ..frames import FramedStream, Frames, Framing, analyse, synthesise
from ..side_by_side import Row, run_in_groups
from .config import Architecture, Settings
from .features import (
    HOP_LENGTH,
    LOOKAHEAD,
    N_BANDS,
    N_FILTERED,
    N_TAPS,
    SAMPLE_RATE,
    WIN_LENGTH,
    WINDOW,
    Coefficients,
    Features,
    Filter,
    FrontEnd,
    Gains,
    MaskedFilter,
    NoisyFilter,
)

State = Mapping[str, Any]
"""State of a network between calls: name -> array of the network's framework, the clips on the first axis."""

_FILTERS: Mapping[Architecture, type[NoisyFilter] | type[MaskedFilter]] = {
    "deepfilternet2": MaskedFilter,
    "deepfilternet3": NoisyFilter,
}
# Frames per call of the network, all clips together. Twice as many: 8 % less time, 150 MiB more per thread.
_FRAMES_AT_ONCE = 400
_CLIPS_AT_ONCE = 8


class Network(Protocol):
    """The trained part of DeepFilterNet."""

    def start(self, n_clips: int) -> State:
        """Return the state at the start of clips."""
        ...

    def run(
        self, levels: npt.NDArray[np.float32], spectra: npt.NDArray[np.float32], state: State
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.complex64], State]:
        """Run the next frames of several clips.

        Args:
            levels: shape (clip, frame, band).
            spectra: shape (clip, 2, frame, frequency).
            state: returned by `start` or by the last call.

        Returns:
            Gains, shape (clip, frame, band); coefficients, shape (clip, frame, frequency, tap); the next state.
        """
        ...


def probe(network: Network) -> str:
    """Run a network on two silent clips; return a description of what is wrong with its output, "" if nothing is."""
    n_clips, n_frames = 2, 3
    levels = np.zeros((n_clips, n_frames, N_BANDS), np.float32)
    spectra = np.zeros((n_clips, 2, n_frames, N_FILTERED), np.float32)
    gains, coefficients, _ = network.run(levels, spectra, network.start(n_clips))
    expected = (n_clips, n_frames, N_BANDS), (n_clips, n_frames, N_FILTERED, N_TAPS)
    if (gains.shape, coefficients.shape) != expected:
        return f"its masks and coefficients have the shapes {gains.shape} and {coefficients.shape}, expected {expected}"
    if not (np.isfinite(coefficients).all() and 0 <= gains.min() <= gains.max() <= 1):
        return f"its masks for silence are {gains.min()} to {gains.max()}, expected 0 to 1 and finite coefficients"
    return ""


class DeepFilterNet:
    """DeepFilterNet 2 or 3 around a network.

    Args:
        network: runs on the calling thread, and several threads may call it at a time.
        architecture: version 2 or 3.
        settings: the options.
        threads: number of groups of clips that run in parallel.
        device: where the network runs: "cpu" or "cuda".
    """

    sample_rate = SAMPLE_RATE

    def __init__(
        self, network: Network, architecture: Architecture, settings: Settings, threads: int, device: str = "cpu"
    ) -> None:
        self.device = device
        self._network = network
        self._new_filter = partial(_FILTERS[architecture], settings)
        self._framing = Framing(
            win_length=WIN_LENGTH,
            hop_length=HOP_LENGTH,
            lead_samples=WIN_LENGTH - HOP_LENGTH,
            delay_samples=_FILTERS[architecture].delay * HOP_LENGTH,
        )
        self._threads = max(1, threads)
        n_clips = _CLIPS_AT_ONCE * self._threads
        self.batch_limits = BatchLimits(max_clips=n_clips, max_batch_s=15.0 * n_clips)

    def enhance(self, batch: Batch) -> list[Waveform]:
        """Return one waveform per row, each as long as the row's signal."""
        clips = [_Row(row, _Clip(self._new_filter(), len(row)), self._framing) for row in batch.rows()]
        run_in_groups(clips, self._run_together, threads=self._threads, clips_at_once=_CLIPS_AT_ONCE)
        return [clip.waveform() for clip in clips]

    def open_stream(self) -> ClipStream:
        """Start a clip."""
        return ClipStream(self._network, _Clip(self._new_filter()), self._framing)

    def _run_together(self, rows: Sequence[_Row]) -> None:
        """Run clips frame by frame together, the longest first in the list; a clip is removed when it ends."""
        state = self._network.start(len(rows))
        start = 0
        while live := [row for row in rows if start < row.n_frames]:
            end = start + max(LOOKAHEAD + 1, _FRAMES_AT_ONCE // len(live))
            features = [row.features(start, end) for row in live]
            state = {name: value[: len(live)] for name, value in state.items()}
            *made, state = self._network.run(*_stacked(features), state)
            for row, n_frames, gains, coefficients in zip(live, map(len, features), *made, strict=True):
                row.apply(gains[:n_frames], coefficients[:n_frames])
            start = end


def _stacked(features: Sequence[Features]) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Put the features of several clips into one array, with zeros after the shorter ones."""
    n_frames = max(map(len, features))
    levels = np.zeros((len(features), n_frames, N_BANDS), np.float32)
    spectra = np.zeros((len(features), 2, n_frames, N_FILTERED), np.float32)
    for k, clip in enumerate(features):
        levels[k, : len(clip)] = clip.levels
        spectra[k, :, : len(clip)] = clip.spectra
    return levels, spectra


class _Clip:
    """The signal processing of one clip before and after the network."""

    def __init__(self, back_end: Filter, n_samples: int | None = None) -> None:
        self._front_end = FrontEnd()
        self._back_end = back_end
        self._n_frames = 0
        self._end_frame: int | None = None
        if n_samples is not None:
            self.end_after(n_samples)

    def end_after(self, n_samples: int) -> None:
        """Set the length of the clip; after the authors' last frame the network gets features of zero."""
        self._end_frame = n_samples // HOP_LENGTH + WIN_LENGTH // HOP_LENGTH

    def features(self, frames: Frames) -> Features:
        """Accept the next frames of the signal; return the features for the network, from the third frame on."""
        spectra = analyse(frames, WINDOW) / WIN_LENGTH
        self._back_end.push_noisy(spectra)
        features = self._front_end.push(spectra)
        if self._end_frame is not None:
            features = features.silent_from(self._end_frame - self._n_frames)
        features = features.since(max(0, LOOKAHEAD - self._n_frames))
        self._n_frames += len(frames)
        return features

    def enhanced(self, gains: Gains, coefficients: Coefficients) -> Frames:
        """Accept the network's output for the last features; return the frames of the result that are ready."""
        return synthesise(self._back_end.push(gains, coefficients) * WIN_LENGTH, WINDOW)


class _Row(Row):
    """A clip of a batch with its signal processing."""

    def __init__(self, waveform: Waveform, clip: _Clip, framing: Framing) -> None:
        super().__init__(waveform, framing)
        self._clip = clip

    def features(self, start: int, end: int) -> Features:
        """Return the features of the next frames, from `start` to `end` (excluded) or to the end of the clip."""
        return self._clip.features(self.frames(start, end))

    def apply(self, gains: Gains, coefficients: Coefficients) -> None:
        """Accept the network's output for these features."""
        self.take(self._clip.enhanced(gains, coefficients))


class ClipStream(FramedStream):
    """A clip, piece by piece: implements `backends.base.Stream`."""

    def __init__(self, network: Network, clip: _Clip, framing: Framing) -> None:
        super().__init__(framing, self._enhanced)
        self._network = network
        self._state = network.start(1)
        self._clip = clip
        self._n_samples = 0

    def push(self, block: Waveform) -> Waveform:
        """Accept the next samples, shape (time,), any length; return the output that is ready, which may be empty."""
        self._n_samples += len(block)
        return super().push(block)

    def finish(self) -> Waveform:
        """Return the rest of the output, so that it is as long as the input in total."""
        self._clip.end_after(self._n_samples)
        return super().finish()

    def _enhanced(self, frames: Frames) -> Frames:
        """Return as many frames as arrived, with zeros for those that still wait for the look-ahead."""
        features = self._clip.features(frames)
        gains, coefficients = _no_output()
        if len(features):
            made = self._network.run(*_stacked([features]), self._state)
            gains, coefficients, self._state = made[0][0], made[1][0], made[2]
        ready = self._clip.enhanced(gains, coefficients)
        return np.concatenate([np.zeros((len(frames) - len(ready), WIN_LENGTH)), ready])


def _no_output() -> tuple[Gains, Coefficients]:
    return np.zeros((0, N_BANDS), np.float32), np.zeros((0, N_FILTERED, N_TAPS), np.complex64)
