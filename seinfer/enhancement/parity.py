"""How well a stream agrees with the whole clip, for blocks of different lengths, at the rate of the network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..backends.base import Stream, Waveform, run_stream

_PRIMES = (131, 997, 4_801)


@dataclass(frozen=True)
class BlockParity:
    """Agreement of a stream with the whole clip.

    Attributes:
        block_samples: length of the blocks.
        snr_db: power of the whole clip's result over that of the difference; infinite if they are identical, minus
            infinite if the lengths differ.
    """

    block_samples: int
    snr_db: float


def block_lengths(hop: int, sample_rate: int) -> tuple[int, ...]:
    """Return lengths from one hop to one second, among them primes, of which no hop is a multiple."""
    return tuple(sorted({hop, *_PRIMES, sample_rate // 10, sample_rate}))


def block_parities(
    open_stream: Callable[[], Stream], noisy: Waveform, whole: Waveform, lengths: tuple[int, ...]
) -> list[BlockParity]:
    """Send a clip through a new stream for each length of blocks.

    Args:
        open_stream: starts a clip.
        noisy: shape (time,), at the rate of the network.
        whole: result of `enhance` for it.
        lengths: of the blocks, in samples.
    """
    return [BlockParity(n, agreement_db(whole, run_stream(open_stream(), noisy, n))) for n in lengths]


def agreement_db(reference: Waveform, estimate: Waveform) -> float:
    """Return the power of the reference over that of the difference, in dB; see `BlockParity`."""
    if reference.shape != estimate.shape:
        return float("-inf")
    error = float(np.sum(np.square(reference - estimate, dtype=np.float64)))
    power = float(np.sum(np.square(reference, dtype=np.float64)))
    return 10 * float(np.log10(power / error)) if error and power else float("inf")
