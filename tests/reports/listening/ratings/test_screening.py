"""Raters who click at random are excluded by the rules of the key, and attentive raters are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from seinfer.reports.listening.ratings.rating_files import read_ratings
from seinfer.reports.listening.ratings.screening import RaterCheck, kept, screen
from seinfer.reports.listening.ratings.votes import votes_of
from seinfer.reports.listening.records import DesignName, Key

from .simulated import Row, make_key, rate, with_rules, write_ratings


def checks(key: Key, rows: list[Row], folder: Path, missing: dict[str, int] | None = None) -> dict[str, RaterCheck]:
    votes = votes_of(read_ratings(write_ratings(folder, rows)), key)
    return {check.rater_id: check for check in screen(votes, key, missing or {})}


@pytest.mark.parametrize("design", ["p835", "mushra", "ccr", "ab"])
def test_screen_excludes_raters_who_click_at_random_and_keeps_attentive_raters(
    design: DesignName, tmp_path: Path
) -> None:
    key = make_key(design, n_raters=24, n_clips=8)
    at_random = {f"r{i:02}" for i in range(0, 24, 3)}
    found = checks(key, rate(key, seed=6, at_random=at_random), tmp_path)
    excluded = {name for name, check in found.items() if check.is_excluded}
    assert excluded <= at_random
    assert len(excluded) >= len(at_random) - 1  # one in twenty answers the control trials right by chance


def test_screen_counts_gold_repeats_played_share_and_correlation(tmp_path: Path) -> None:
    key = make_key(n_raters=4, n_clips=4)
    rows = [
        {**row, "played_ms": "2500"} if row["rater_id"] == "r01" and row["trial"] == "9" else row for row in rate(key)
    ]
    found = checks(key, rows, tmp_path, {"s02": 7})
    assert found["r01"].reasons == ("a stimulus was played to 50% only, 90% required",)
    assert (found["r02"].n_missing, found["r02"].sessions, found["r02"].n_gold) == (7, "s02", 2)
    assert found["r00"].played_share == 1.0
    assert found["r00"].correlation is not None and found["r00"].correlation > 0.4
    assert found["r00"].repeat_difference is not None and found["r00"].repeat_difference <= 2


def test_screen_by_stricter_rules_of_the_key_excludes_more_raters(tmp_path: Path) -> None:
    key = with_rules(make_key(n_raters=6, n_clips=4), max_repeat_difference=-1.0, min_correlation=0.99)
    found = checks(key, rate(key), tmp_path)
    assert all(len(check.reasons) == 2 for check in found.values())
    assert "repeated stimuli differ by" in found["r00"].reasons[0]
    assert "at least 0.99 required" in found["r00"].reasons[1]


def test_screen_of_ratings_without_played_times_does_not_check_them(tmp_path: Path) -> None:
    key = make_key(n_raters=3, n_clips=3)
    found = checks(key, [{**row, "played_ms": ""} for row in rate(key)], tmp_path)
    assert {check.played_share for check in found.values()} == {None}


def test_screen_of_abx_counts_right_answers_against_chance(tmp_path: Path) -> None:
    key = make_key("abx", n_raters=2, n_clips=6)
    found = checks(key, rate(key, at_random={"r01"}), tmp_path)
    attentive = found["r00"]
    assert attentive.n_correct is not None and attentive.p_value is not None and attentive.p_value < 0.001
    assert found["r01"].p_value is not None and found["r01"].p_value > 0.01


def test_kept_leaves_out_every_vote_of_an_excluded_rater(tmp_path: Path) -> None:
    key = make_key(n_raters=6, n_clips=4)
    votes = votes_of(read_ratings(write_ratings(tmp_path, rate(key, at_random={"r03"}))), key)
    found = screen(votes, key, {})
    assert {vote.rater for vote in kept(votes, found)} == {f"r{i:02}" for i in (0, 1, 2, 4, 5)}
