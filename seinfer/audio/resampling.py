"""Sample rates: one resampler (soxr) for everything, whole or piece by piece, and the length that belongs to it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import soxr

Samples = npt.NDArray[np.float32]
"""float32, shape (channels, time)."""


def resample(samples: Samples, source_rate: int, target_rate: int, quality: str = "VHQ") -> Samples:
    """Change the sample rate with soxr (linear phase, its delay compensated).

    Args:
        samples: shape (channels, time).
        source_rate: Hz of `samples`.
        target_rate: Hz wanted.
        quality: a soxr recipe; "VHQ" on the way through a network, "HQ" for scoring.

    Returns:
        Shape (channels, ceil(time * target_rate / source_rate)).
    """
    if source_rate == target_rate:
        return samples
    interleaved = samples.T.copy(order="C")  # soxr looks at the strides, also where an axis has one entry
    resampled = soxr.resample(interleaved, source_rate, target_rate, quality).T
    n_out = resampled_length(samples.shape[1], source_rate, target_rate)
    return fit_length(np.ascontiguousarray(resampled, np.float32), n_out)


def resampled_length(n_samples: int, source_rate: int, target_rate: int) -> int:
    """Return how many samples the same duration has at another rate, in Hz."""
    return -(-n_samples * target_rate // source_rate)


class Resampler:
    """The same change of sample rate, piece by piece: the pieces put together are what `resample` gives."""

    def __init__(self, source_rate: int, target_rate: int, quality: str = "VHQ") -> None:
        """Prepare to go from one rate to another, in Hz."""
        self._stream = (
            soxr.ResampleStream(source_rate, target_rate, 1, dtype="float32", quality=quality)
            if source_rate != target_rate
            else None
        )

    def push(self, block: npt.NDArray[np.float32], *, is_last: bool = False) -> npt.NDArray[np.float32]:
        """Take samples of shape (time,), return those that are ready."""
        if self._stream is None:
            return block
        ready: npt.NDArray[np.float32] = self._stream.resample_chunk(np.ascontiguousarray(block), last=is_last)
        return ready


def fit_length(samples: Samples, n_samples: int) -> Samples:
    """Cut or zero-pad the end of samples of shape (channels, time)."""
    missing = n_samples - samples.shape[1]
    return np.pad(samples, ((0, 0), (0, missing))) if missing > 0 else samples[:, :n_samples]
