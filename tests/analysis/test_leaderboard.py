from __future__ import annotations

from dataclasses import replace

import pytest

from seinfer.analysis.leaderboard import LeaderboardRow, leaderboard
from seinfer.analysis.results import Row
from tests.reports import example_run


@pytest.fixture(scope="module")
def by_model() -> dict[str, LeaderboardRow]:
    return {row.model: row for row in leaderboard(example_run.results())}


def test_leaderboard_has_one_row_per_model_in_the_order_of_the_results() -> None:
    results = example_run.results()
    assert tuple(row.model for row in leaderboard(results)) == results.models == ("noisy", "good", "small")


def test_leaderboard_means_are_over_the_common_clips(by_model: dict[str, LeaderboardRow]) -> None:
    good = by_model["good"].figures["sdr"]
    assert good.summary is not None
    # The clips 0 to 5 have an SDR for every model; clip 6 failed for "small".
    assert (good.n, good.n_failed, good.summary.n) == (7, 1, 6)
    assert good.summary.interval.mean == pytest.approx(sum(2.5 * i + 6 + i / 16 for i in range(6)) / 6)


def test_leaderboard_delta_is_the_mean_improvement_over_noisy(by_model: dict[str, LeaderboardRow]) -> None:
    delta = by_model["good"].figures["sdr"].delta
    assert delta is not None and delta.mean == pytest.approx(6 + 2.5 / 16)
    assert by_model["noisy"].figures["sdr"].delta is None
    assert by_model["good"].figures["sdr"].baseline_delta is None


def test_leaderboard_baseline_delta_is_against_the_chosen_baseline() -> None:
    rows = {row.model: row for row in leaderboard(example_run.results(report={"baseline": "small"}))}
    delta = rows["good"].figures["sdr"].baseline_delta
    assert delta is not None and delta.mean == pytest.approx(1 + 2.5 * (1 / 16 + 1 / 32))
    assert rows["small"].figures["sdr"].baseline_delta is None


def test_leaderboard_best_model_is_first_and_told_apart_from_every_other(by_model: dict[str, LeaderboardRow]) -> None:
    ranks = {model: (row.figures["sdr"].rank, row.figures["sdr"].tie_band) for model, row in by_model.items()}
    assert ranks == {"good": (1, "a"), "small": (2, "b"), "noisy": (3, "c")}
    assert [model for model, row in by_model.items() if row.figures["sdr"].is_best] == ["good"]
    # PESQ has 5 common clips, too few to tell models apart.
    assert not any(row.figures["pesq_wb"].is_best for row in by_model.values())


def test_leaderboard_win_rate_counts_a_failed_clip_as_lost(by_model: dict[str, LeaderboardRow]) -> None:
    assert by_model["good"].figures["sdr"].win_rate == 1.0
    assert by_model["small"].figures["sdr"].win_rate == 6 / 7
    assert by_model["noisy"].figures["sdr"].win_rate is None


def test_leaderboard_p_interval_and_letters_give_the_same_answer() -> None:
    for row in leaderboard(example_run.results()):
        for metric, result in row.figures.items():
            if result.delta is None or result.delta.low is None or result.delta.high is None:
                assert result.p_adjusted is None
                continue
            noisy = example_run.results().comparisons[metric].models[0].tie_band
            is_apart = result.delta.low > 0 or result.delta.high < 0
            assert result.p_adjusted is not None
            assert is_apart == (result.p_adjusted < 0.05) == (not set(result.tie_band) & set(noisy))


def test_leaderboard_costs_are_totals_over_the_clips_that_succeeded(by_model: dict[str, LeaderboardRow]) -> None:
    good, small, noisy = by_model["good"], by_model["small"], by_model["noisy"]
    assert (good.n_ok, good.n_failed) == (9, 1)
    assert (small.n_ok, small.n_failed) == (8, 2)
    assert good.rtf == pytest.approx(0.8)
    assert (good.n_parameters, good.weights_bytes, good.peak_rss_mib) == (1_500_000, 6_000_000, 500.0)
    assert (noisy.n_parameters, noisy.weights_bytes) == (None, None)


def test_leaderboard_of_files_from_another_program_has_unknown_costs() -> None:
    results = example_run.results()
    rows: dict[tuple[str, str], Row] = {}
    for key, row in results.rows.items():
        done = row.enhancement and replace(row.enhancement, wall_s=0.0, peak_rss_mib=0.0)
        rows[key] = replace(row, enhancement=done)
    assert {(row.rtf, row.peak_rss_mib) for row in leaderboard(replace(results, rows=rows))} == {(None, None)}
