from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from seinfer.backends.batching import buckets, pad

WAVEFORMS = st.lists(hnp.arrays(np.float32, st.integers(0, 50), elements=st.floats(-1, 1, width=32)), max_size=8)
LENGTHS_S = st.lists(st.floats(0.01, 100), max_size=60)


@given(WAVEFORMS)
def test_pad_any_waveforms_rows_give_them_back(waveforms: list[np.ndarray]) -> None:
    batch = pad(waveforms)
    assert len(batch) == len(waveforms)
    for row, waveform in zip(batch.rows(), waveforms, strict=True):
        np.testing.assert_array_equal(row, waveform)


@given(WAVEFORMS)
def test_pad_any_waveforms_fills_with_zeros_at_the_end(waveforms: list[np.ndarray]) -> None:
    batch = pad(waveforms)
    for row, length in zip(batch.samples, batch.lengths, strict=True):
        assert not row[length:].any()


@given(LENGTHS_S, st.integers(1, 9), st.floats(1, 300))
def test_buckets_any_lengths_hold_every_clip_once(lengths_s: list[float], max_clips: int, max_batch_s: float) -> None:
    groups = buckets(lengths_s, max_clips=max_clips, max_batch_s=max_batch_s)
    assert sorted(index for group in groups for index in group) == list(range(len(lengths_s)))


@given(LENGTHS_S, st.integers(1, 9), st.floats(1, 300))
def test_buckets_any_lengths_keep_both_limits(lengths_s: list[float], max_clips: int, max_batch_s: float) -> None:
    for group in buckets(lengths_s, max_clips=max_clips, max_batch_s=max_batch_s):
        longest_s = max(lengths_s[index] for index in group)
        assert len(group) <= max_clips
        assert len(group) == 1 or len(group) * longest_s <= max_batch_s


def test_buckets_mixed_lengths_put_like_beside_like() -> None:
    groups = buckets([1.0, 9.0, 1.1, 9.1, 1.2], max_clips=2, max_batch_s=100)
    assert groups == [[3, 1], [4, 2], [0]]


@pytest.mark.parametrize("max_clips", [1, 3])
def test_buckets_one_clip_beyond_the_limit_stands_alone(max_clips: int) -> None:
    assert buckets([500.0, 2.0], max_clips=max_clips, max_batch_s=60.0) == [[0], [1]]
