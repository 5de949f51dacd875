"""Changing the sample rate with soxr, of a whole signal or block by block, and the exact length of the result.

Source: soxr, the SoX Resampler library (python-soxr); "VHQ" and "HQ" are its quality settings. No files are read here,
so this is the only module of audio/ that a backend may import.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import soxr

Samples = npt.NDArray[np.float32]
"""Audio samples: float32, shape (channels, time), nominally within [-1, 1]."""


def resample(samples: Samples, source_rate: int, target_rate: int, quality: str = "VHQ") -> Samples:
    """Change the sample rate with soxr (linear phase, its delay compensated).

    Args:
        samples: shape (channels, time).
        source_rate: Hz of `samples`.
        target_rate: Hz wanted.
        quality: a soxr quality setting; "VHQ" before and after a network, "HQ" for scoring.

    Returns:
        Shape (channels, ceil(time * target_rate / source_rate)).
    """
    if source_rate == target_rate:
        return samples
    interleaved = samples.T.copy(order="C")  # soxr depends on the strides, even of an axis with one entry
    resampled = soxr.resample(interleaved, source_rate, target_rate, quality).T
    n_out = resampled_length(samples.shape[1], source_rate, target_rate)
    return fit_length(np.ascontiguousarray(resampled, np.float32), n_out)


def resampled_length(n_samples: int, source_rate: int, target_rate: int) -> int:
    """Return how many samples the same duration has at `target_rate`, rounded up; rates in Hz."""
    return -(-n_samples * target_rate // source_rate)


class Resampler:
    """Change the sample rate of one channel block by block; the joined blocks equal the result of `resample`."""

    def __init__(self, source_rate: int, target_rate: int, quality: str = "VHQ") -> None:
        """Create a resampler from `source_rate` to `target_rate`, in Hz."""
        self._stream = (
            soxr.ResampleStream(source_rate, target_rate, 1, dtype="float32", quality=quality)
            if source_rate != target_rate
            else None
        )

    def push(self, block: npt.NDArray[np.float32], *, is_last: bool = False) -> npt.NDArray[np.float32]:
        """Resample the next block.

        Args:
            block: shape (time,).
            is_last: whether the signal ends with this block; then the delayed rest is returned too.

        Returns:
            The output samples that are ready, shape (time,); fewer at the start, because of the filter's delay.
        """
        if self._stream is None:
            return block
        ready: npt.NDArray[np.float32] = self._stream.resample_chunk(np.ascontiguousarray(block), last=is_last)
        return ready


def fit_length(samples: Samples, n_samples: int) -> Samples:
    """Cut or zero-pad samples of shape (channels, time) at the end, to a length of `n_samples`."""
    missing = n_samples - samples.shape[1]
    return np.pad(samples, ((0, 0), (0, missing))) if missing > 0 else samples[:, :n_samples]
