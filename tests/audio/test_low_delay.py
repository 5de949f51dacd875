"""The resampler with a short delay: the same result as soxr, returned earlier, and for every way of cutting."""

from __future__ import annotations

import numpy as np
import pytest

from seinfer.audio.low_delay import LowDelayResampler
from seinfer.audio.resampling import resample
from seinfer.core.errors import UsageError
from tests.helpers import snr_db

from .sounds import noise

PAIRS_HZ = [
    (48_000, 16_000),
    (16_000, 48_000),
    (44_100, 16_000),
    (16_000, 44_100),
    (44_100, 48_000),
    (48_000, 44_100),
    (8_000, 16_000),
    (11_025, 16_000),
]
SIZES = (1, 480, 0, 997, 4_000)
"""Lengths of blocks, in turn."""


def in_blocks(resampler: LowDelayResampler, signal: np.ndarray) -> tuple[np.ndarray, list[tuple[int, int]]]:
    """Return the joined output, and the samples given and returned so far after each block."""
    pieces, counts, start = [], [], 0
    while start < len(signal):
        block = signal[start : start + SIZES[len(pieces) % len(SIZES)]]
        pieces.append(resampler.push(block))
        start += len(block)
        counts.append((start, sum(map(len, pieces))))
    pieces.append(resampler.push(np.zeros(0, np.float32), is_last=True))
    return np.concatenate(pieces), counts


@pytest.mark.parametrize(("source", "target"), PAIRS_HZ)
def test_low_delay_resampler_in_blocks_equals_soxr_of_the_whole(source: int, target: int) -> None:
    signal = noise(1, source + 17)[0]
    whole = resample(signal[None], source, target)[0]
    joined, _ = in_blocks(LowDelayResampler(source, target), signal)
    assert joined.shape == whole.shape and joined.dtype == np.float32
    # The first ten samples and the last one: there soxr deviates from its own filter.
    assert snr_db(reference=whole[10:-1], estimate=joined[10:-1]) > 110


@pytest.mark.parametrize(("source", "target"), PAIRS_HZ)
def test_low_delay_resampler_returns_as_many_samples_as_it_states(source: int, target: int) -> None:
    resampler = LowDelayResampler(source, target)
    _, counts = in_blocks(resampler, noise(1, source // 2)[0])
    n_in, n_out = np.array(counts).T
    np.testing.assert_array_equal(resampler.n_ready(n_in), n_out)


@pytest.mark.parametrize(("source", "target"), PAIRS_HZ)
def test_low_delay_resampler_is_late_by_half_the_filter(source: int, target: int) -> None:
    n_in = np.arange(1, source)
    late_s = n_in / source - LowDelayResampler(source, target).n_ready(n_in) / target
    assert late_s.max() < 120 / min(source, target)


@pytest.mark.parametrize("n_samples", [0, 1, 2, 100])
def test_low_delay_resampler_of_a_short_signal_keeps_the_length_of_soxr(n_samples: int) -> None:
    signal = noise(1, 100)[0, :n_samples]
    last = LowDelayResampler(44_100, 16_000).push(signal, is_last=True)
    assert len(last) == resample(signal[None], 44_100, 16_000).shape[1]


def test_low_delay_resampler_at_equal_rates_returns_its_input() -> None:
    block = noise(1, 10)[0]
    np.testing.assert_array_equal(LowDelayResampler(16_000, 16_000).push(block), block)


def test_low_delay_resampler_of_an_odd_ratio_is_refused_with_the_ratio() -> None:
    with pytest.raises(UsageError, match=r"44099 Hz cannot be changed to 16000 Hz.*16000/44099"):
        LowDelayResampler(44_099, 16_000)
