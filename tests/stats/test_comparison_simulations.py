"""Error rates of `compare` on simulated scores, for which the true order of the models is known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from seinfer.stats import compare, summarize

Values = npt.NDArray[np.float64]
Draw = Callable[[np.random.Generator, tuple[int, int]], Values]


def normal(random: np.random.Generator, shape: tuple[int, int]) -> Values:
    return random.normal(size=shape)


def skewed(random: np.random.Generator, shape: tuple[int, int]) -> Values:
    return random.gamma(1.5, 1.0, size=shape)


def simulated_scores(n_models: int, n_clips: int, seed: int, draw: Draw = normal) -> Values:
    """Return scores of equally good models, shape (model, clip): clips differ far more than models."""
    random = np.random.default_rng(seed)
    return random.normal(0, 5, n_clips) + draw(random, (n_models, n_clips))


@pytest.mark.parametrize(("n_clips", "draw"), [(6, normal), (12, skewed), (30, normal), (30, skewed)])
def test_compare_five_equal_models_tells_any_apart_in_at_most_7_percent(n_clips: int, draw: Draw) -> None:
    n_sets = 600
    n_false = 0
    for seed in range(n_sets):
        found = compare(simulated_scores(5, n_clips, seed, draw))
        n_false += any(pair.is_told_apart for pair in found.pairs.values())
    assert n_false / n_sets <= 0.07


def test_compare_two_equal_models_gives_a_small_p_in_at_most_7_percent() -> None:
    n_sets = 600
    p_values = [compare(simulated_scores(2, 25, seed)).pairs[0, 1].p_holm for seed in range(n_sets)]
    assert sum(p is not None and p < 0.05 for p in p_values) / n_sets <= 0.07


def test_compare_models_of_known_order_recovers_ranks_and_separate_bands() -> None:
    steps = np.arange(4)[:, None]
    for seed in range(20):
        found = compare(simulated_scores(4, 60, seed) + steps)
        assert [model.rank for model in found.models] == [4, 3, 2, 1]
        assert [model.tie_band for model in found.models] == ["d", "c", "b", "a"]


def test_compare_model_that_fails_on_difficult_clips_does_not_gain() -> None:
    for seed in range(20):
        random = np.random.default_rng(seed)
        ease = random.normal(0, 5, 60)
        good, worse = ease + random.normal(0, 0.3, 60), ease - 1 + random.normal(0, 0.3, 60)
        worse[ease < 0] = np.nan
        own = [summarize(row[np.isfinite(row)]).interval.mean for row in (good, worse)]
        assert own[1] > own[0]  # means over each model's own clips would give the wrong order
        found = compare(np.stack([good, worse]))
        assert [model.rank for model in found.models] == [1, 2]
        assert [model.n for model in found.models] == [60, int(np.isfinite(worse).sum())]
        rate = found.win_rate(1, 0)
        assert rate is not None and rate < 0.1
