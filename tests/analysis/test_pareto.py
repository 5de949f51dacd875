from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seinfer.analysis.costs import is_at_least_as_cheap, rtf_differs
from seinfer.analysis.leaderboard import LeaderboardRow, leaderboard
from seinfer.analysis.pareto import ParetoLine, is_better, pareto_line
from seinfer.analysis.results import Results, results_of
from seinfer.core.records import Clip, Cost, Enhancement, Score

N_CLIPS = 12
COST = Cost("", device="cpu", threads=2, processor="Example CPU", n_repeats=5)


def run(scores: Mapping[str, float], rtf: Mapping[str, float], *, metric: str = "sdr", spread: float = 0.01) -> Results:
    """Return a run of models with these mean scores; differences below about 0.1 are ties."""
    clips = [Clip(f"{i:02}", f"/{i}.wav", f"/c{i}.wav", 16_000, 1, 16_000) for i in range(N_CLIPS)]
    rng = np.random.default_rng(1)
    noise = {model: rng.permutation(np.linspace(-0.1, 0.1, N_CLIPS)) for model in scores}
    enhancements = {(c.clip_id, m): Enhancement(c.clip_id, m, "ok", n_samples=16_000) for c in clips for m in scores}
    found = {
        (clip.clip_id, model): Score(clip.clip_id, model, 16_000, {metric: mean + noise[model][i]}, {}, 0, 0.0, 0)
        for i, clip in enumerate(clips)
        for model, mean in scores.items()
    }
    costs = {
        model: replace(COST, model=model, rtf=value, rtf_low=value * (1 - spread), rtf_high=value * (1 + spread))
        for model, value in rtf.items()
    }
    header = {"models": {model: {} for model in scores}, "metrics": {metric: ""}}
    return results_of(header, clips, enhancements, found, costs)


def line(results: Results, metric: str = "sdr") -> ParetoLine:
    return pareto_line(results, leaderboard(results), metric)


def test_pareto_line_without_a_worse_and_dearer_model() -> None:
    found = line(run({"a": 10, "b": 12, "c": 11}, {"a": 0.1, "b": 0.5, "c": 0.9}))
    assert found.on_line == ("a", "b")
    assert found.dominated == {"c": "b"}


def test_pareto_line_model_tied_in_quality_is_kept_whatever_it_costs() -> None:
    assert line(run({"a": 10, "b": 10.01}, {"a": 9.0, "b": 0.1})).dominated == {}


def test_pareto_line_worse_model_whose_cost_is_within_the_spread_is_dominated() -> None:
    assert line(run({"a": 10, "b": 12}, {"a": 0.50, "b": 0.52})).dominated == {"a": "b"}


def test_pareto_line_of_a_metric_whose_lower_values_are_better_keeps_the_lower_mean() -> None:
    results = run({"a": 10, "b": 12}, {"a": 0.5, "b": 0.5}, metric="lsd")
    assert line(results, "lsd").on_line == ("a",)


def test_pareto_line_model_measured_on_another_machine_is_not_dominated() -> None:
    results = run({"a": 10, "b": 12}, {"a": 0.5, "b": 0.1})
    other = replace(results, costs={**results.costs, "a": replace(results.costs["a"], processor="Another CPU")})
    assert line(results).on_line == ("b",)
    assert line(other).on_line == ("a", "b")


def test_pareto_line_leaves_out_models_without_a_cost_or_a_score() -> None:
    assert line(run({"a": 10, "b": 12}, {"a": 0.5})) == ParetoLine(("a",), {})
    assert line(run({"a": float("nan")}, {"a": 0.5})) == ParetoLine((), {})


def test_pareto_line_model_worse_than_noisy_is_dominated_by_it_also_without_a_cost_of_noisy() -> None:
    found = line(run({"noisy": 10, "a": 9, "b": 12}, {"a": 0.1, "b": 0.5}))
    assert found == ParetoLine(("noisy", "b"), {"a": "noisy"})


def test_at_least_as_cheap_in_one_direction_only_is_a_difference() -> None:
    one, other = leaderboard(run({"a": 10, "b": 12}, {"a": 0.1, "b": 0.5}))
    assert rtf_differs(one, other)
    assert is_at_least_as_cheap(one, other) and not is_at_least_as_cheap(other, one)


figure = st.integers(0, 6)
models = st.dictionaries(st.sampled_from("abcde"), st.tuples(figure, figure), min_size=1)


@settings(max_examples=25)
@given(models)
def test_pareto_line_contains_the_best_model_and_every_other_has_a_witness(chosen: dict[str, tuple[int, int]]) -> None:
    results = run({m: q / 5 for m, (q, _) in chosen.items()}, {m: 0.05 * 1.3**c for m, (_, c) in chosen.items()})
    rows = {row.model: row for row in leaderboard(results)}
    found = line(results)
    assert {*found.on_line, *found.dominated} == set(chosen)
    assert not set(found.on_line) & set(found.dominated)
    best = min(rows.values(), key=lambda row: row.figures["sdr"].rank or 0)
    assert best.model in found.on_line
    for model, winner in found.dominated.items():
        assert is_better(results, "sdr", winner, model)
        assert is_at_least_as_cheap(rows[winner], rows[model])
        assert mean(rows[winner]) > mean(rows[model])


@settings(max_examples=15)
@given(models, st.randoms(use_true_random=False))
def test_pareto_line_does_not_depend_on_the_order_of_the_rows(
    chosen: dict[str, tuple[int, int]], rng: random.Random
) -> None:
    results = run({m: q / 5 for m, (q, _) in chosen.items()}, {m: 0.05 * 1.3**c for m, (_, c) in chosen.items()})
    rows = leaderboard(results)
    shuffled = list(rows)
    rng.shuffle(shuffled)
    one, other = pareto_line(results, rows, "sdr"), pareto_line(results, shuffled, "sdr")
    assert set(one.on_line) == set(other.on_line) and one.dominated == other.dominated


@pytest.mark.parametrize("cheapest", ["a", "b"])
def test_pareto_line_of_clearly_separated_models_is_that_of_the_means(cheapest: str) -> None:
    results = run({"a": 10, "b": 12}, {"a": 1.0, "b": 1.0, cheapest: 0.1})
    assert line(results).on_line == (("a", "b") if cheapest == "a" else ("b",))


def mean(row: LeaderboardRow) -> float:
    summary = row.figures["sdr"].summary
    assert summary is not None
    return summary.interval.mean
