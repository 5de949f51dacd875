"""Crossed intervals of ratings: known values, error rates without a true difference, incomplete tables."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest

from seinfer.stats.crossed import (
    Codes,
    CrossedEstimate,
    Votes,
    crossed_difference,
    crossed_mean,
    crossed_variances,
    one_per_cell,
)
from seinfer.stats.intervals import t_quantile

Values = npt.NDArray[np.float64]
TYPICAL = (0.25, 0.31, 0.7)
"""Standard deviations of rater x model, clip x model and single votes."""


def grid(n_raters: int, n_clips: int) -> tuple[Codes, Codes]:
    return np.repeat(np.arange(n_raters), n_clips), np.tile(np.arange(n_clips), n_raters)


def ratings(random: np.random.Generator, n_raters: int, n_clips: int, n_sets: int, mean: float = 0.0) -> Values:
    """Return ratings of one model, shape (vote, set), rater by rater."""
    rater, clip, vote = TYPICAL
    parts = (
        random.normal(0, rater, (n_raters, 1, n_sets)),
        random.normal(0, clip, (1, n_clips, n_sets)),
        random.normal(0, vote, (n_raters, n_clips, n_sets)),
    )
    return np.asarray(mean + sum(parts), np.float64).reshape(n_raters * n_clips, n_sets)


def votes(table: Values) -> Votes:
    """Return the votes of a table (rater, clip) without NaN."""
    raters, clips = (np.asarray(codes, np.int64) for codes in np.nonzero(np.isfinite(table)))
    return Votes(table[raters, clips], raters, clips)


def bounds(estimate: CrossedEstimate) -> tuple[float, float]:
    assert estimate.interval.low is not None and estimate.interval.high is not None
    return estimate.interval.low, estimate.interval.high


def error_rates(n_raters: int, n_clips: int, n_sets: int = 4000) -> dict[str, float]:
    """Return how often each test at 5 % finds a difference of two models that are equal."""
    random = np.random.default_rng(2)
    differences = ratings(random, n_raters, n_clips, n_sets) - ratings(random, n_raters, n_clips, n_sets)
    means, n = np.abs(differences.mean(axis=0)), n_raters * n_clips
    crossed, by_rater, by_clip = crossed_variances(
        (differences - differences.mean(axis=0)) / n, *grid(n_raters, n_clips)
    )
    variances = {
        "pooled": (differences.var(axis=0, ddof=1) / n, n),
        "by rater": (by_rater, n_raters),
        "by clip": (by_clip, n_clips),
        "crossed": (np.maximum(crossed, np.maximum(by_rater, by_clip)), min(n_raters, n_clips)),
    }
    return {
        name: float(np.mean(means > t_quantile(0.975, n_groups - 1) * np.sqrt(variance)))
        for name, (variance, n_groups) in variances.items()
    }


def test_crossed_error_of_24_raters_and_12_clips_without_a_difference_is_nominal_where_others_fail() -> None:
    found = error_rates(24, 12)
    assert found["crossed"] < 0.07
    assert found["pooled"] > 0.3
    assert found["by rater"] > 0.15
    assert found["by clip"] > found["crossed"]


@pytest.mark.parametrize(("n_raters", "n_clips"), [(4, 4), (6, 6), (4, 24), (24, 4), (12, 24)])
def test_crossed_error_of_small_tests_stays_below_7_percent(n_raters: int, n_clips: int) -> None:
    assert error_rates(n_raters, n_clips)["crossed"] < 0.07


def test_crossed_difference_finds_the_known_order_of_three_models() -> None:
    random = np.random.default_rng(5)
    tables = [ratings(random, 20, 20, 1, mean)[:, 0].reshape(20, 20) for mean in (3.8, 3.2, 2.4)]
    for better, worse in ((0, 1), (1, 2), (0, 2)):
        found = crossed_difference(votes(tables[better]), votes(tables[worse]))
        assert found is not None and found.p_value is not None
        assert found.p_value < 0.05
        assert bounds(found)[0] > 0


def test_crossed_variances_of_a_small_table_are_those_of_the_formula() -> None:
    raters, clips = grid(2, 3)
    residuals = np.array([1.0, -2.0, 3.0, 0.0, -1.0, -1.0])
    crossed, by_rater, by_clip = (float(v[0]) for v in crossed_variances(residuals[:, None], raters, clips))
    assert by_rater == pytest.approx((2**2 + 2**2) * 2 / 1)
    assert by_clip == pytest.approx((1 + 9 + 4) * 3 / 2)
    assert crossed == pytest.approx(by_rater + by_clip - 16 * 6 / 5)


def test_crossed_mean_where_votes_compensate_uses_the_larger_variance_and_says_so() -> None:
    table = np.where(np.add.outer(np.arange(6), np.arange(6)) % 2, 4.0, 2.0)  # equal means of all raters and clips
    table[0] += 0.1
    found = crossed_mean(votes(table))
    low, high = bounds(found)
    assert high > low
    assert found.interval.method == "crossed rater + clip, t with 5 df, variance of raters alone"


def test_crossed_mean_is_never_narrower_than_by_raters_or_clips_alone() -> None:
    random = np.random.default_rng(8)
    for _ in range(50):
        table = random.normal(size=(5, 7))
        low, high = bounds(crossed_mean(votes(table)))
        half = max(
            table.mean(axis=1).std(ddof=1) / math.sqrt(5), table.mean(axis=0).std(ddof=1) / math.sqrt(7)
        ) * t_quantile(0.975, 4)
        assert (high - low) / 2 >= half - 1e-12


@pytest.mark.parametrize("shape", [(3, 20), (20, 3), (1, 1)])
def test_crossed_mean_of_fewer_than_4_raters_or_clips_has_no_bounds_and_no_test(shape: tuple[int, int]) -> None:
    found = crossed_mean(votes(np.random.default_rng(0).normal(size=shape)))
    assert (found.interval.low, found.interval.high, found.p_value) == (None, None, None)
    assert found.interval.method == "fewer than 4 raters or clips"
    assert (found.n_raters, found.n_clips) == shape


def test_crossed_mean_interval_over_single_votes_stands_beside_and_is_narrower() -> None:
    random = np.random.default_rng(3)
    found = crossed_mean(votes(ratings(random, 24, 12, 1)[:, 0].reshape(24, 12)))
    low, high = bounds(found)
    assert found.votes_interval.low is not None and found.votes_interval.high is not None
    assert found.votes_interval.high - found.votes_interval.low < high - low


def test_crossed_difference_is_paired_on_the_common_cells() -> None:
    random = np.random.default_rng(4)
    base = random.normal(0, 3, (8, 8))
    first, second = base + 1.0, base.copy()
    second[0, :4] = np.nan
    found = crossed_difference(votes(first), votes(second))
    assert found is not None
    assert (found.n, found.interval.mean) == (60, pytest.approx(1.0))


def test_crossed_difference_of_models_with_few_common_cells_compares_all_votes() -> None:
    random = np.random.default_rng(6)
    table = random.normal(size=(8, 8))
    is_first = np.add.outer(np.arange(8), np.arange(8)) % 2 == 0
    found = crossed_difference(votes(np.where(is_first, table + 1, np.nan)), votes(np.where(is_first, np.nan, table)))
    assert found is not None
    assert found.n == 64
    assert found.interval.mean == pytest.approx(1 + table[is_first].mean() - table[~is_first].mean())
    assert found.interval.method.endswith(", not paired")


def test_crossed_difference_to_a_model_without_votes_is_none() -> None:
    table = np.ones((5, 5))
    assert crossed_difference(votes(table), votes(table * np.nan)) is None


def test_crossed_difference_of_equal_ratings_is_zero_with_p_one() -> None:
    table = np.random.default_rng(1).normal(size=(6, 6))
    found = crossed_difference(votes(table), votes(table))
    assert found is not None
    assert (bounds(found), found.p_value) == ((0.0, 0.0), 1.0)


def test_one_per_cell_averages_votes_of_the_same_rater_and_clip() -> None:
    found = one_per_cell(np.array([4.0, 1.0, 2.0]), np.array([1, 0, 1]), np.array([0, 2, 0]))
    assert found.values.tolist() == [1.0, 3.0]
    assert (found.raters.tolist(), found.clips.tolist()) == ([0, 1], [2, 0])
