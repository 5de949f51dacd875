from __future__ import annotations

from pathlib import Path

import pytest

from seinfer.reports.listening.ratings.rating_files import read_ratings
from seinfer.reports.listening.ratings.votes import Vote, conditions, of_test_trials, votes_of
from seinfer.reports.listening.records import DesignName, Key

from .simulated import MODELS, Spread, make_key, rate, write_ratings


def simulated(design: DesignName, tmp_path: Path) -> tuple[Key, tuple[Vote, ...]]:
    """Return the votes of raters who never err."""
    key = make_key(design, n_raters=2, n_clips=3)
    rows = rate(
        key, spread=Spread(0, 0, 0), quality={"clean": 5, "good": 4, "fair": 3, "poor": 2, "noisy": 1, "distorted": 1}
    )
    return key, votes_of(read_ratings(write_ratings(tmp_path, rows)), key)


def test_votes_of_p835_have_the_rating_of_their_model(tmp_path: Path) -> None:
    key, votes = simulated("p835", tmp_path)
    assert {(vote.condition, vote.rating) for vote in of_test_trials(votes)} == {
        ("good", 4.0),
        ("fair", 3.0),
        ("poor", 2.0),
        ("noisy", 1.0),
    }
    assert conditions(of_test_trials(votes), key) == list(MODELS)
    assert {vote.kind for vote in votes} == {"training", "test", "gold", "trap", "repeat"}


@pytest.mark.parametrize("design", ["ccr", "ab"])
def test_votes_of_comparisons_favour_the_better_model_in_either_order(design: DesignName, tmp_path: Path) -> None:
    _, votes = simulated(design, tmp_path)
    level = {"good": 4, "fair": 3, "poor": 2, "noisy": 1}
    assert {vote.rating > 0 for vote in of_test_trials(votes)} == {True, False}
    for vote in of_test_trials(votes):
        better, worse = vote.pair if vote.favour > 0 else reversed(vote.pair)
        assert level[better] > level[worse]
        assert vote.pair[0] != "noisy"


def test_votes_of_abx_know_which_answers_are_right(tmp_path: Path) -> None:
    _, votes = simulated("abx", tmp_path)
    for vote in of_test_trials(votes):
        a, b, x = (item.model for item in vote.stimuli)
        assert vote.is_correct == (x == (a if vote.rating == 1 else b))


def test_votes_of_mushra_name_reference_and_anchors_by_role(tmp_path: Path) -> None:
    key, votes = simulated("mushra", tmp_path)
    assert conditions(of_test_trials(votes), key) == [*MODELS, "hidden_ref", "anchor35", "anchor70"]
    repeats = {vote.condition for vote in votes if vote.kind == "repeat"}
    assert repeats == {*MODELS, "hidden_ref", "anchor35", "anchor70"}
