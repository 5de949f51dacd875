from __future__ import annotations

import pytest

from seinfer.stats.rating_power import Components, crossed_power, fewest

from .test_crossed import TYPICAL, error_rates

MOS = Components(*TYPICAL)


@pytest.mark.parametrize(
    ("difference", "n_raters", "n_clips", "expected"), [(0.5, 16, 12, 0.77), (0.5, 24, 24, 0.98), (0.3, 24, 48, 0.83)]
)
def test_crossed_power_of_known_plans_is_as_simulated_before(
    difference: float, n_raters: int, n_clips: int, expected: float
) -> None:
    assert crossed_power(difference, n_raters, n_clips, MOS) == pytest.approx(expected, abs=0.02)


def test_crossed_power_without_a_difference_is_the_error_rate_of_the_test_on_single_votes() -> None:
    assert crossed_power(0, 24, 12, MOS) == pytest.approx(error_rates(24, 12)["crossed"], abs=0.01)


def test_crossed_power_of_twice_the_clips_exceeds_that_of_twice_the_raters() -> None:
    assert crossed_power(0.3, 24, 48, MOS) > crossed_power(0.3, 48, 24, MOS)


def test_crossed_power_of_fewer_than_4_clips_is_zero() -> None:
    assert crossed_power(5.0, 24, 3, MOS) == 0.0


def test_fewest_reaches_the_power_with_the_smallest_number_of_votes() -> None:
    found = fewest(0.8, 0.5, range(4, 40, 2), range(4, 60, 2), MOS)
    assert found is not None
    assert crossed_power(0.5, *found, MOS) >= 0.8
    smaller = [(r, c) for r in range(4, 40, 2) for c in range(4, 60, 2) if r * c < found[0] * found[1]]
    assert not any(crossed_power(0.5, r, c, MOS) >= 0.8 for r, c in smaller)


def test_fewest_of_a_difference_that_is_too_small_is_none() -> None:
    assert fewest(0.8, 0.001, [8, 16], [8, 16], MOS) is None
