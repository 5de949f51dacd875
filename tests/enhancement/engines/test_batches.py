"""Grouping of clips into batches of similar length."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seinfer.enhancement.engines.batches import group_by_length

LENGTHS_S = st.lists(st.floats(0.01, 100), max_size=60)


@given(LENGTHS_S, st.integers(1, 9), st.floats(1, 300))
def test_group_by_length_any_lengths_contain_every_clip_once(
    lengths_s: list[float], max_clips: int, max_batch_s: float
) -> None:
    groups = group_by_length(lengths_s, max_clips=max_clips, max_batch_s=max_batch_s)
    assert sorted(index for group in groups for index in group) == list(range(len(lengths_s)))


@given(LENGTHS_S, st.integers(1, 9), st.floats(1, 300))
def test_group_by_length_any_lengths_keep_both_limits(
    lengths_s: list[float], max_clips: int, max_batch_s: float
) -> None:
    for group in group_by_length(lengths_s, max_clips=max_clips, max_batch_s=max_batch_s):
        longest_s = max(lengths_s[index] for index in group)
        assert len(group) <= max_clips
        assert len(group) == 1 or len(group) * longest_s <= max_batch_s


def test_group_by_length_mixed_lengths_groups_similar_lengths() -> None:
    groups = group_by_length([1.0, 9.0, 1.1, 9.1, 1.2], max_clips=2, max_batch_s=100)
    assert groups == [[3, 1], [4, 2], [0]]


@pytest.mark.parametrize("max_clips", [1, 3])
def test_group_by_length_clip_beyond_the_limit_is_a_group_of_its_own(max_clips: int) -> None:
    assert group_by_length([500.0, 2.0], max_clips=max_clips, max_batch_s=60.0) == [[0], [1]]
