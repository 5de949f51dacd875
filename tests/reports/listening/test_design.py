"""Williams designs by their definition, and orders of sessions by what they must balance."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seinfer.mixing.random_draws import RandomDraws
from seinfer.reports.listening.design import clips_of_sessions, n_equal_neighbours, ordered_cells, placed, williams


@pytest.mark.parametrize("n", range(1, 14))
def test_williams_rows_have_every_condition_equally_often_at_every_position_and_after_every_other(n: int) -> None:
    rows = williams(n)
    assert len(rows) == (1 if n == 1 else n if n % 2 == 0 else 2 * n)
    assert all(sorted(row) == list(range(n)) for row in rows)
    positions = Counter((position, value) for row in rows for position, value in enumerate(row))
    assert set(positions.values()) == {len(rows) // n}
    neighbours = Counter(pair for row in rows for pair in pairwise(row))
    assert len(neighbours) == n * (n - 1)
    assert len(set(neighbours.values())) <= 1


@given(st.integers(2, 8), st.integers(1, 9), st.integers(0, 5))
@settings(max_examples=25)
def test_ordered_cells_have_every_clip_with_every_treatment_once(n_clips: int, n_treatments: int, seed: int) -> None:
    clips, treatments = [f"c{i}" for i in range(n_clips)], [f"t{i}" for i in range(n_treatments)]
    ordered = ordered_cells(clips, treatments, 0, RandomDraws(seed), "session 0")
    assert sorted(ordered.cells) == sorted((clip, treatment) for clip in clips for treatment in treatments)
    assert ordered.n_neighbours == n_equal_neighbours(ordered.cells, is_one_treatment=n_treatments == 1)


@pytest.mark.parametrize(
    ("n_clips", "n_treatments"), [(4, 4), (6, 4), (4, 3), (12, 8), (6, 5), (5, 1), (24, 4), (6, 28), (4, 8)]
)
def test_ordered_cells_never_repeat_a_clip_or_treatment_where_that_is_possible(n_clips: int, n_treatments: int) -> None:
    clips, treatments = [f"c{i}" for i in range(n_clips)], [f"t{i}" for i in range(n_treatments)]
    for session in range(6):
        ordered = ordered_cells(clips, treatments, session * n_clips, RandomDraws(3), f"session {session}")
        assert ordered.n_neighbours == 0


def test_ordered_cells_over_all_sessions_use_every_row_equally_often() -> None:
    treatments = [f"t{i}" for i in range(4)]
    at: Counter[tuple[int, str]] = Counter()
    for session in range(4):
        cells = ordered_cells(["a", "b", "c", "d", "e"], treatments, session * 5, RandomDraws(1), f"{session}").cells
        at.update((i % 4, treatment) for i, (_, treatment) in enumerate(cells))
    assert set(at.values()) == {5}  # 20 blocks, 4 positions


@given(st.integers(1, 30), st.integers(1, 30), st.data())
def test_clips_of_sessions_are_distinct_and_all_clips_have_as_many_sessions_or_one_more(
    n_clips: int, n_sessions: int, data: st.DataObject
) -> None:
    n_each = data.draw(st.integers(1, n_clips))
    parts = clips_of_sessions([f"c{i}" for i in range(n_clips)], n_sessions, n_each)
    assert [len(set(part)) for part in parts] == [n_each] * n_sessions
    counts = Counter(clip for part in parts for clip in part)
    assert n_clips * max(counts.values()) - n_sessions * n_each < n_clips


def test_placed_puts_a_control_trial_only_after_the_trials_that_must_come_before_it() -> None:
    trials = [(f"c{i % 4}", f"t{i % 3}") for i in range(12)]
    for seed in range(20):
        extra = {"gold": (("g", "gold"), 0), "repeat": (trials[1], 6)}
        order = placed(trials, extra, RandomDraws(seed), "session 0")
        assert [one for one in order if isinstance(one, int)] == list(range(12))
        assert order.index("repeat") > order.index(5)
        cells = [trials[one] if isinstance(one, int) else extra[one][0] for one in order]
        assert n_equal_neighbours(cells, is_one_treatment=False) == 0


def test_n_equal_neighbours_counts_clips_and_treatments() -> None:
    cells = [("a", "x"), ("a", "y"), ("b", "y"), ("c", "z")]
    assert n_equal_neighbours(cells, is_one_treatment=False) == 2
    assert n_equal_neighbours([("a", "x"), ("b", "x")], is_one_treatment=True) == 0
