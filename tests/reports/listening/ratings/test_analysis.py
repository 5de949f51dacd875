"""The analysis finds the known order of the models, and no difference where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from seinfer.reports.listening.ratings.analysis import Analysis, analyse
from seinfer.reports.listening.ratings.rating_files import read_ratings
from seinfer.reports.listening.ratings.votes import votes_of
from seinfer.reports.listening.records import DesignName, Key

from .simulated import QUALITY, make_key, rate, write_ratings

EQUAL = {**QUALITY, "good": 3.0, "fair": 3.0, "poor": 3.0, "noisy": 3.0}


def analysed(key: Key, folder: Path, seed: int = 1, quality: dict[str, float] | None = None) -> Analysis:
    rows = rate(key, seed=seed, quality=quality or QUALITY)
    return analyse(votes_of(read_ratings(write_ratings(folder, rows)), key), key)


@pytest.mark.parametrize(
    ("design", "metric"),
    [("p835", "mos_ovrl"), ("p835", "mos_sig"), ("mushra", "mushra"), ("ccr", "ccr"), ("ab", "ab")],
)
def test_analyse_recovers_the_known_order(design: DesignName, metric: str, tmp_path: Path) -> None:
    found = analysed(make_key(design, n_raters=16, n_clips=16), tmp_path)
    ranks = {row.model: row.rank for row in found.models if row.metric == metric and row.rank}
    assert sorted(ranks, key=lambda model: ranks[model] or 0) == ["good", "fair", "poor", "noisy"]
    for better, worse in (("good", "noisy"), ("good", "poor"), ("fair", "noisy")):
        pair = found.pair(metric, better, worse)
        assert pair is not None and pair.is_told_apart
        assert pair.estimate.interval.low is not None and pair.estimate.interval.low > 0


@pytest.mark.parametrize("design", ["p835", "ccr"])
def test_analyse_of_equal_models_tells_none_apart_in_most_tests(design: DesignName, tmp_path: Path) -> None:
    key = make_key(design, n_raters=12, n_clips=8)
    wrong = [
        any(pair.is_told_apart for pair in analysed(key, tmp_path / str(seed), seed, EQUAL).pairs) for seed in range(12)
    ]
    assert sum(wrong) <= 3


def test_analyse_p835_mean_and_its_intervals_over_the_votes(tmp_path: Path) -> None:
    key = make_key(n_raters=12, n_clips=8)
    found = analysed(key, tmp_path)
    row = found.model("mos_ovrl", "good")
    assert row is not None
    assert (row.estimate.n, row.estimate.n_raters, row.estimate.n_clips) == (96, 12, 8)
    low, high, votes = row.estimate.interval.low, row.estimate.interval.high, row.estimate.votes_interval
    assert low is not None and high is not None and votes.low is not None and votes.high is not None
    assert low < 4.0 < high
    assert votes.high - votes.low < high - low
    assert (found.n_raters, found.n_clips, found.n_votes) == (12, 8, 12 * 8 * 4 * 3)


def test_analyse_mushra_gives_median_and_quartiles_and_compares_no_anchor(tmp_path: Path) -> None:
    found = analysed(make_key("mushra", n_raters=8, n_clips=6), tmp_path)
    row = found.model("mushra", "hidden_ref")
    assert row is not None and row.lower_quartile <= row.median <= row.upper_quartile
    assert (row.rank, row.tie_band) == (None, "")
    assert {name for pair in found.pairs for name in (pair.model_a, pair.model_b)} == {"good", "fair", "poor", "noisy"}


def test_analyse_ab_gives_the_share_of_preferences(tmp_path: Path) -> None:
    pair = analysed(make_key("ab", n_raters=10, n_clips=8), tmp_path).pair("ab", "good", "noisy")
    assert pair is not None and pair.preference is not None
    assert pair.preference.mean > 0.8
    assert pair.preference.high is not None and pair.preference.high <= 1.0


def test_analyse_abx_tests_right_answers_against_chance(tmp_path: Path) -> None:
    key = make_key("abx", n_raters=5, n_clips=6, models=("good", "fair"))
    heard = analysed(key, tmp_path / "heard").pair("abx", "fair", "good")
    assert heard is not None and heard.is_told_apart
    assert (heard.n_answers, heard.n_critical) == (30, 20)
    unheard = analysed(key, tmp_path / "unheard", quality=EQUAL).pair("abx", "fair", "good")
    assert unheard is not None and not unheard.is_told_apart


def test_analyse_with_holm_raises_the_p_of_every_pair(tmp_path: Path) -> None:
    found = analysed(make_key(n_raters=8, n_clips=8), tmp_path)
    pairs = [pair for pair in found.pairs if pair.metric == "mos_ovrl"]
    assert len(pairs) == 6
    for pair in pairs:
        assert pair.p_value is not None and pair.p_holm is not None
        assert pair.p_value <= pair.p_holm <= min(1.0, 6 * pair.p_value)


def test_analyse_of_three_raters_has_means_but_no_interval_test_or_letters(tmp_path: Path) -> None:
    found = analysed(make_key(n_raters=3, n_clips=6), tmp_path)
    row = found.model("mos_ovrl", "good")
    assert row is not None and row.estimate.interval.low is None and row.tie_band == ""
    assert {pair.p_holm for pair in found.pairs} == {None}


def test_analyse_without_votes_is_empty() -> None:
    found = analyse((), make_key("p835", n_raters=2, n_clips=2))
    assert (found.models, found.pairs, found.n_votes) == ((), (), 0)
