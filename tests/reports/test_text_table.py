from __future__ import annotations

from dataclasses import replace

import pytest

from seinfer.analysis.leaderboard import LeaderboardRow, MetricResult, leaderboard
from seinfer.reports.text_table import (
    INTERVALS,
    MEMORY,
    PARAMETERS,
    RTF,
    SIZE,
    TextTable,
    digits,
    fit_to_width,
    half_width,
    heading,
)
from seinfer.stats import Interval
from tests.reports import example_run

ORDER = (MEMORY, SIZE, PARAMETERS, RTF, "pesq_wb", INTERVALS)


@pytest.fixture(scope="module")
def leaders() -> list[LeaderboardRow]:
    return leaderboard(example_run.results())


def table(leaders: list[LeaderboardRow], width: int | None) -> TextTable:
    return fit_to_width(leaders, example_run.METRICS, ["absent"], width)


def lines(found: TextTable) -> list[str]:
    return ["".join(text for text, _ in line) for row in found.rows for cell in row for line in cell]


def test_table_without_a_width_limit_has_every_column(leaders: list[LeaderboardRow]) -> None:
    found = table(leaders, None)
    assert found.headings == (
        *("model", "SDR\ndB", "PESQ-WB", "n", "rtf", "param.\nM", "size\nMB", "memory\nMiB"),
    )  # fmt: skip
    assert found.layout.hidden == ()
    good = [cell[0] for cell in found.rows[1]]
    assert [" ".join(" ".join(text.split()) for text, _ in line if text.strip()) for line in good] == [
        *("good", "12.41 a +6.16 ±0.13", "1.883 +0.383", "9/10", "0.800", "1.50", "6.0", "500"),
    ]


@pytest.mark.parametrize("width", range(20, 130))
def test_table_fits_its_width_by_hiding_columns_in_the_stated_order(leaders: list[LeaderboardRow], width: int) -> None:
    found = table(leaders, width)
    hidden = found.layout.hidden
    assert hidden == ORDER[: len(hidden)]
    assert found.width <= width or hidden == ORDER
    assert all("…" not in line for line in lines(found))


def test_table_of_80_characters_has_five_metrics_and_folds_a_long_name(leaders: list[LeaderboardRow]) -> None:
    five = ("sdr", "si_sdr", "pesq_wb", "stoi", "estoi")
    figure = leaders[1].figures["pesq_wb"]
    many = [
        replace(s, model=s.model + "-with-a-very-long-name-indeed", figures=dict.fromkeys(five, figure))
        for s in leaders
    ]
    found = fit_to_width(many, five, [], 80)
    assert found.width <= 80
    assert found.layout.metrics == five
    assert {RTF, INTERVALS} & set(found.layout.hidden) == set()
    assert "".join(line for [(line, _)] in found.rows[1][0]) == many[1].model


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (80, ["12.41 a +6.16 ±0.13"]),
        (50, ["12.41 a", "+6.16 ±0.13"]),
        (40, ["12.41 a", "+6.16", "±0.13"]),
    ],
)
def test_table_arranges_the_parts_of_a_cell_on_more_lines_if_the_terminal_is_narrow(
    leaders: list[LeaderboardRow], width: int, expected: list[str]
) -> None:
    found = table(leaders, width)
    assert ["".join(text for text, _ in line).rstrip() for line in found.rows[1][1]] == expected
    assert len(found.rows[0][1]) == 1  # noisy has no improvement, and no empty line for it


def test_table_has_a_row_for_a_model_that_did_not_run(leaders: list[LeaderboardRow]) -> None:
    assert [cell[0][0][0] for cell in table(leaders, 80).rows[-1]][:2] == ["absent", "not run"]


def test_table_marks_gain_loss_and_best(leaders: list[LeaderboardRow]) -> None:
    roles = {role for row in table(leaders, None).rows for cell in row for line in cell for _, role in line}
    assert roles == {"", "best", "gain", "loss", "dim"}


def test_half_width_is_half_the_distance_of_the_bounds_or_none() -> None:
    assert half_width(Interval(1.0, 0.5, 2.0, "t")) == 0.75
    assert half_width(Interval(1.0, None, None, "n < 2")) is None


def test_heading_and_digits_follow_the_unit_of_the_metric() -> None:
    assert (heading("si_sdr"), digits("si_sdr")) == ("SI-SDR\ndB", 2)
    assert (heading("pesq_wb"), digits("pesq_wb")) == ("PESQ-WB", 3)


def test_table_change_whose_interval_contains_zero_has_no_colour(leaders: list[LeaderboardRow]) -> None:
    def widened(result: MetricResult) -> MetricResult:
        delta = result.delta and replace(result.delta, low=result.delta.mean - 1e3, high=result.delta.mean + 1e3)
        return replace(result, delta=delta, baseline_delta=None)

    unproven = [replace(row, figures={m: widened(result) for m, result in row.figures.items()}) for row in leaders]
    roles = {role for row in table(unproven, None).rows for cell in row for line in cell for _, role in line}
    assert roles == {"", "best", "dim", "loss"}  # "loss" is the number of failed clips
