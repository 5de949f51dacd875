"""What the statistics claim, put to the test on made-up sets whose truth is known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from seinfer.stats import compare, summarize

Figures = npt.NDArray[np.float64]
Draw = Callable[[np.random.Generator, tuple[int, int]], Figures]


def normal(random: np.random.Generator, shape: tuple[int, int]) -> Figures:
    return random.normal(size=shape)


def skewed(random: np.random.Generator, shape: tuple[int, int]) -> Figures:
    return random.gamma(1.5, 1.0, size=shape)


def of_models(n_models: int, n_clips: int, seed: int, draw: Draw = normal) -> Figures:
    """Draw figures of models that are equally good: clips differ far more than models do."""
    random = np.random.default_rng(seed)
    return random.normal(0, 5, n_clips) + draw(random, (n_models, n_clips))


@pytest.mark.parametrize(("n_clips", "draw"), [(6, normal), (12, skewed), (30, normal), (30, skewed)])
def test_null_tells_any_of_five_equal_models_apart_in_at_most_7_percent(n_clips: int, draw: Draw) -> None:
    n_sets = 600
    n_false = 0
    for seed in range(n_sets):
        found = compare(of_models(5, n_clips, seed, draw))
        n_false += any(pair.is_told_apart for pair in found.pairs.values())
    assert n_false / n_sets <= 0.07


def test_null_of_two_models_gives_a_small_p_in_at_most_7_percent() -> None:
    n_sets = 600
    p_values = [compare(of_models(2, 25, seed)).pairs[0, 1].p_holm for seed in range(n_sets)]
    assert sum(p is not None and p < 0.05 for p in p_values) / n_sets <= 0.07


def test_known_order_is_recovered_with_ranks_and_separate_bands() -> None:
    steps = np.arange(4)[:, None]
    for seed in range(20):
        found = compare(of_models(4, 60, seed) + steps)
        assert [model.rank for model in found.models] == [4, 3, 2, 1]
        assert [model.tie_band for model in found.models] == ["d", "c", "b", "a"]


def test_model_that_fails_on_hard_clips_does_not_gain() -> None:
    for seed in range(20):
        random = np.random.default_rng(seed)
        ease = random.normal(0, 5, 60)
        good, worse = ease + random.normal(0, 0.3, 60), ease - 1 + random.normal(0, 0.3, 60)
        worse[ease < 0] = np.nan
        own = [summarize(row[np.isfinite(row)]).interval.mean for row in (good, worse)]
        assert own[1] > own[0]  # a mean over what each one has would have been taken in
        found = compare(np.stack([good, worse]))
        assert [model.rank for model in found.models] == [1, 2]
        assert [model.n for model in found.models] == [60, int(np.isfinite(worse).sum())]
        rate = found.win_rate(1, 0)
        assert rate is not None and rate < 0.1
