from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from seinfer.stats import Interval, macro_mean_interval, mean_interval, mean_intervals, summarize
from seinfer.stats.intervals import t_quantile


def test_mean_interval_agrees_with_a_plain_bootstrap_t() -> None:
    values = np.random.default_rng(1).gamma(2.0, 1.0, 60)
    n, mean, error = len(values), values.mean(), scipy.stats.sem(values)
    drawn = values[np.random.default_rng(2).integers(0, n, size=(9999, n))]
    lower, upper = np.quantile((drawn.mean(axis=1) - mean) / scipy.stats.sem(drawn, axis=1), [0.025, 0.975])
    found = mean_interval(values)
    assert found.low == pytest.approx(mean - upper * error, abs=0.1 * error)
    assert found.high == pytest.approx(mean - lower * error, abs=0.1 * error)
    assert found.method == "bootstrap-t, 4999 draws, seed 20210"


@pytest.mark.parametrize("n", [1, 2, 5])
def test_mean_interval_of_fewer_than_6_clips_has_no_bounds(n: int) -> None:
    assert mean_interval(np.full(n, 4.0)) == Interval(4.0, None, None, "fewer than 6 clips")


@pytest.mark.parametrize("n", [6, 50])
def test_mean_interval_of_equal_values_has_zero_width(n: int) -> None:
    found = mean_interval(np.full(n, 2.5))
    assert (found.low, found.high) == (2.5, 2.5)


def test_mean_interval_computed_twice_is_identical() -> None:
    values = np.random.default_rng(3).normal(size=200)
    assert mean_interval(values) == mean_interval(values)


def test_summarize_gives_n_median_and_sample_deviation() -> None:
    found = summarize(np.array([1.0, 2.0, 6.0]))
    assert (found.n, found.median) == (3, 2.0)
    assert found.std == pytest.approx(np.sqrt(7.0))
    assert summarize(np.array([1.0])).std is None


@given(st.lists(st.floats(-1e3, 1e3), min_size=6, max_size=60))
def test_mean_interval_of_any_values_contains_the_mean(numbers: list[float]) -> None:
    found = mean_interval(np.array(numbers))
    assert found.low is not None and found.high is not None
    assert found.low - 1e-9 <= found.mean <= found.high + 1e-9


@pytest.mark.parametrize("n", [1, 8, 50])
def test_mean_intervals_of_columns_are_those_of_each_column(n: int) -> None:
    values = np.random.default_rng(4).normal(size=(n, 3))
    for found, column in zip(mean_intervals(values), values.T, strict=True):
        alone = mean_interval(column)
        assert (found.mean, found.low, found.high) == pytest.approx((alone.mean, alone.low, alone.high), abs=1e-12)


def test_macro_mean_interval_gives_each_group_the_same_weight() -> None:
    found = macro_mean_interval([np.array([1.0] * 98 + [2.0, 0.0]), np.array([4.0, 6.0])])
    assert found.mean == pytest.approx(3.0)


def test_macro_mean_interval_of_two_groups_is_half_of_welchs_interval() -> None:
    one, other = np.random.default_rng(0).normal(1, 1, 9), np.random.default_rng(1).normal(2, 4, 5)
    # The mean of two groups is half the difference between one group and the negated other, which has Welch's interval.
    welch = scipy.stats.ttest_ind(one, -other, equal_var=False).confidence_interval(0.95)
    found = macro_mean_interval([one, other])
    assert (found.low, found.high) == pytest.approx((welch.low / 2, welch.high / 2), abs=1e-9)


def test_macro_mean_interval_with_a_group_of_one_clip_has_no_bounds() -> None:
    found = macro_mean_interval([np.array([1.0, 2.0] * 3), np.array([3.0])])
    assert (found.mean, found.low, found.method) == (2.25, None, "n < 2 in a group")


def test_macro_mean_interval_of_fewer_than_6_clips_has_no_bounds() -> None:
    found = macro_mean_interval([np.array([1.0, 2.0]), np.array([3.0, 4.0])])
    assert (found.mean, found.low, found.method) == (2.5, None, "fewer than 6 clips")


def test_macro_mean_interval_of_constant_groups_has_zero_width() -> None:
    found = macro_mean_interval([np.ones(3), np.full(4, 2.0)])
    assert (found.low, found.high) == (1.5, 1.5)


@pytest.mark.parametrize(("probability", "degrees"), [(0.975, 1.0), (0.975, 7.5), (0.1, 30.0)])
def test_t_quantile_equals_scipy(probability: float, degrees: float) -> None:
    assert t_quantile(probability, degrees) == pytest.approx(scipy.stats.t.ppf(probability, degrees), abs=1e-9)
