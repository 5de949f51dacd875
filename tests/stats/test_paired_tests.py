from __future__ import annotations

import numpy as np
import pytest
import scipy.stats

from seinfer.stats import holm, signed_rank
from seinfer.stats.paired_tests import signed_ranks, t_test


@pytest.mark.parametrize("n", [6, 30, 200])
def test_signed_rank_equals_scipy_on_differences_without_zeros(n: int) -> None:
    differences = np.random.default_rng(n).normal(0.2, 1.0, n)
    found = signed_rank(differences)
    assert found.p == pytest.approx(scipy.stats.wilcoxon(differences, correction=True).pvalue, abs=1e-12)
    assert found.note == ""


def test_signed_rank_drops_zeros_and_notes_how_many() -> None:
    differences = np.array([0.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    assert signed_rank(differences).p == pytest.approx(2 / 2**6)  # all of one sign: the smallest p of 6
    assert signed_rank(differences).note == "2 zero differences left out"


@pytest.mark.parametrize(
    ("differences", "note"),
    [
        ([1.0, 2.0, 3.0, 4.0, 5.0], "n too small: 5 nonzero differences, 6 needed"),
        ([0.0] * 9 + [1.0], "n too small: 1 nonzero differences, 6 needed"),
        ([0.0, 0.0, 0.0], "all differences are 0"),
        ([], "no common clip"),
    ],
)
def test_signed_rank_that_cannot_be_computed_has_a_note_and_no_p(differences: list[float], note: str) -> None:
    found = signed_rank(np.array(differences))
    assert (found.p, found.note) == (None, note)


def test_t_test_equals_scipy() -> None:
    differences = np.random.default_rng(0).normal(0.3, 1.0, (12, 4))
    assert t_test(differences) == pytest.approx(scipy.stats.ttest_1samp(differences, 0).pvalue, abs=1e-12)


def test_t_test_without_spread_gives_p_of_0_or_1() -> None:
    assert t_test(np.array([[1.0, 0.0], [1.0, 0.0], [1.0, 0.0]])).tolist() == [0.0, 1.0]


def test_holm_of_a_worked_example_gives_the_values_computed_by_hand() -> None:
    # 0.01 x 4, 0.02 x 3, then 0.03 x 2 and 0.04 x 1, never below the value before.
    assert holm([0.03, 0.01, 0.04, 0.02]) == pytest.approx([0.06, 0.04, 0.06, 0.06])


def test_holm_never_exceeds_one_and_does_not_count_missing_p_values() -> None:
    assert holm([0.7, None, 0.02]) == [pytest.approx(0.7), None, pytest.approx(0.04)]
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


def test_signed_ranks_of_columns_equal_signed_rank_of_each_column() -> None:
    differences = np.random.default_rng(1).normal(size=(20, 5))
    differences[3, 1] = 0.0  # a zero
    differences[4, 2] = -differences[5, 2]  # a tie
    differences[:, 4] = 0.0
    assert signed_ranks(differences) == [signed_rank(column) for column in differences.T]
