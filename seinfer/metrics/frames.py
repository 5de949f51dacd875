"""Overlapping frames of a signal, and the windows that the metrics multiply them with."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from .signals import Floats

_GROUP = 64
"""Frames processed at a time: few enough that a group stays in the processor's cache."""


def frames_of(signal: Floats, win_length: int, hop_length: int) -> Floats:
    """Return a read-only view of all whole frames of a signal of shape (time,), shape (frame, win_length)."""
    return sliding_window_view(signal, win_length)[::hop_length]


def in_groups(n_frames: int) -> Iterator[slice]:
    """Yield slices of consecutive frames that together cover all of them."""
    for start in range(0, n_frames, _GROUP):
        yield slice(start, min(start + _GROUP, n_frames))


def periodic_hann(win_length: int) -> Floats:
    """Return w[n] = 0.5 - 0.5 cos(2 pi n / N), n = 0 ... N - 1: the window of librosa's STFT."""
    return np.hanning(win_length + 1)[:-1]


def matlab_hann(win_length: int) -> Floats:
    """Return w[n] = 0.5 - 0.5 cos(2 pi (n + 1) / (N + 1)): MATLAB's `hanning`, without zeros at the ends."""
    return np.hanning(win_length + 2)[1:-1]


def frame_energies(signal: Floats, window: Floats, hop_length: int, n_frames: int) -> Floats:
    """Return sum over n of (w[n] x[t hop_length + n])^2 for each frame t, shape (frame,).

    Each sample is squared once, although it is part of several frames.

    Args:
        signal: shape (time,).
        window: shape (win_length,); a multiple of the hop.
        hop_length: in samples.
        n_frames: how many frames, all of which end within the signal.
    """
    n_hops = len(window) // hop_length  # in a frame
    power = np.square(signal[: (n_frames + n_hops - 1) * hop_length]).reshape(-1, hop_length)
    weights = np.square(window).reshape(-1, hop_length)
    return np.asarray(sum(power[i : i + n_frames] @ weights[i] for i in range(n_hops)))
