"""STFT framing of a signal that arrives in pieces: samples -> frames -> network -> overlap-add -> samples.

The rule: samples are counted here and nowhere else. The output of a `FramedStream` is as long as its input, aligned
with it, and the same bit for bit for every way of cutting the signal into pieces. Pure numpy.

`FramedStream` is what a backend uses: give it a `Framing` and a function of frames. `Framer` and `OverlapAdder` are its
two halves, for a backend that runs several clips together.

Source: overlap-add as in Allen and Rabiner, "A unified approach to short-time Fourier analysis and synthesis",
Proceedings of the IEEE 65(11), 1977.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..core.errors import BackendError, UsageError
from .base import Waveform

Window = npt.NDArray[np.float64]
"""Shape (time,)."""
Samples = npt.NDArray[np.floating[Any]]
"""Shape (time,), in the precision of the frames."""
Frames = npt.NDArray[np.floating[Any]]
"""Shape (frame, time): `win_length` samples each, a hop apart."""
Spectra = npt.NDArray[np.complexfloating[Any, Any]]
"""Shape (frame, frequency): bins 0 to Nyquist."""


def sine_window(win_length: int) -> Window:
    """Return w[n] = sin(pi (n + 1/2) / win_length), whose square adds up to 1 over hops of half a window."""
    window: Window = np.sin(np.pi * (np.arange(win_length) + 0.5) / win_length)
    return window


def analyse(frames: Frames, window: Window) -> Spectra:
    """Return the unnormalised spectra of windowed frames, in double precision in every version of numpy."""
    return np.fft.rfft(frames * window)


def synthesise(spectra: Spectra, window: Window) -> Frames:
    """Return windowed frames, ready for overlap-add; the inverse of `analyse` except for the windows."""
    return np.fft.irfft(spectra, len(window)) * window


@dataclass(frozen=True)
class Framing:
    """How a network cuts a signal into frames, in samples.

    Attributes:
        win_length: samples in a frame, at least `hop_length`.
        hop_length: samples from one frame to the next.
        lead_samples: zeros in front of the clip; the first sample has this position in the first frame.
        is_lead_mirrored: the lead is the start of the clip, mirrored at its first sample, instead of zeros; this is the
            front of a centred STFT with reflection. A clip of `lead_samples` or fewer counts as followed by zeros.
        delay_samples: delay of the network's output frames, in addition to the delay of the framing.
    """

    win_length: int
    hop_length: int
    lead_samples: int = 0
    delay_samples: int = 0
    is_lead_mirrored: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.hop_length <= self.win_length:
            raise ValueError(
                f"win_length is {self.win_length} and hop_length {self.hop_length}; expected a window of a hop or more"
            )
        if self.lead_samples < 0 or self.delay_samples < 0:
            raise ValueError(f"lead_samples and delay_samples must not be negative, got {self}")
        # Otherwise the last frame of a short clip could be complete before the samples of its lead are there.
        if self.is_lead_mirrored and self.lead_samples > self.win_length - self.hop_length:
            raise ValueError(f"a mirrored lead must not be longer than the overlap of two frames, got {self}")

    def n_frames(self, n_samples: int) -> int:
        """Return the number of frames after which all of `n_samples` input samples have their final output."""
        needed = self.lead_samples + self.delay_samples + n_samples
        return -(-needed // self.hop_length) if n_samples else 0

    def tail_samples(self, n_samples: int) -> int:
        """Return the number of zeros that must follow `n_samples` of signal to fill the last of these frames."""
        n_frames = self.n_frames(n_samples)
        return (n_frames - 1) * self.hop_length + self.win_length - self.lead_samples - n_samples if n_frames else 0


class Framer:
    """Cuts samples into overlapping frames; samples that do not fill a frame yet are kept."""

    def __init__(self, framing: Framing) -> None:
        self._framing = framing
        self._has_lead = not framing.is_lead_mirrored
        self._kept: Samples = np.zeros(framing.lead_samples if self._has_lead else 0, np.float32)

    def push(self, samples: Samples) -> Frames:
        """Accept samples of shape (time,); return the frames that are now complete, possibly none."""
        win_length, hop_length = self._framing.win_length, self._framing.hop_length
        signal = np.concatenate([self._kept, samples])
        n_lead = self._framing.lead_samples
        if not self._has_lead and len(signal) > n_lead:
            signal = np.concatenate([signal[n_lead:0:-1], signal])
            self._has_lead = True
        n_frames = max(0, (len(signal) - win_length) // hop_length + 1) if self._has_lead else 0
        self._kept = signal[n_frames * hop_length :]
        if not n_frames:
            return np.zeros((0, win_length), signal.dtype)
        return np.lib.stride_tricks.sliding_window_view(signal, win_length)[::hop_length]


class OverlapAdder:
    """Adds overlapping frames; samples that a later frame overlaps are kept."""

    def __init__(self, framing: Framing) -> None:
        self._hop_length = framing.hop_length
        self._overlap = -(-framing.win_length // framing.hop_length)
        # Zeros at the end of each frame make it whole hops.
        self._n_missing = self._overlap * framing.hop_length - framing.win_length
        self._kept: Frames = np.zeros((self._overlap - 1, framing.hop_length), np.float32)

    def push(self, frames: Frames) -> Samples:
        """Accept the next frames; return the samples that are now final, one hop per frame."""
        n_frames = len(frames)
        hops = np.zeros((n_frames + self._overlap - 1, self._hop_length), frames.dtype)
        hops[: self._overlap - 1] = self._kept
        whole = np.pad(frames, ((0, 0), (0, self._n_missing))) if self._n_missing else frames
        parts = whole.reshape(n_frames, self._overlap, self._hop_length)
        # The oldest frame first: the terms of a sample are then added in the same order for every grouping of frames.
        for part in reversed(range(self._overlap)):
            hops[part : part + n_frames] += parts[:, part]
        self._kept = hops[n_frames:]
        return hops[:n_frames].reshape(-1)


class FramedStream:
    """One clip through a function of frames, piece by piece: implements `backends.base.Stream`.

    Args:
        framing: the frames that the function needs.
        transform: next frames, shape (frame, time), in order -> the same number of frames to overlap-add. It keeps its
            own state.
    """

    def __init__(self, framing: Framing, transform: Callable[[Frames], Frames]) -> None:
        self._framing = framing
        self._framer = Framer(framing)
        self._adder = OverlapAdder(framing)
        self._transform = transform
        self._n_in = self._n_out = 0
        self._to_drop = framing.lead_samples + framing.delay_samples
        self._is_finished = False

    def push(self, block: Waveform) -> Waveform:
        """Accept the next samples, shape (time,), any length; return the output that is ready, which may be empty.

        Raises:
            UsageError: the stream is finished.
        """
        self._require_open()
        self._n_in += len(block)
        return self._advance(block)

    def finish(self) -> Waveform:
        """Return the rest of the output, so that it is as long as the input in total.

        Raises:
            UsageError: the stream is finished.
        """
        self._require_open()
        self._is_finished = True
        n_missing = self._n_in - self._n_out
        return self._advance(np.zeros(self._framing.tail_samples(self._n_in), np.float32))[:n_missing]

    def _require_open(self) -> None:
        if self._is_finished:
            raise UsageError("this stream is finished and accepts no more samples; open a new one for each clip")

    def _advance(self, samples: Samples) -> Waveform:
        frames = self._framer.push(samples)
        if not len(frames):
            return np.zeros(0, np.float32)
        made = self._adder.push(self._transformed(frames))
        n_dropped = min(self._to_drop, len(made))
        self._to_drop -= n_dropped
        self._n_out += len(made) - n_dropped
        return made[n_dropped:].astype(np.float32)

    def _transformed(self, frames: Frames) -> Frames:
        made = self._transform(frames)
        if made.shape != frames.shape:
            raise BackendError(
                f"a backend returned frames of shape {made.shape} for {frames.shape}; expected the same shape"
            )
        return made
