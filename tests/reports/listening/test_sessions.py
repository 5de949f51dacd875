"""Plans of sessions: every rater hears a balanced part of the test."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from seinfer.core.errors import UsageError
from seinfer.mixing.random_draws import RandomDraws
from seinfer.reports.listening.records import DESIGNS, DesignName
from seinfer.reports.listening.sessions import Plan, plan_sessions
from seinfer.reports.listening.trials import N_TRAINING, Trial

from .listening_run import request

MODELS = ("noisy", "a", "b", "c")
CLIPS = tuple(f"c{i}" for i in range(6))
CONTROLS = tuple(f"k{i}" for i in range(6))


def planned(design: DesignName = "p835", seed: int = 1, clip_s: float = 5.0, **changes: Any) -> Plan:
    asked = request(Path(), design=design, **changes)
    with_clean = dict.fromkeys((*CLIPS, *CONTROLS), True)
    models = MODELS if design != "abx" else MODELS[1:]
    return plan_sessions(asked, models, CLIPS, CONTROLS, clip_s, with_clean, RandomDraws(seed))


def of_kind(trials: tuple[Trial, ...], *kinds: str) -> list[Trial]:
    return [trial for trial in trials if trial.kind in kinds]


@pytest.mark.parametrize("design", DESIGNS)
def test_sessions_begin_with_training_and_have_their_control_trials(design: DesignName) -> None:
    plan = planned(design)
    assert len(plan.sessions) == 4
    for trials in plan.sessions:
        n_training = N_TRAINING[design]
        assert [trial.kind for trial in trials[:n_training]] == ["training"] * n_training
        kinds = Counter(trial.kind for trial in trials[n_training:])
        n_controls = 0 if design == "mushra" else 1
        assert kinds["gold"] == kinds["trap"] == n_controls
        assert kinds["repeat"] == (0 if design == "abx" else 1)
        assert kinds["training"] == 0
        in_training = [stimulus for trial in trials[:n_training] for stimulus in trial.stimuli]
        assert len({stimulus.clip_id for stimulus in in_training}) > 1


@pytest.mark.parametrize("design", DESIGNS)
def test_sessions_of_the_same_seed_are_the_same_and_of_another_seed_are_not(design: DesignName) -> None:
    assert planned(design, seed=1) == planned(design, seed=1)
    assert planned(design, seed=1).sessions != planned(design, seed=2).sessions


def test_sessions_of_p835_have_every_model_on_every_clip_once_and_no_equal_neighbours() -> None:
    plan = planned()
    assert plan.n_clips_each == len(CLIPS)
    assert plan.n_neighbours == 0
    for trials in plan.sessions:
        found = Counter((one.clip_id, one.model) for trial in of_kind(trials, "test") for one in trial.stimuli)
        assert found == {(clip, model): 1 for clip in CLIPS for model in MODELS}


def test_sessions_that_would_be_too_long_have_a_balanced_part_of_the_clips() -> None:
    plan = planned(max_minutes=6, n_raters=6)
    assert plan.n_clips_each == 3
    assert plan.minutes <= 6
    raters = Counter(
        clip for trials in plan.sessions for clip in {t.stimuli[0].clip_id for t in of_kind(trials, "test")}
    )
    assert set(raters.values()) == {3}


def test_sessions_in_which_not_even_one_clip_fits_are_a_usage_error() -> None:
    with pytest.raises(UsageError, match=r"single clip takes 8 minutes .* --max-minutes is 5"):
        planned(max_minutes=5, clip_s=30)


@pytest.mark.parametrize(("design", "pairs"), [("ccr", "baseline"), ("ab", "all"), ("abx", "all")])
def test_sessions_of_pairs_have_both_orders_equally_often(design: DesignName, pairs: str) -> None:
    for trials in planned(design, pairs=pairs).sessions:
        orders = Counter(tuple(one.model for one in trial.stimuli[:2]) for trial in of_kind(trials, "test"))
        assert set(orders.values()) == {len(CLIPS) // 2}
        assert {(b, a) for a, b in orders} == set(orders)


def test_sessions_of_abx_have_either_answer_equally_often_for_each_pair() -> None:
    for trials in planned("abx", pairs="all").sessions:
        xs = Counter(
            (frozenset(one.model for one in trial.stimuli[:2]), trial.stimuli[2].model)
            for trial in of_kind(trials, "test")
        )
        assert len(xs) == 6
        assert set(xs.values()) == {len(CLIPS) // 2}


def test_sessions_of_mushra_have_every_condition_at_every_position_equally_often() -> None:
    plan = planned("mushra", n_raters=7, max_minutes=60)  # 6 clips and 7 conditions: 42 trials, 14 rows
    at = Counter(
        (position, one.model, one.role)
        for trials in plan.sessions
        for trial in of_kind(trials, "test")
        for position, one in enumerate(trial.stimuli)
    )
    assert len(at) == 49
    assert set(at.values()) == {6}


def test_sessions_repeat_a_trial_only_after_half_of_the_session() -> None:
    for trials in planned().sessions:
        (repeat,) = of_kind(trials, "repeat")
        before = of_kind(trials[: trials.index(repeat)], "test")
        assert len(before) >= len(CLIPS) * len(MODELS) // 2
        assert tuple(one.same_as for one in repeat.stimuli) in [trial.stimuli for trial in before]


def test_plan_lists_every_stimulus_once_with_references() -> None:
    plan = planned("mushra", max_minutes=60)
    assert len(set(plan.stimuli)) == len(plan.stimuli)
    references = {trial.reference for trials in plan.sessions for trial in trials}
    assert references <= set(plan.stimuli)
