"""How long a stream keeps a sample: measured on the stream of the network and on the resamplers, not declared.

The number of samples that a stream returns depends only on the number that it was given. Each part is measured or
computed by itself, and the numbers are combined for every length of the input.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import gcd, lcm

import numpy as np
import numpy.typing as npt

from ..audio.low_delay import Counts, LowDelayResampler
from ..audio.resampling import Resampler
from ..backends.base import Stream
from ..core.errors import BackendError, UsageError

_LONGEST_WAIT_S = 10.0
# The resampler of soxr returns its output in long pieces, which meet the hops of the network in a slowly changing way.
_SOXR_S = 10.0
_COARSE_SAMPLES = 64


@dataclass(frozen=True)
class Pace:
    """When the stream of a network returns its output, in samples at its own rate.

    Attributes:
        first_in: input after which the first output is ready.
        first_out: length of the first output.
        hop: input between two further outputs, and length of each.
    """

    first_in: int
    first_out: int
    hop: int

    def n_ready(self, n_in: Counts) -> Counts:
        """Return how much output is ready after `n_in` input samples, for each entry."""
        later = self.first_out + (n_in - self.first_in) // self.hop * self.hop
        return np.where(n_in >= self.first_in, later, 0)


def measure_pace(stream: Stream, sample_rate: int, name: str) -> Pace:
    """Send silence through a new stream sample by sample, until it has returned output twice.

    Args:
        stream: of a network.
        sample_rate: Hz.
        name: of the model.

    Raises:
        UsageError: it returns nothing for ten seconds.
        BackendError: it returns more or less than it is given.
    """
    sample = np.zeros(1, np.float32)
    outputs: list[tuple[int, int]] = []
    for n_in in range(1, round(_LONGEST_WAIT_S * sample_rate) + 1):
        if n_out := len(stream.push(sample)):
            outputs.append((n_in, n_out))
        if len(outputs) == 2:
            (first_in, first_out), (second_in, second_out) = outputs
            if second_in - first_in != second_out:
                raise BackendError(
                    f"{name}: its stream returned {second_out} samples for {second_in - first_in} samples of input; "
                    "expected as many, see Stream in seinfer/backends/base.py"
                )
            return Pace(first_in, first_out, second_out)
    raise UsageError(f"{name} cannot run as a stream: it returns no output in the first {_LONGEST_WAIT_S:g} s")


def longest_wait(pace: Pace, sample_rate: int, model_rate: int, *, step: int, low_delay: bool) -> int:
    """Return the largest number of samples by which the output is behind the input, at `sample_rate`.

    Args:
        pace: of the network.
        sample_rate: Hz of the blocks.
        model_rate: Hz of the network.
        step: length of every block in samples; the output is looked at after each block.
        low_delay: which of the two resamplers is used.
    """
    common = gcd(sample_rate, model_rate)
    up, down = model_rate // common, sample_rate // common
    first = -(-(pace.first_in + pace.hop) * down // up)
    # Input after which the pattern of the outputs repeats; with soxr, a time in which the largest wait occurs.
    period = lcm(down * lcm(pace.hop, up) // up, step)
    if sample_rate != model_rate and not low_delay:
        period = max(step, round(_SOXR_S * sample_rate))
    n_in = np.arange(step, first + sample_rate // 5 + period + step, step)
    into, out_of = (
        _n_resampled(*rates, int(n_in[-1] * rates[0] // sample_rate) + 1, low_delay=low_delay)
        for rates in ((sample_rate, model_rate), (model_rate, sample_rate))
    )
    return int((n_in - out_of[pace.n_ready(into[n_in])]).max())


@lru_cache(maxsize=8)
def _n_resampled(source_rate: int, target_rate: int, n_in: int, *, low_delay: bool) -> Counts:
    """Return how many samples a resampler has returned after 0, 1, 2, ... `n_in` input samples."""
    if low_delay or source_rate == target_rate:
        return LowDelayResampler(source_rate, target_rate).n_ready(np.arange(n_in + 1))
    # Sample by sample only where the first pass, in blocks, shows that output becomes ready: soxr is slow by the call.
    ends = np.minimum(np.arange(_COARSE_SAMPLES, n_in + _COARSE_SAMPLES, _COARSE_SAMPLES), n_in)
    coarse = _returned(Resampler(source_rate, target_rate), np.diff(ends, prepend=0))
    grows = np.diff(coarse, prepend=0) > 0
    lengths = np.diff(ends, prepend=0)
    sizes = np.concatenate([np.ones(n, int) if fine else [n] for n, fine in zip(lengths, grows, strict=True)])
    fine = _returned(Resampler(source_rate, target_rate), sizes)
    counts = np.zeros(n_in + 1, np.int64)
    counts[np.cumsum(sizes)] = fine
    return np.maximum.accumulate(counts)


def _returned(resampler: Resampler, sizes: Sequence[int] | npt.NDArray[np.int64]) -> Counts:
    """Return the total length of the output after each block of silence."""
    silence = np.zeros(max(sizes), np.float32)
    return np.cumsum([len(resampler.push(silence[:size])) for size in sizes])
