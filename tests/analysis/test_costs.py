"""Where rtf is from, how exact it is, and which models differ in it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from seinfer.analysis.cautions import cautions
from seinfer.analysis.costs import (
    BETWEEN_MEASUREMENTS,
    UNDER_LOAD,
    measured_cost,
    rtf_differs,
    rtf_lines,
    rtf_range,
    rtf_source,
    spread,
)
from seinfer.analysis.leaderboard import LeaderboardRow, leaderboard
from seinfer.core.records import Cost
from tests.reports import example_run

GOOD = example_run.MEASURED["good"]
BUSY = replace(GOOD, is_busy=True, slowdown=2.5, cpu_share=0.5)


def row(cost: Cost | None, rtf: float | None = None) -> LeaderboardRow:
    return LeaderboardRow("model", {}, 1, 0, cost.rtf if cost else rtf, None, None, None, cost)


def test_leaderboard_rtf_is_that_of_the_model_alone_where_it_was_measured() -> None:
    rows = {row.model: row for row in leaderboard(example_run.results(costs={"good": GOOD}))}
    assert (rows["good"].rtf, rows["good"].cost, rtf_source(rows["good"])) == (0.5, GOOD, "alone")
    assert rows["small"].rtf == pytest.approx(0.1)
    assert (rows["small"].cost, rtf_source(rows["small"])) == (None, "run")


def test_leaderboard_rtf_is_that_of_the_run_if_the_measurement_failed() -> None:
    results = example_run.results(costs={"good": Cost("good", "crashed: by the test")})
    assert measured_cost(results, "good") is None
    assert leaderboard(results)[1].rtf == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("row", "source"),
    [(row(GOOD), "alone"), (row(BUSY), "alone, busy machine"), (row(None, 1.0), "run"), (row(None), "")],
)
def test_rtf_source_of_each_kind_of_row(row: LeaderboardRow, source: str) -> None:
    assert rtf_source(row) == source


def test_rtf_range_of_a_quiet_machine_is_the_spread_and_the_change_between_measurements() -> None:
    assert rtf_range(row(GOOD)) == pytest.approx((0.48 / BETWEEN_MEASUREMENTS, 0.51 * BETWEEN_MEASUREMENTS))


def test_rtf_range_of_a_busy_machine_begins_at_the_processor_time_on_all_threads() -> None:
    low, high = rtf_range(row(BUSY)) or (0.0, 0.0)
    assert low == pytest.approx(0.48 * 0.5 / 2 / BETWEEN_MEASUREMENTS)
    assert high == pytest.approx(0.51 * BETWEEN_MEASUREMENTS)


def test_rtf_range_of_a_figure_of_the_run_is_wide_and_of_no_figure_is_none() -> None:
    assert rtf_range(row(None, 1.0)) == pytest.approx((1 / UNDER_LOAD, BETWEEN_MEASUREMENTS))
    assert rtf_range(row(None)) is None


@pytest.mark.parametrize(
    ("other", "differs"),
    [
        (replace(GOOD, rtf=0.55, rtf_low=0.53, rtf_high=0.57), False),
        (replace(GOOD, rtf=0.8, rtf_low=0.78, rtf_high=0.83), True),
        (replace(GOOD, rtf=0.8, rtf_low=0.5, rtf_high=0.83), False),
        (replace(BUSY, rtf=0.8, rtf_low=0.78, rtf_high=0.83), False),
        (replace(BUSY, rtf=40.0, rtf_low=30.0, rtf_high=50.0), True),
        (replace(GOOD, rtf=0.8, rtf_low=0.78, rtf_high=0.83, threads=1), False),
        (replace(GOOD, rtf=0.8, rtf_low=0.78, rtf_high=0.83, processor="another"), False),
        (None, False),
    ],
    ids=["within", "beyond", "overlapping", "busy", "far beyond, busy", "threads", "processor", "unknown"],
)
def test_rtf_differs_only_beyond_the_spread_in_the_same_conditions(other: Cost | None, differs: bool) -> None:
    assert rtf_differs(row(GOOD), row(other)) is differs
    assert rtf_differs(row(other), row(GOOD)) is differs


def test_spread_is_the_largest_distance_from_the_median() -> None:
    assert spread(GOOD) == pytest.approx(0.04)
    assert spread(replace(GOOD, rtf=0.0)) == 0.0


def test_rtf_lines_of_one_machine_is_one_line_with_median_spread_threads_and_processor() -> None:
    costs = {**example_run.MEASURED, "noisy": replace(GOOD, model="noisy", rtf_high=50.0)}
    assert list(rtf_lines(example_run.results(costs=costs))) == [
        "rtf: processing time / audio duration, one clip (5.0 s) at a time: median of 5 repetitions, all within ±20 % "
        "of it, 2 threads, Example CPU, 2 GHz"
    ]


def test_rtf_lines_name_the_models_of_each_machine_and_those_not_measured() -> None:
    there = replace(BUSY, model="small", threads=1, processor="Another CPU", n_repeats=3)
    one, other, run = rtf_lines(example_run.results(costs={"good": GOOD, "small": there}))
    assert one.startswith("rtf of small: ")
    assert one.endswith("1 thread, Another CPU; the machine was busy")
    assert other.startswith("rtf of good: ")
    assert other.endswith("2 threads, Example CPU, 2 GHz")
    assert run.startswith("rtf of noisy: total of the run itself, approximate: ")


def test_rtf_lines_without_any_measurement_say_that_rtf_is_approximate() -> None:
    (line,) = rtf_lines(example_run.results())
    assert line.startswith("rtf: total of the run itself, approximate: ")
    assert "--cost" in line


def test_cautions_busy_machine_and_failed_measurement_are_warned_of() -> None:
    costs = {"good": BUSY, "small": Cost("small", "crashed: by the test")}
    found = {caution.kind: caution for caution in cautions(example_run.results(costs=costs))}
    assert found["busy_machine"].models == ("good",)
    assert "2.5 times its best time" in found["busy_machine"].message
    assert found["cost_not_measured"].models == ("small",)
    assert "crashed: by the test" in found["cost_not_measured"].message
    quiet = {caution.kind for caution in cautions(example_run.results(costs=example_run.MEASURED))}
    assert not quiet & {"busy_machine", "cost_not_measured"}
