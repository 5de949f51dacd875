from __future__ import annotations

import pytest

from seinfer.stats.forced_choice import chance_p_value, choice_power, critical_count


@pytest.mark.parametrize(("n", "expected"), [(8, 7), (10, 9), (12, 10), (16, 12), (20, 15), (24, 17), (30, 20)])
def test_critical_count_at_5_percent_is_that_of_the_published_table(n: int, expected: int) -> None:
    assert critical_count(n) == expected
    assert chance_p_value(expected, n) <= 0.05 < chance_p_value(expected - 1, n)


def test_critical_count_of_too_few_answers_is_none() -> None:
    assert critical_count(4) is None
    assert choice_power(1.0, 4) == 0.0


def test_chance_p_value_of_all_right_answers_is_a_power_of_one_half() -> None:
    assert chance_p_value(10, 10) == pytest.approx(2**-10)
    assert chance_p_value(0, 10) == 1.0


def test_choice_power_at_chance_is_at_most_5_percent_and_grows_with_the_share() -> None:
    assert choice_power(0.5, 20) <= 0.05 < choice_power(0.7, 20) < choice_power(0.9, 20)
