"""Clips that are too long to run at once: in blocks, exactly, where the LSTM looks back only; else in windows.

Blocks: a sample of the result depends on the clip through the convolutions, which reach a known number of frames, and
through the LSTM. Neighbouring blocks share some frames. The LSTM's state, and what it made of the shared frames, are
carried; all else of these is computed again, and only what no edge of a block has touched is kept. So the result is
that of the whole clip, to rounding.

Windows: an LSTM that also runs backwards needs the end of the clip before the first sample. Windows that overlap and
are faded into each other are an approximation.

Source: arithmetic of the receptive field over the layers in facebookresearch/denoiser@8afd7c1, denoiser/demucs.py. Its
`DemucsStreamer` is another algorithm, which estimates the level on the way: 9 to 18 % off the whole clip.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from .demucs_network import Memory, Network

if TYPE_CHECKING:
    import torch


def in_blocks(network: Network, clip: torch.Tensor, max_frames: int) -> torch.Tensor:
    """Run a clip of shape (time,) through a network whose LSTM looks back only, `max_frames` of the LSTM at a time."""
    import torch
    from torch.nn import functional

    padded = functional.pad(clip, (0, network.valid_samples(len(clip)) - len(clip)))
    enhanced, n_done = torch.empty_like(clip), 0
    n_frames, n_shared = network.n_frames(len(clip)), shared_frames(network)
    memory: Memory | None = None
    for first, stop in _blocks(n_frames, max(max_frames, n_shared + 1), n_shared):
        begin, piece, memory = _run_block(network, padded, first, stop, memory)
        memory = memory.last(n_shared)
        untouched = stop * network.hop_samples // network.factor - network.resampler.reach_samples
        end = len(clip) if stop == n_frames else untouched
        enhanced[n_done:end] = piece[n_done - begin : end - begin]
        n_done = end
    return enhanced


def shared_frames(network: Network) -> int:
    """Return how many frames two blocks must share, so that every sample is untouched by the edges of one of them."""
    # An edge touches what a frame reaches beyond its hop; then the resampler's reach at either end, and rounding.
    touched = network.frame_samples - network.hop_samples + 2 * network.factor * (network.resampler.reach_samples + 1)
    return -(-touched // network.hop_samples)


def _blocks(n_frames: int, max_frames: int, n_shared: int) -> Iterator[tuple[int, int]]:
    """Yield the first frame of each block and the one after its last."""
    first, stop = 0, 0
    while stop < n_frames:
        stop = min(first + max_frames, n_frames)
        yield first, stop
        first = stop - n_shared


def _run_block(
    network: Network, padded: torch.Tensor, first: int, stop: int, memory: Memory | None
) -> tuple[int, torch.Tensor, Memory]:
    """Run frames `first` to `stop`; return the sample where the result begins, the result and the memory."""
    factor, resampler = network.factor, network.resampler
    start, end = first * network.hop_samples, (stop - 1) * network.hop_samples + network.frame_samples
    # The samples around it that the resampler sees; at the ends of the clip there are none, as for a whole clip.
    low = max(0, start // factor - resampler.reach_samples)
    high = min(len(padded), -(-end // factor) + resampler.reach_samples)
    upsampled = resampler.up(padded[None, low:high], [high - low])[:, start - low * factor : end - low * factor]
    decoded, [n_decoded], memory = network.convolve(upsampled, [upsampled.shape[1]], memory)
    begin = -(-start // factor)
    n_cut = begin * factor - start
    return begin, resampler.down(decoded[:, n_cut:], [n_decoded - n_cut])[0], memory


def in_windows(network: Network, clip: torch.Tensor, window_samples: int, overlap_samples: int) -> torch.Tensor:
    """Run a clip of shape (time,) that is longer than a window in windows, an approximation.

    Neighbours share `overlap_samples` or more, give or take a frame. In the middle of these, far from both edges, one
    fades into the other, over half of `overlap_samples`.
    """
    import torch

    enhanced, previous_stop = torch.empty_like(clip), 0
    ramp = torch.linspace(0, 1, overlap_samples // 2, device=clip.device)
    for start, stop in _windows(network, len(clip), window_samples, overlap_samples):
        [piece] = network.whole(clip[None, start:stop], [stop - start])
        begin = (start + previous_stop - len(ramp)) // 2 if start else 0
        if start:
            fading = piece[begin - start : begin - start + len(ramp)]
            fading.mul_(ramp).add_(enhanced[begin : begin + len(ramp)] * (1 - ramp))
        enhanced[begin:stop] = piece[begin - start :]
        previous_stop = stop
    return enhanced


def _windows(network: Network, n_samples: int, window_samples: int, overlap_samples: int) -> Iterator[tuple[int, int]]:
    """Yield where each window begins and ends.

    Each begins on a frame of the LSTM as counted from the start of the clip: between frames, the network is another.
    """
    frame = network.hop_samples // math.gcd(network.hop_samples, network.factor)
    n_more = -(-(n_samples - window_samples) // (window_samples - overlap_samples))
    for index in range(n_more + 1):
        start = index * (n_samples - window_samples) // (n_more * frame) * frame
        yield start, n_samples if index == n_more else start + window_samples
