"""Which clips a person should listen to, by a stated rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import pytest

from seinfer.analysis.notable_clips import (
    BEST,
    DISAGREEMENT,
    MIN_SAMPLE,
    WORST,
    chosen_clips,
    main_metric,
    notable_clips,
)
from seinfer.analysis.results import Results, results_of
from seinfer.core.records import Clip, Enhancement, Score

Scores = Mapping[str, Sequence[float | None]]


def results(scores: Scores, metric: str = "sdr") -> Results:
    """Return results with one clip per score: 000, 001, ..."""
    n_clips = len(next(iter(scores.values())))
    clips = [Clip(f"{i:03}", f"/n/{i}.wav", f"/c/{i}.wav", 16000, 1, 16000) for i in range(n_clips)]
    facts = {"license_code": "MIT", "license_weights": "MIT"}
    header: dict[str, Any] = {"metrics": {metric: "x"}, "lost_models": {}, "models": dict.fromkeys(scores, facts)}
    slots = {(clip.clip_id, model): own[i] for model, own in scores.items() for i, clip in enumerate(clips)}
    return results_of(
        header,
        clips,
        {slot: Enhancement(*slot, "ok") for slot in slots},
        {slot: Score(*slot, 16000, {} if value is None else {metric: value}) for slot, value in slots.items()},
    )


def found(results: Results, kind: str) -> list[tuple[str, tuple[str, ...], float]]:
    return [(one.clip_id, one.models, round(one.value, 6)) for one in notable_clips(results) if one.kind == kind]


SCORES: Scores = {"noisy": [1.0, 5.0, 3.0], "a": [2.0, 5.5, 9.0], "b": [4.0, 4.0, 8.0]}


def test_worst_and_best_clip_are_those_with_the_smallest_and_largest_improvement_over_noisy() -> None:
    assert found(results(SCORES), WORST) == [("001", ("a",), 0.5), ("001", ("b",), -1.0)]
    assert found(results(SCORES), BEST) == [("002", ("a",), 6.0), ("002", ("b",), 5.0)]


def test_worst_and_best_clip_without_noisy_are_those_with_the_extreme_scores() -> None:
    without = results({"a": SCORES["a"], "b": SCORES["b"]})
    assert found(without, WORST) == [("000", ("a",), 2.0), ("000", ("b",), 4.0)]
    assert found(without, BEST) == [("002", ("a",), 9.0), ("002", ("b",), 8.0)]
    assert not any(one.is_improvement for one in notable_clips(without))


def test_disagreement_is_the_largest_distance_between_models_without_noisy() -> None:
    scores = {**SCORES, "noisy": [-50.0, 50.0, 0.0]}
    assert found(results(scores), DISAGREEMENT) == [
        ("000", ("b", "a"), 2.0),
        ("001", ("a", "b"), 1.5),
        ("002", ("a", "b"), 1.0),
    ]


def test_metric_in_which_lower_is_better_turns_the_order_around() -> None:
    lower = results({"noisy": [5.0, 5.0], "a": [1.0, 6.0], "b": [2.0, 3.0]}, metric="lsd")
    assert found(lower, WORST)[0] == ("001", ("a",), -1.0)
    assert found(lower, BEST)[0] == ("000", ("a",), 4.0)
    assert found(lower, DISAGREEMENT)[0] == ("001", ("b", "a"), 3.0)


def test_equal_values_choose_the_first_clip() -> None:
    same = results({"noisy": [1.0, 1.0, 1.0], "a": [2.0, 2.0, 2.0], "b": [2.0, 2.0, 2.0]})
    assert found(same, WORST) == found(same, BEST) == [("000", ("a",), 1.0), ("000", ("b",), 1.0)]
    assert found(same, DISAGREEMENT) == []


def test_clip_without_the_needed_scores_is_not_chosen() -> None:
    scores: Scores = {"noisy": [None, 1.0, 1.0], "a": [99.0, 3.0, 2.0], "b": [None, None, 2.0]}
    assert found(results(scores), BEST) == [("001", ("a",), 2.0), ("002", ("b",), 1.0)]
    assert found(results(scores), DISAGREEMENT) == []


@pytest.mark.parametrize("scores", [{"noisy": [1.0]}, {"noisy": [None], "a": [None]}])
def test_run_without_a_model_or_without_scores_has_no_notable_clips(scores: Scores) -> None:
    assert notable_clips(results(scores)) == []


def test_run_without_metrics_has_no_main_metric() -> None:
    nothing = results_of({"models": {}}, [], {}, {})
    assert main_metric(nothing) == ""
    assert notable_clips(nothing) == []


def test_small_run_shows_all_clips() -> None:
    small = results(SCORES)
    assert chosen_clips(small, notable_clips(small)) == small.clips


def test_large_run_shows_the_notable_clips_and_one_clip_of_each_part_of_the_input_quality() -> None:
    large = results({"noisy": [float(i) for i in range(100)], "a": [50.0] * 100, "b": [i / 2 for i in range(100)]})
    notable = notable_clips(large)
    named = {one.clip_id for one in notable}
    shown = [clip.clip_id for clip in chosen_clips(large, notable, 15)]
    assert named <= set(shown)
    assert len(shown) == 15
    assert shown == sorted(shown)
    rest = [int(clip_id) for clip_id in shown if clip_id not in named]
    steps = [b - a for a, b in pairwise(rest)]
    assert max(steps) <= 2 * min(steps)
    assert shown == [clip.clip_id for clip in chosen_clips(large, notable, 15)]


def test_large_run_with_many_notable_clips_still_shows_a_sample_of_the_others() -> None:
    large = results(
        {"noisy": [0.0] * 30, **{f"m{k}": [float((i * (k + 3)) % 31) for i in range(30)] for k in range(9)}}
    )
    notable = notable_clips(large)
    named = {one.clip_id for one in notable}
    assert len(chosen_clips(large, notable, len(named))) == len(named) + MIN_SAMPLE
