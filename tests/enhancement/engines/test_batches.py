"""Grouping of clips into batches of similar length."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seinfer.core.records import Job
from seinfer.enhancement.engines.batches import WaitingBatches, group_by_length

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


def _job(clip_id: str) -> Job:
    return Job(clip_id, f"{clip_id}.wav", f"out/{clip_id}.wav", 1.0, "", mono=False)


def _filled(n_batches: int, n_workers: int) -> WaitingBatches:
    waiting = WaitingBatches(n_workers)
    waiting.fill([_job(f"c{index}") for index in range(n_batches)], max_clips=1, max_batch_s=1.0)
    return waiting


@pytest.mark.parametrize(
    ("n_waiting", "n_in_progress", "n_workers", "may_take"),
    [
        *((1, 0, 1, True), (1, 2, 1, True)),  # one worker is always given the next batch
        *((3, 1, 3, True), (2, 1, 3, False)),  # the two other workers may need one each
        *((5, 2, 3, True), (4, 2, 3, False)),
        (1, 0, 3, True),  # a worker without a batch gets the last one
        *((0, 0, 1, False), (0, 0, 3, False)),
    ],
)
def test_waiting_batches_near_the_end_are_kept_for_workers_that_have_fewer(
    n_waiting: int, n_in_progress: int, n_workers: int, may_take: bool
) -> None:
    batch = _filled(n_waiting, n_workers).take(n_in_progress, lambda batch: True)
    assert (batch is not None) is may_take


def test_waiting_batches_returned_by_a_lost_worker_are_next() -> None:
    waiting = _filled(3, 2)
    taken = [batch for _ in range(2) if (batch := waiting.take(0, lambda batch: True))]
    waiting.put_back(taken)
    assert [batch.jobs[0].clip_id for batch in waiting.take_all()] == ["c0", "c1", "c2"]


def test_waiting_batches_are_filled_by_the_first_worker_only() -> None:
    waiting = _filled(2, 2)
    waiting.fill([_job("other")], max_clips=1, max_batch_s=1.0)
    assert len(waiting) == 2
