from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import nct, t

from seinfer.stats import clips_needed


@pytest.mark.parametrize("effect", [0.2, 0.5, 1.0])
@pytest.mark.parametrize("alpha", [0.05, 0.005])
def test_clips_needed_gives_the_requested_power(effect: float, alpha: float) -> None:
    differences = np.random.default_rng(0).normal(size=50)
    differences = (differences - differences.mean()) / differences.std(ddof=1) + effect
    n = clips_needed(differences, alpha=alpha)
    assert n is not None
    critical = t.ppf(1 - alpha / 2, n - 1)
    power = 1 - nct.cdf(critical, n - 1, effect * np.sqrt(n)) + nct.cdf(-critical, n - 1, effect * np.sqrt(n))
    assert 0.79 <= power <= 0.88


@pytest.mark.parametrize("differences", [[1.0], [1.0, -1.0], [0.0, 0.0, 0.0]])
def test_clips_needed_without_a_mean_difference_or_with_one_clip_is_none(differences: list[float]) -> None:
    assert clips_needed(np.array(differences)) is None


def test_clips_needed_for_practically_equal_models_is_none() -> None:
    assert clips_needed(np.array([1.0, -1.0, 1.0, -1.001])) is None


def test_clips_needed_is_at_least_the_minimum_of_the_test() -> None:
    assert clips_needed(np.array([1.0, 1.0, 1.0])) == 6
