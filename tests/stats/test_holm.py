from __future__ import annotations

import numpy as np
import pytest

from seinfer.stats.holm import holm


def test_holm_of_the_example_of_the_method_gives_its_adjusted_values() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_holm_of_tests_that_could_not_be_done_does_not_count_them() -> None:
    assert holm([None, 0.01, None, 0.5]) == [None, 0.02, None, 0.5]


def test_holm_never_exceeds_one_and_keeps_the_order() -> None:
    p_values = [float(p) for p in np.random.default_rng(0).uniform(size=20)]
    adjusted = [p for p in holm(p_values) if p is not None]
    assert max(adjusted) <= 1
    assert [adjusted[i] for i in np.argsort(p_values)] == sorted(adjusted)


def test_holm_error_over_15_true_hypotheses_stays_at_5_percent() -> None:
    random = np.random.default_rng(1)
    wrong = [min(p for p in holm(random.uniform(size=15).tolist()) if p is not None) < 0.05 for _ in range(4000)]
    assert 0.04 < float(np.mean(wrong)) < 0.06
