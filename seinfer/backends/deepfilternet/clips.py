"""Clips through DeepFilterNet, whatever runs its network: a stream of one clip, or several clips side by side.

The rule it keeps: the network sees batches of frames and carries its state; everything else is done clip by clip.
Where clips end at different times their features are padded, never their audio: zeros in the audio have features of
their own. As in the authors' code, the network is never given the first two frames of a clip, and gets two frames of
features that are zero after the last.

Source: Rikorose/DeepFilterNet@d375b2d, DeepFilterNet/df/enhance.py (enhance), df/deepfilternet3.py (pad_feat).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from ..base import Batch, BatchLimits, Waveform
from ..frames import FramedStream, Framer, Frames, Framing, OverlapAdder, analyse, synthesise
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
"""What a network carries from frames to frames: name -> array of its own kind, the clips on the first axis."""

_FILTERS: Mapping[Architecture, type[NoisyFilter] | type[MaskedFilter]] = {
    "deepfilternet2": MaskedFilter,
    "deepfilternet3": NoisyFilter,
}
# Frames of all clips together that the network gets at once. Twice as many: 8 % less time, 150 MiB more a thread.
_FRAMES_AT_ONCE = 400
_CLIPS_AT_ONCE = 8


class Network(Protocol):
    """The part of DeepFilterNet that is learned."""

    def start(self, n_clips: int) -> State:
        """Return the state in which clips begin."""
        ...

    def run(
        self, levels: npt.NDArray[np.float32], spectra: npt.NDArray[np.float32], state: State
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.complex64], State]:
        """Run the next frames of several clips.

        Args:
            levels: shape (clip, frame, band).
            spectra: shape (clip, 2, frame, frequency).
            state: as `start` or the last call gave it.

        Returns:
            Gains, shape (clip, frame, band); coefficients, shape (clip, frame, frequency, tap); the next state.
        """
        ...


def probe(network: Network) -> str:
    """Try a network on two silent clips; return what is wrong with what it gives, "" when nothing is."""
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
        network: runs on the calling thread, several calls at a time.
        architecture: which of the two it is.
        settings: the options.
        threads: groups of clips that run side by side.
    """

    sample_rate = SAMPLE_RATE

    def __init__(self, network: Network, architecture: Architecture, settings: Settings, threads: int) -> None:
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
        """Return one waveform a row, each as long as the row's signal."""
        clips = [_Row(row, _Clip(self._new_filter(), len(row)), self._framing) for row in batch.rows()]
        longest_first = sorted(clips, key=lambda clip: -clip.n_frames)
        n_groups = min(len(clips), max(self._threads, -(-len(clips) // _CLIPS_AT_ONCE)))
        groups = [longest_first[first::n_groups] for first in range(n_groups)]
        if len(groups) == 1:
            self._run_together(groups[0])
        else:
            with ThreadPoolExecutor(self._threads) as pool:
                list(pool.map(self._run_together, groups))
        return [clip.waveform() for clip in clips]

    def open_stream(self) -> ClipStream:
        """Start a clip."""
        return ClipStream(self._network, _Clip(self._new_filter()), self._framing)

    def _run_together(self, rows: Sequence[_Row]) -> None:
        """Run clips in step, the longest first in the list; the others leave as they end."""
        state = self._network.start(len(rows))
        start = 0
        while live := [row for row in rows if start < row.n_frames]:
            end = start + max(LOOKAHEAD + 1, _FRAMES_AT_ONCE // len(live))
            features = [row.features(start, end) for row in live]
            state = {name: value[: len(live)] for name, value in state.items()}
            *made, state = self._network.run(*_stacked(features), state)
            for row, n_frames, gains, coefficients in zip(live, map(len, features), *made, strict=True):
                row.take(gains[:n_frames], coefficients[:n_frames])
            start = end


def _stacked(features: Sequence[Features]) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Put the features of several clips side by side, with zeros behind those that are shorter."""
    n_frames = max(map(len, features))
    levels = np.zeros((len(features), n_frames, N_BANDS), np.float32)
    spectra = np.zeros((len(features), 2, n_frames, N_FILTERED), np.float32)
    for k, clip in enumerate(features):
        levels[k, : len(clip)] = clip.levels
        spectra[k, :, : len(clip)] = clip.spectra
    return levels, spectra


class _Clip:
    """What one clip needs beside the network."""

    def __init__(self, back_end: Filter, n_samples: int | None = None) -> None:
        self._front_end = FrontEnd()
        self._back_end = back_end
        self._n_frames = 0
        self._end_frame: int | None = None
        if n_samples is not None:
            self.end_after(n_samples)

    def end_after(self, n_samples: int) -> None:
        """Say how long the clip is; from the authors' last frame on the network sees features of zero."""
        self._end_frame = n_samples // HOP_LENGTH + WIN_LENGTH // HOP_LENGTH

    def features(self, frames: Frames) -> Features:
        """Take the next frames of the signal; return those for the network, from the third of the clip on."""
        spectra = analyse(frames, WINDOW) / WIN_LENGTH
        self._back_end.hear(spectra)
        features = self._front_end.push(spectra)
        if self._end_frame is not None:
            features = features.silent_from(self._end_frame - self._n_frames)
        features = features.since(max(0, LOOKAHEAD - self._n_frames))
        self._n_frames += len(frames)
        return features

    def enhanced(self, gains: Gains, coefficients: Coefficients) -> Frames:
        """Take what the network made of the last features; return the frames of the result that are ready."""
        return synthesise(self._back_end.push(gains, coefficients) * WIN_LENGTH, WINDOW)


class _Row:
    """A clip of a batch, which is there as a whole. Only a block of it is ever copied."""

    def __init__(self, waveform: Waveform, clip: _Clip, framing: Framing) -> None:
        self.n_frames = framing.n_frames(len(waveform))
        self._signal = waveform
        self._clip = clip
        self._framer = Framer(framing)
        self._adder = OverlapAdder(framing)
        self._lead_samples = framing.lead_samples
        self._made: Waveform = np.zeros(self.n_frames * HOP_LENGTH, np.float32)
        self._n_made = 0

    def features(self, start: int, end: int) -> Features:
        """Return the features of the next frames, from `start` on to before `end` or to the clip's end."""
        block = np.zeros((min(end, self.n_frames) - start) * HOP_LENGTH, np.float32)
        samples = self._signal[start * HOP_LENGTH :][: len(block)]
        block[: len(samples)] = samples
        # What the framer puts in front of a clip fills its first frame up to a hop: each hop then makes a frame.
        return self._clip.features(self._framer.push(block))

    def take(self, gains: Gains, coefficients: Coefficients) -> None:
        """Take what the network made of them."""
        samples = self._adder.push(self._clip.enhanced(gains, coefficients))
        self._made[self._n_made :][: len(samples)] = samples
        self._n_made += len(samples)

    def waveform(self) -> Waveform:
        return self._made[self._lead_samples :][: len(self._signal)]


class ClipStream(FramedStream):
    """A clip piece by piece: a `Stream` in the sense of `backends.base`."""

    def __init__(self, network: Network, clip: _Clip, framing: Framing) -> None:
        super().__init__(framing, self._enhanced)
        self._network = network
        self._state = network.start(1)
        self._clip = clip
        self._n_samples = 0

    def push(self, block: Waveform) -> Waveform:
        """Take the next samples, shape (time,), any length; return those that are ready, which may be none."""
        self._n_samples += len(block)
        return super().push(block)

    def finish(self) -> Waveform:
        """Return the rest, so that as many samples have come out as went in."""
        self._clip.end_after(self._n_samples)
        return super().finish()

    def _enhanced(self, frames: Frames) -> Frames:
        """Return as many frames as came; zeros in place of those that the look-ahead still holds back."""
        features = self._clip.features(frames)
        gains, coefficients = _nothing()
        if len(features):
            made = self._network.run(*_stacked([features]), self._state)
            gains, coefficients, self._state = made[0][0], made[1][0], made[2]
        ready = self._clip.enhanced(gains, coefficients)
        return np.concatenate([np.zeros((len(frames) - len(ready), WIN_LENGTH)), ready])


def _nothing() -> tuple[Gains, Coefficients]:
    return np.zeros((0, N_BANDS), np.float32), np.zeros((0, N_FILTERED, N_TAPS), np.complex64)
