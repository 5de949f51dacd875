from __future__ import annotations

import numpy as np
import pytest

from seinfer.stats import bootstrap
from seinfer.stats.bootstrap import n_draws, standard_errors, studentised_draws


def test_studentised_draws_are_the_same_for_the_same_number_of_clips() -> None:
    values = np.random.default_rng(0).normal(size=(12, 2))
    assert np.array_equal(studentised_draws(values, 0.0), studentised_draws(values, 0.0))
    both = studentised_draws(np.concatenate([values, values], axis=1), 0.01)
    assert np.array_equal(both[:, :2], both[:, 2:])


def test_studentised_draws_do_not_depend_on_level_and_scale() -> None:
    values = np.random.default_rng(1).normal(size=(30, 1))
    assert studentised_draws(5 + 3 * values, 0.01) == pytest.approx(studentised_draws(values, 0.01), abs=1e-9)


def test_studentised_draws_of_normal_values_follow_student() -> None:
    draws = studentised_draws(np.random.default_rng(2).normal(size=(200, 1)), 0.0)
    assert np.quantile(draws, [0.025, 0.5, 0.975]) == pytest.approx([-1.97, 0.0, 1.97], abs=0.15)


def test_studentised_draws_of_equal_values_are_zero() -> None:
    assert not studentised_draws(np.full((8, 1), 3.0), 0.0001).any()


def test_studentised_draws_in_small_blocks_are_those_in_one_block(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(5).normal(size=(40, 2))
    whole = studentised_draws(values, 0.0)
    monkeypatch.setattr(bootstrap, "_MAX_COUNTS", 40 * 7)
    assert studentised_draws(values, 0.0) == pytest.approx(whole, abs=1e-12)


def test_n_draws_of_many_clips_is_smaller() -> None:
    assert (n_draws(2000), n_draws(2001)) == (4999, 1999)


def test_standard_errors_are_s_over_root_n() -> None:
    assert standard_errors(np.array([[1.0], [3.0]])) == pytest.approx([np.sqrt(2) / np.sqrt(2)])
