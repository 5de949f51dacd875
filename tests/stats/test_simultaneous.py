from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seinfer.stats import simultaneous_differences
from seinfer.stats.simultaneous import FEW_CLIPS_NOTE


@given(st.integers(0, 10_000), st.integers(6, 40), st.integers(1, 6), st.integers(1, 5))
def test_simultaneous_differences_interval_p_and_verdict_always_agree(
    seed: int, n_clips: int, n_pairs: int, n_groups: int
) -> None:
    random = np.random.default_rng(seed)
    differences = random.normal(random.uniform(-1, 1, n_pairs), 1, (n_clips, n_pairs))
    for tested in simultaneous_differences(differences, n_groups):
        low, high = tested.interval.low, tested.interval.high
        assert low is not None and high is not None and tested.p_adjusted is not None
        assert (low > 0 or high < 0) == tested.is_significant == (tested.p_adjusted < 0.05)


@pytest.mark.parametrize("n", [1, 5])
def test_simultaneous_differences_of_fewer_than_6_clips_decide_nothing(n: int) -> None:
    [tested] = simultaneous_differences(np.full((n, 1), 10.0) + np.arange(n)[:, None])
    assert (tested.interval.low, tested.interval.high, tested.p_adjusted, tested.is_significant) == (
        None,
        None,
        None,
        False,
    )
    assert tested.interval.method == "fewer than 6 clips"


def test_simultaneous_differences_of_more_pairs_have_wider_intervals() -> None:
    differences = np.random.default_rng(0).normal(size=(30, 10))
    [alone] = simultaneous_differences(differences[:, :1])
    together = simultaneous_differences(differences)[0]
    assert alone.interval.high is not None and together.interval.high is not None
    assert together.interval.high - together.interval.mean > 1.2 * (alone.interval.high - alone.interval.mean)
    assert together.interval.method == "max-T bootstrap, simultaneous over 10 pairs, 4999 draws, seed 20210"


def test_simultaneous_differences_of_equal_scores_are_zero_with_p_one() -> None:
    [tested] = simultaneous_differences(np.zeros((10, 1)))
    assert (tested.interval.low, tested.interval.high, tested.p_adjusted, tested.is_significant) == (0, 0, 1.0, False)


def test_simultaneous_differences_constant_difference_is_significant() -> None:
    [tested] = simultaneous_differences(np.full((10, 1), 0.5))
    assert tested.is_significant
    assert tested.p_adjusted == 1 / 5000


def test_simultaneous_differences_pair_decided_by_one_clip_does_not_hide_the_others() -> None:
    random = np.random.default_rng(3)
    clear = random.normal(0.5, 0.5, (40, 3))
    one_failure = random.normal(0, 0.1, 40)
    one_failure[7] = -30
    found = simultaneous_differences(np.column_stack([clear, one_failure]))
    assert [tested.is_significant for tested in found] == [True, True, True, False]
    assert [tested.note for tested in found] == ["", "", "", FEW_CLIPS_NOTE]


def test_simultaneous_differences_of_more_groups_than_draws_resolve_have_no_bounds() -> None:
    [tested] = simultaneous_differences(np.random.default_rng(4).normal(9, 1, (10, 1)), n_groups=1000)
    assert (tested.interval.low, tested.p_adjusted, tested.is_significant) == (None, None, False)
    assert tested.interval.method == "too many groups for the number of draws"
