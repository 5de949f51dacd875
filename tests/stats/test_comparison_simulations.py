"""Error rates and coverage on simulated scores, for which the true means are known."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pytest

from seinfer.stats import compare, mean_intervals, simultaneous_differences, summarize

Values = npt.NDArray[np.float64]
Draw = Callable[[np.random.Generator, tuple[int, ...]], Values]


def normal(random: np.random.Generator, shape: tuple[int, ...]) -> Values:
    return random.normal(size=shape)


def lognormal(random: np.random.Generator, shape: tuple[int, ...]) -> Values:
    """Draw from a skewed distribution with mean 0: lognormal with sigma 1."""
    return np.asarray(np.exp(random.normal(size=shape)) - np.exp(0.5), np.float64)


def skewed_to_both_sides(random: np.random.Generator, shape: tuple[int, ...]) -> Values:
    """Draw models of equal means, the first half skewed to the right and the others to the left."""
    scores = lognormal(random, shape)
    scores[shape[0] // 2 :] *= -1
    return scores


def simulated_scores(n_models: int, n_clips: int, seed: int, draw: Draw = normal) -> Values:
    """Return scores of equally good models, shape (model, clip): clips differ far more than models."""
    random = np.random.default_rng(seed)
    return random.normal(0, 5, n_clips) + draw(random, (n_models, n_clips))


def share_covered(low: list[float | None], high: list[float | None]) -> float:
    """Return the share of intervals that contain 0."""
    covered = [a is not None and b is not None and a <= 0 <= b for a, b in zip(low, high, strict=True)]
    return sum(covered) / len(covered)


def coverage_of_means(n_clips: int, draw: Draw) -> float:
    random = np.random.default_rng(n_clips)
    intervals = [found for _ in range(16) for found in mean_intervals(draw(random, (n_clips, 250)))]
    return share_covered([i.low for i in intervals], [i.high for i in intervals])


def coverage_of_a_difference(n_clips: int, draw: Draw) -> float:
    """Return the coverage of the interval of a single pair. For skewed values it is close to its limit: more draws."""
    random = np.random.default_rng(n_clips)
    n_sets = 10_000 if draw is lognormal else 2000
    tested = [simultaneous_differences(draw(random, (n_clips, 1)))[0].interval for _ in range(n_sets)]
    return share_covered([i.low for i in tested], [i.high for i in tested])


def family_wise_error(n_clips: int, draw: Draw, n_sets: int) -> float:
    """Return how often any two of six models of equal means are told apart."""
    n_false = 0
    for seed in range(n_sets):
        scores = simulated_scores(6, n_clips, seed, draw)
        differences = np.stack([scores[a] - scores[b] for a, b in combinations(range(6), 2)], axis=1)
        n_false += any(pair.is_significant for pair in simultaneous_differences(differences))
    return n_false / n_sets


@pytest.mark.parametrize("n_clips", [6, 12, 19, 20, 30, 100])
@pytest.mark.parametrize("coverage", [coverage_of_means, coverage_of_a_difference])
def test_interval_of_normal_values_covers_the_mean_in_93_5_to_96_5_percent(
    n_clips: int, coverage: Callable[[int, Draw], float]
) -> None:
    assert 0.935 <= coverage(n_clips, normal) <= 0.965


@pytest.mark.parametrize(
    ("n_clips", "coverage"),
    [(n, coverage_of_means) for n in (20, 30, 100)] + [(n, coverage_of_a_difference) for n in (20, 30, 100)],
)
def test_interval_of_skewed_values_covers_the_mean_in_at_least_90_percent_from_20_clips(
    n_clips: int, coverage: Callable[[int, Draw], float]
) -> None:
    assert coverage(n_clips, lognormal) >= 0.90


def test_interval_coverage_has_no_step_when_the_20th_clip_arrives() -> None:
    for draw in (normal, lognormal):
        assert abs(coverage_of_means(19, draw) - coverage_of_means(20, draw)) < 0.02


@pytest.mark.parametrize("n_clips", [6, 10, 20, 30, 100])
def test_compare_six_skewed_models_of_equal_means_tells_any_apart_in_at_most_7_percent(n_clips: int) -> None:
    assert family_wise_error(n_clips, skewed_to_both_sides, 1000) <= 0.07


@pytest.mark.parametrize("n_clips", [6, 10, 20, 30, 100])
def test_compare_six_identical_models_tells_any_apart_in_at_most_6_percent(n_clips: int) -> None:
    assert family_wise_error(n_clips, normal, 400) <= 0.06


def test_compare_in_four_groups_tells_any_equal_models_apart_in_at_most_6_percent() -> None:
    n_false = 0
    for seed in range(500):
        groups = [compare(simulated_scores(3, 12, 4 * seed + g), n_groups=4) for g in range(4)]
        n_false += any(pair.is_told_apart for found in groups for pair in found.pairs.values())
    assert n_false / 500 <= 0.06


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
