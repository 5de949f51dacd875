from __future__ import annotations

import numpy as np
import pytest
import scipy.stats

from seinfer.stats import bin_label, macro


@pytest.mark.parametrize(
    ("value", "label"),
    [(0.0, "0..5"), (4.999, "0..5"), (5.0, "5..10"), (-0.1, "-5..0"), (-5.0, "-5..0"), (17.74, "15..20")],
)
def test_bin_label_holds_its_lower_end(value: float, label: str) -> None:
    assert bin_label(value, 5) == label


def test_macro_counts_each_group_the_same() -> None:
    found = macro([np.array([1.0] * 98 + [2.0, 0.0]), np.array([4.0, 6.0])])
    assert found.mean == pytest.approx(3.0)


def test_macro_of_two_groups_is_half_of_welchs_interval() -> None:
    one, other = np.random.default_rng(0).normal(1, 1, 9), np.random.default_rng(1).normal(2, 4, 5)
    # The mean of two groups is half the difference of one and the mirrored other, whose interval is Welch's.
    welch = scipy.stats.ttest_ind(one, -other, equal_var=False).confidence_interval(0.95)
    found = macro([one, other])
    assert (found.low, found.high) == pytest.approx((welch.low / 2, welch.high / 2), abs=1e-9)


def test_macro_with_a_group_of_one_clip_has_no_bounds() -> None:
    found = macro([np.array([1.0, 2.0]), np.array([3.0])])
    assert (found.mean, found.low, found.method) == (2.25, None, "n < 2 in a group")


def test_macro_of_constant_groups_is_a_point() -> None:
    found = macro([np.ones(3), np.full(4, 2.0)])
    assert (found.low, found.high) == (1.5, 1.5)
