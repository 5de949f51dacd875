"""Clips side by side: frames and samples of a row, and the groups in which rows run."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np
import pytest

from seinfer.backends.frames import Framing
from seinfer.backends.side_by_side import Row, run_in_groups

from .golden_clip import golden_clip

FRAMING = Framing(win_length=8, hop_length=2, lead_samples=6)


def copy_frames(rows: Sequence[Row], frames_at_once: int = 3) -> None:
    """Run the network that returns its input; overlap-add makes it four times as loud."""
    for row in rows:
        for start in range(0, row.n_frames, frames_at_once):
            row.take(row.frames(start, start + frames_at_once))


@pytest.mark.parametrize("n_samples", [0, 1, 2, 7, 8, 9, 50])
@pytest.mark.parametrize("frames_at_once", [1, 3, 100])
def test_row_of_copied_frames_is_the_clip_four_times(n_samples: int, frames_at_once: int) -> None:
    clip = golden_clip(16_000, 50)[:n_samples]
    row = Row(clip, FRAMING)
    copy_frames([row], frames_at_once)
    assert np.allclose(row.waveform(), 4 * clip, atol=1e-6)


@pytest.mark.parametrize("lead_samples", [0, 4, 8])
def test_row_of_a_framing_without_a_full_lead_is_refused(lead_samples: int) -> None:
    with pytest.raises(ValueError, match="must be win_length - hop_length"):
        Row(np.zeros(3, np.float32), Framing(8, 2, lead_samples=lead_samples))


@pytest.mark.parametrize(
    ("threads", "clips_at_once", "sizes"), [(1, 8, [5]), (2, 8, [2, 3]), (1, 2, [1, 2, 2]), (9, 1, [1, 1, 1, 1, 1])]
)
def test_run_in_groups_runs_each_row_once_with_the_longest_first(
    threads: int, clips_at_once: int, sizes: list[int]
) -> None:
    rows = [Row(golden_clip(16_000, n_samples), FRAMING) for n_samples in (10, 50, 30, 1, 40)]
    seen: list[list[int]] = []
    lock = threading.Lock()

    def run(group: Sequence[Row]) -> None:
        copy_frames(group)
        with lock:
            seen.append([row.n_frames for row in group])

    run_in_groups(rows, run, threads=threads, clips_at_once=clips_at_once)
    assert sorted(map(len, seen)) == sizes
    assert sorted(n_frames for group in seen for n_frames in group) == sorted(row.n_frames for row in rows)
    assert all(group == sorted(group, reverse=True) for group in seen)


def test_run_in_groups_of_no_rows_runs_nothing() -> None:
    run_in_groups([], pytest.fail, threads=2, clips_at_once=2)
