"""Demucs's resampling by 2 and 4 with a windowed sinc, as one matrix product for many samples.

The rule it keeps: the taps are the package's own, and the result of a clip does not depend on the length of its batch:
the samples that the sinc adds beyond the end of a clip are removed after each doubling or halving, as for a clip alone.

Convolution routines are slow for a filter with one input and one output channel: in the package it takes a third of the
time for 0.25 % of the arithmetic. Here a block of samples, with its neighbours, times a banded matrix gives a block of
outputs. That is almost three times the arithmetic, but matrix multiplication is the fastest routine available.

Source: facebookresearch/denoiser@8afd7c1, denoiser/resample.py, after Smith and Gossett, "A flexible sampling-rate
conversion method", ICASSP 1984.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

# Outputs of one row of the product. Measured on 2 cores: 64 to 128 are best, 512 takes twice as long.
_BLOCK_SAMPLES = 64


class Resampler:
    """Up and down by a factor, for signals of shape (batch, time) that are zero beyond each row's length.

    Attributes:
        factor: 1, 2 or 4.
        reach_samples: distance, in samples at the lower rate, up to which a result depends on the signal around it.
    """

    def __init__(self, taps: torch.Tensor, factor: int) -> None:
        """Take the filter of shape (tap,): an even number of taps, for the samples half-way between others."""
        self.factor = factor
        self._n_stages = factor.bit_length() - 1
        self._half = len(taps) // 2
        self.reach_samples = 2 * self._half * (factor - 1) // factor
        self._bands = _banded(taps, _BLOCK_SAMPLES)

    def up(self, signal: torch.Tensor, lengths: Sequence[int]) -> torch.Tensor:
        """Return (batch, factor x time), zero beyond factor x each row's length."""
        import torch

        for stage in range(1, self._n_stages + 1):
            between = self._filter(signal, self._half - 1)
            signal = torch.stack([signal, between], -1).flatten(1)
            cut(signal, [length << stage for length in lengths])
        return signal

    def down(self, signal: torch.Tensor, lengths: Sequence[int]) -> torch.Tensor:
        """Return (batch, time / factor), rounded up. Signal and result are zero beyond each row's length."""
        for stage in range(1, self._n_stages + 1):
            odd = self._filter(signal[:, 1::2], self._half, n_samples=-(-signal.shape[1] // 2))
            signal = odd.add_(signal[:, ::2]).mul_(0.5)
            cut(signal, [-(-length // (1 << stage)) for length in lengths])
        return signal

    def _filter(self, signal: torch.Tensor, n_before: int, n_samples: int | None = None) -> torch.Tensor:
        """Return n_samples outputs (default: one per sample); output i is computed from sample i - n_before onwards."""
        from torch.nn import functional

        n_samples = signal.shape[1] if n_samples is None else n_samples
        span = len(self._bands)
        n_blocks = -(-n_samples // _BLOCK_SAMPLES)
        n_after = (n_blocks - 1) * _BLOCK_SAMPLES + span - n_before - signal.shape[1]
        padded = functional.pad(signal, (n_before, n_after))
        return (padded.unfold(1, span, _BLOCK_SAMPLES) @ self._bands).flatten(1)[:, :n_samples]


def cut(signal: torch.Tensor, lengths: Sequence[int]) -> None:
    """Set each row of (batch, ..., time) to zero beyond its length, in place."""
    for row, length in zip(signal, lengths, strict=True):
        row[..., length:].zero_()


def _banded(taps: torch.Tensor, n_outputs: int) -> torch.Tensor:
    """Return the matrix of shape (tap + output - 1, output) whose columns are the taps, each one row lower."""
    matrix = taps.new_zeros(len(taps) + n_outputs - 1, n_outputs)
    for column in range(n_outputs):
        matrix[column : column + len(taps), column] = taps
    return matrix
