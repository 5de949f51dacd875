from __future__ import annotations

import numpy as np
import pytest

from seinfer.stats import compare

NAN = np.nan


def test_compare_uses_the_clips_that_have_a_score_for_every_model() -> None:
    found = compare(np.array([[1.0, 2.0, 3.0, NAN], [5.0, NAN, 7.0, 8.0]]))
    assert found.common.tolist() == [True, False, True, False]
    first, second = found.models
    assert first.summary is not None and second.summary is not None
    assert (first.n, first.summary.n, first.summary.interval.mean) == (3, 2, 2.0)
    assert (second.n, second.summary.n, second.summary.interval.mean) == (3, 2, 6.0)
    assert found.pairs[0, 1].interval.mean == -4.0


def test_compare_model_without_any_score_is_excluded_and_keeps_the_common_clips() -> None:
    found = compare(np.array([[1.0, 2.0], [NAN, NAN], [2.0, 4.0]]))
    assert found.n_common == 2
    assert (found.models[1].n, found.models[1].summary, found.models[1].rank) == (0, None, None)
    assert set(found.pairs) == {(0, 2)}
    assert found.difference(0, 1) is None


def test_compare_models_without_a_common_clip_have_no_summary() -> None:
    found = compare(np.array([[1.0, NAN], [NAN, 2.0]]))
    assert [(model.n, model.summary) for model in found.models] == [(1, None), (1, None)]
    assert found.pairs == {}


def test_compare_difference_of_the_reversed_pair_changes_its_sign() -> None:
    found = compare(np.random.default_rng(0).normal(size=(2, 8)))
    forward, reverse = found.difference(0, 1), found.difference(1, 0)
    assert forward is not None and reverse is not None
    assert reverse.interval.mean == -forward.interval.mean
    assert forward.interval.low is not None and reverse.interval.high == -forward.interval.low
    assert (reverse.first, reverse.second) == (1, 0)


@pytest.mark.parametrize(("higher_is_better", "ranks"), [(True, [3, 1, 1]), (False, [1, 2, 2])])
def test_compare_ranks_follow_the_direction_and_are_equal_for_equal_means(
    higher_is_better: bool, ranks: list[int]
) -> None:
    found = compare(np.array([[1.0, 1.0], [2.0, 4.0], [4.0, 2.0]]), higher_is_better=higher_is_better)
    assert [model.rank for model in found.models] == ranks


@pytest.mark.parametrize(("n", "bands"), [(5, ["", ""]), (6, ["a", "b"]), (40, ["a", "b"])])
def test_compare_tells_apart_from_six_clips_on(n: int, bands: list[str]) -> None:
    clips = np.random.default_rng(0).normal(0, 5, n)
    jitter = np.random.default_rng(1).normal(0, 0.1, n)
    found = compare(np.stack([clips + 1 + jitter, clips]))
    assert [model.tie_band for model in found.models] == bands


def test_compare_equal_models_share_a_band_and_have_p_one() -> None:
    clips = np.random.default_rng(2).normal(size=30)
    found = compare(np.stack([clips, clips]))
    assert [model.tie_band for model in found.models] == ["a", "a"]
    assert found.pairs[0, 1].p_adjusted == 1.0
    assert (found.pairs[0, 1].interval.low, found.pairs[0, 1].interval.high) == (0.0, 0.0)


def test_win_rate_counts_ties_half_and_a_missing_score_as_lost() -> None:
    found = compare(np.array([[1.0, 2.0, 3.0, NAN, NAN], [0.0, 2.0, NAN, 4.0, NAN]]))
    assert found.win_rate(0, 1) == (1 + 0.5 + 1 + 0) / 4
    assert found.win_rate(1, 0) == (0 + 0.5 + 0 + 1) / 4
    assert found.win_rate(0, 1, higher_is_better=False) == (0 + 0.5 + 1 + 0) / 4
    assert found.win_rate(0, 0) is None


def test_win_rate_of_two_models_without_scores_is_none() -> None:
    assert compare(np.full((2, 3), NAN)).win_rate(0, 1) is None
