from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from seinfer.stats.agreement import correlation, kendall, over_cells, over_models, spearman, with_others


@pytest.mark.parametrize("seed", range(5))
def test_rank_correlations_with_ties_agree_with_scipy(seed: int) -> None:
    random = np.random.default_rng(seed)
    one, other = random.integers(0, 5, 30).astype(float), random.integers(0, 5, 30).astype(float)
    assert spearman(one, other) == pytest.approx(stats.spearmanr(one, other).statistic)
    assert kendall(one, other) == pytest.approx(stats.kendalltau(one, other).statistic)


def test_correlations_of_a_constant_or_of_two_rows_are_none() -> None:
    line = np.arange(5.0)
    assert [f(np.ones(5), line) for f in (correlation, spearman, kendall)] == [None] * 3
    assert [f(line[:2], line[:2]) for f in (correlation, spearman, kendall)] == [None] * 3


def test_with_others_of_a_rater_who_clicks_at_random_is_near_zero() -> None:
    random = np.random.default_rng(0)
    truth = random.uniform(1, 5, 60)
    table = np.clip(np.round(truth + random.normal(0, 0.7, (10, 60))), 1, 5)
    table[3] = random.integers(1, 6, 60)
    found = [value for value in with_others(table) if value is not None]
    assert abs(found[3]) < 0.3
    assert min(value for i, value in enumerate(found) if i != 3) > 0.7


def test_with_others_counts_only_the_stimuli_that_somebody_else_rated() -> None:
    table = np.array([[1.0, 2.0, 3.0, 4.0, 9.0], [1.0, 2.0, 3.0, 4.0, np.nan]])
    assert with_others(table) == pytest.approx([1.0, 1.0])


def test_over_models_of_scores_in_the_same_order_is_one_with_bounds() -> None:
    random = np.random.default_rng(1)
    human = np.arange(6.0)[:, None] + random.normal(0, 0.2, (6, 20))
    found = over_models(human, 3 * human + random.normal(0, 0.2, human.shape), "spearman")
    assert found.value == pytest.approx(1.0)
    assert found.low is not None and found.high is not None
    assert found.low <= found.value <= found.high


def test_over_cells_uses_only_cells_that_both_have_and_below_6_clips_has_no_bounds() -> None:
    human = np.arange(15.0).reshape(3, 5)
    objective = human.copy()
    objective[0, 0] = np.nan
    human[1, 1] = np.nan
    found = over_cells(human, objective, "kendall")
    assert (found.value, found.low, found.high) == (pytest.approx(1.0), None, None)
