"""The trials of each design."""

from __future__ import annotations

import pytest

from seinfer.core.errors import UsageError
from seinfer.reports.listening.records import DesignName
from seinfer.reports.listening.trials import (
    control_trials,
    n_conditions,
    rated_trial,
    repeated,
    treatments,
    trial_seconds,
)

MODELS = ("noisy", "a", "b")


def test_treatments_of_each_design() -> None:
    assert treatments("p835", MODELS, "baseline") == (("noisy",), ("a",), ("b",))
    assert treatments("mushra", MODELS, "baseline") == (MODELS,)
    assert treatments("ccr", MODELS, "baseline") == (("noisy", "a"), ("noisy", "b"))
    assert treatments("ab", MODELS, "all") == (("noisy", "a"), ("noisy", "b"), ("a", "b"))
    assert treatments("abx", ("a", "b", "c"), "baseline") == (("a", "b"), ("a", "c"))


def test_treatments_of_mushra_with_more_than_twelve_conditions_are_a_usage_error() -> None:
    assert treatments("mushra", [f"m{i}" for i in range(9)], "all")
    with pytest.raises(UsageError, match=r"13 conditions in a trial \(10 models"):
        treatments("mushra", [f"m{i}" for i in range(10)], "all")


def test_mushra_trial_has_hidden_reference_anchors_and_another_open_reference() -> None:
    n = n_conditions("mushra", MODELS)
    trial = rated_trial("mushra", "talk", MODELS, range(n), 0)
    roles = [(one.model, one.role) for one in trial.stimuli]
    assert roles == [
        ("noisy", "noisy"),
        ("a", "test"),
        ("b", "test"),
        ("clean", "hidden_ref"),
        ("clean", "anchor35"),
        ("clean", "anchor70"),
    ]
    assert trial.reference is not None and trial.reference.role == "reference"
    assert trial.reference not in trial.stimuli


@pytest.mark.parametrize("x", [0, 1])
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_abx_trial_has_x_as_a_copy_of_the_drawn_model(order: tuple[int, int], x: int) -> None:
    a, b, last = rated_trial("abx", "talk", ("m0", "m1"), order, x).stimuli
    assert (a.model, b.model) == (f"m{order[0]}", f"m{order[1]}")
    assert last.role == "x" and last.same_as in (a, b) and last not in (a, b)
    assert last.model == f"m{x}"


def test_training_trial_has_stimuli_of_its_own() -> None:
    (stimulus,) = rated_trial("p835", "talk", ("noisy",), (0,), 0, "training").stimuli
    assert stimulus.role == "training"


def test_repeated_trial_has_copies_in_the_same_order() -> None:
    trial = rated_trial("ccr", "talk", ("noisy", "a"), (1, 0), 0)
    copies = repeated(trial)
    assert copies.kind == "repeat"
    assert tuple(one.same_as for one in copies.stimuli) == trial.stimuli
    assert not set(copies.stimuli) & set(trial.stimuli)


@pytest.mark.parametrize("has_clean", [True, False])
@pytest.mark.parametrize(("design", "scale", "most"), [("ccr", "CCR", 3), ("ab", "AB", 1)])
def test_controls_of_pairs_have_answers_at_opposite_ends(
    design: DesignName, scale: str, most: int, has_clean: bool
) -> None:
    found = control_trials(design, ("c1", "c2"), has_clean=has_clean)
    good = "clean" if has_clean else "noisy"
    assert [one.model for one in found["gold"].stimuli] == ["distorted", good]
    assert [one.model for one in found["trap"].stimuli] == [good, "distorted"]
    assert all(one.expected == {scale: (1, most)} for one in found["gold"].stimuli)
    assert all(one.expected == {scale: (-most, -1)} for one in found["trap"].stimuli)


def test_controls_of_p835_refuse_every_rater_who_always_gives_the_same_rating() -> None:
    found = control_trials("p835", ("c1", "c2"), has_clean=True)
    (gold,), (trap,) = found["gold"].stimuli, found["trap"].stimuli
    assert (gold.model, trap.model) == ("clean", "distorted")
    for rating in range(1, 6):
        accepted = [low <= rating <= high for one in (gold, trap) for low, high in one.expected.values()]
        assert not all(accepted)


def test_controls_of_p835_without_a_clean_file_are_two_bad_stimuli() -> None:
    found = control_trials("p835", ("c1", "c2"), has_clean=False)
    assert [trial.stimuli[0].model for trial in found.values()] == ["distorted", "distorted"]
    assert {one.clip_id for trial in found.values() for one in trial.stimuli} == {"c1", "c2"}


def test_controls_of_abx_have_x_first_and_then_second() -> None:
    found = control_trials("abx", ("c1", "c2"), has_clean=True)
    for kind, index in (("gold", 0), ("trap", 1)):
        *both, x = found[kind].stimuli  # type: ignore[index]
        assert x.same_as == both[index]
        assert x.expected == {"ABX": (index + 1, index + 1)}


def test_controls_of_mushra_are_its_hidden_references() -> None:
    assert control_trials("mushra", ("c1", "c2"), has_clean=True) == {}


def test_trial_seconds_grow_with_the_number_of_stimuli() -> None:
    assert trial_seconds("p835", 5, 8) == trial_seconds("p835", 5, 2) == 17
    assert trial_seconds("ccr", 5, 8) == 16
    assert trial_seconds("abx", 5, 8) == 20
    assert trial_seconds("mushra", 5, 4) == 7 * 11.5
