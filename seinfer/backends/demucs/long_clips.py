"""Clips that are too long to run at once: exactly, in blocks, if the LSTM is causal; otherwise in windows.

Blocks: a sample of the result depends on the clip through the convolutions, which span a known number of frames, and
through the LSTM. Neighbouring blocks share some frames. The LSTM's state and its output for the shared frames are
carried to the next block; the convolutions are computed again, and only samples that no edge of a block has changed are
kept. So the result equals that of the whole clip, except for rounding.

Windows: a bidirectional LSTM needs the end of the clip before the first sample. Windows that overlap and are
cross-faded are an approximation.

Source: arithmetic of the receptive field over the layers in facebookresearch/denoiser@8afd7c1, denoiser/demucs.py. Its
`DemucsStreamer` is another algorithm, which estimates the level while it runs: its output differs by 9 to 18 %.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from .network import Memory, Network

if TYPE_CHECKING:
    import torch


def in_blocks(network: Network, clip: torch.Tensor, max_frames: int) -> torch.Tensor:
    """Run a clip of shape (time,) through a network with a causal LSTM, at most `max_frames` of the LSTM at a time."""
    return Blocks(network, len(clip), max_frames).push(clip)


class Blocks:
    """Runs a clip of known length through a network with a causal LSTM, block by block as its samples arrive.

    Args:
        network: the caller handles the level of the clip.
        n_samples: length of the whole clip.
        max_frames: LSTM frames in a block, at most.
    """

    def __init__(self, network: Network, n_samples: int, max_frames: int) -> None:
        self._network, self._n_samples = network, n_samples
        self._n_shared, self._n_frames = shared_frames(network), network.n_frames(n_samples)
        self._blocks = list(_blocks(self._n_frames, max(max_frames, self._n_shared + 1), self._n_shared))[::-1]
        self._n_valid = network.valid_samples(n_samples)
        self._kept: torch.Tensor | None = None
        self._n_dropped = self._n_seen = self._n_done = 0
        self._memory: Memory | None = None

    def push(self, samples: torch.Tensor) -> torch.Tensor:
        """Take the next samples, shape (time,); return the results that are ready: all, once the clip is complete."""
        import torch
        from torch.nn import functional

        self._n_seen += len(samples)
        if len(samples) and self._n_seen == self._n_samples:
            samples = functional.pad(samples, (0, self._n_valid - self._n_samples))
        self._kept = samples if self._kept is None else torch.cat([self._kept, samples])
        ready = [samples[:0]]
        while self._blocks and self._needed(*self._blocks[-1])[1] <= self._n_dropped + len(self._kept):
            ready.append(self._run(*self._blocks.pop()))
            self._forget()
        return torch.cat(ready)

    def _needed(self, first: int, stop: int) -> tuple[int, int]:
        """Return the first and last sample that the resampler needs for a block, within the clip."""
        start, end = _reach(self._network, first, stop)
        factor, n_around = self._network.factor, self._network.resampler.reach_samples
        return max(0, start // factor - n_around), min(self._n_valid, -(-end // factor) + n_around)

    def _run(self, first: int, stop: int) -> torch.Tensor:
        """Return the samples of the result that no edge has changed and that were not returned before."""
        assert self._kept is not None
        network = self._network
        low, high = self._needed(first, stop)
        around = self._kept[low - self._n_dropped : high - self._n_dropped]
        begin, piece, memory = _run_block(network, around, low, _reach(network, first, stop), self._memory)
        self._memory = memory.last(self._n_shared)
        untouched = stop * network.hop_samples // network.factor - network.resampler.reach_samples
        end = self._n_samples if stop == self._n_frames else untouched
        done, self._n_done = self._n_done, end
        return piece[done - begin : end - begin]

    def _forget(self) -> None:
        """Drop the samples that no later block needs."""
        assert self._kept is not None
        low = self._needed(*self._blocks[-1])[0] if self._blocks else self._n_valid
        self._kept = self._kept[low - self._n_dropped :]
        self._n_dropped = low


def shared_frames(network: Network) -> int:
    """Return how many frames two blocks must share, so that no sample depends on the edges of both."""
    # An edge changes the samples that a frame spans beyond its hop, then the resampler's reach at both ends, and
    # rounding.
    touched = network.frame_samples - network.hop_samples + 2 * network.factor * (network.resampler.reach_samples + 1)
    return -(-touched // network.hop_samples)


def _blocks(n_frames: int, max_frames: int, n_shared: int) -> Iterator[tuple[int, int]]:
    """Yield the first frame of each block and the one after its last."""
    first, stop = 0, 0
    while stop < n_frames:
        stop = min(first + max_frames, n_frames)
        yield first, stop
        first = stop - n_shared


def _reach(network: Network, first: int, stop: int) -> tuple[int, int]:
    """Return the first and last sample, at the rate of the convolutions, of the frames from `first` to `stop`."""
    return first * network.hop_samples, (stop - 1) * network.hop_samples + network.frame_samples


def _run_block(
    network: Network, around: torch.Tensor, low: int, reach: tuple[int, int], memory: Memory | None
) -> tuple[int, torch.Tensor, Memory]:
    """Run a block; return the sample where the result begins, the result and the memory.

    Args:
        network: with its resampler.
        around: shape (time,), the samples that the resampler needs for the block.
        low: the sample of the clip with which `around` begins.
        reach: first and last sample of the block at the rate of the convolutions.
        memory: of the block before.
    """
    factor, (start, end) = network.factor, reach
    upsampled = network.resampler.up(around[None], [len(around)])[:, start - low * factor : end - low * factor]
    decoded, [n_decoded], memory = network.convolve(upsampled, [upsampled.shape[1]], memory)
    begin = -(-start // factor)
    n_cut = begin * factor - start
    return begin, network.resampler.down(decoded[:, n_cut:], [n_decoded - n_cut])[0], memory


def in_windows(network: Network, clip: torch.Tensor, window_samples: int, overlap_samples: int) -> torch.Tensor:
    """Run a clip of shape (time,) that is longer than a window in windows, an approximation.

    Neighbours share at least `overlap_samples`, to within a frame. They are cross-faded in the middle of these, far
    from the edges of both, over half of `overlap_samples`.
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
    """Yield the first and last sample of each window.

    Each begins on a frame of the LSTM, counted from the start of the clip: the network is not invariant to smaller
    shifts.
    """
    frame = network.hop_samples // math.gcd(network.hop_samples, network.factor)
    n_more = -(-(n_samples - window_samples) // (window_samples - overlap_samples))
    for index in range(n_more + 1):
        start = index * (n_samples - window_samples) // (n_more * frame) * frame
        yield start, n_samples if index == n_more else start + window_samples
