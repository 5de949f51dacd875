from __future__ import annotations

import re
from dataclasses import replace

import pytest

from seinfer.analysis.leaderboard import Standing, leaderboard
from seinfer.reports.console import footnotes
from seinfer.reports.text_table import INTERVALS, MEMORY, PARAMETERS, RTF, SIZE, Grid, fitting
from tests.reports import example_run

ORDER = (MEMORY, SIZE, PARAMETERS, INTERVALS, "pesq_wb", RTF)


@pytest.fixture(scope="module")
def standings() -> list[Standing]:
    return leaderboard(example_run.results())


def grid(standings: list[Standing], width: int | None) -> Grid:
    return fitting(standings, example_run.METRICS, ["absent"], width)


def lines(found: Grid) -> list[str]:
    return ["".join(text for text, _ in line) for row in found.rows for cell in row for line in cell]


def test_grid_without_a_limit_holds_everything(standings: list[Standing]) -> None:
    found = grid(standings, None)
    assert found.headings == (
        *("model", "SDR\ndB", "PESQ-WB", "n", "rtf", "param.\nM", "size\nMB", "memory\nMiB"),
    )  # fmt: skip
    assert found.layout.left_out == ()
    good = [cell[0] for cell in found.rows[1]]
    assert [" ".join(" ".join(text.split()) for text, _ in line if text.strip()) for line in good] == [
        *("good", "12.41 a +6.16 ±0.12", "1.883 +0.383 ±0.008", "9/10", "0.800", "1.50", "6.0", "500"),
    ]


@pytest.mark.parametrize("width", range(20, 130))
def test_grid_fits_its_width_by_leaving_out_in_the_stated_order(standings: list[Standing], width: int) -> None:
    found = grid(standings, width)
    left_out = found.layout.left_out
    assert left_out == ORDER[: len(left_out)]
    assert found.width <= width or left_out == ORDER
    assert all("…" not in line for line in lines(found))


def test_grid_of_80_columns_holds_five_metrics_and_folds_a_long_name(standings: list[Standing]) -> None:
    five = ("sdr", "si_sdr", "pesq_wb", "stoi", "estoi")
    figure = standings[1].figures["pesq_wb"]
    many = [
        replace(s, model=s.model + "-with-a-very-long-name-indeed", figures=dict.fromkeys(five, figure))
        for s in standings
    ]
    found = fitting(many, five, [], 80)
    assert found.width <= 80
    assert found.layout.metrics == five
    assert RTF not in found.layout.left_out
    assert "".join(line for [(line, _)] in found.rows[1][0]) == many[1].model


def test_grid_names_a_model_that_did_not_run(standings: list[Standing]) -> None:
    assert [cell[0][0][0] for cell in grid(standings, 80).rows[-1]][:2] == ["absent", "not run"]


def test_grid_marks_loss_and_best(standings: list[Standing]) -> None:
    roles = {role for row in grid(standings, None).rows for cell in row for line in cell for _, role in line}
    assert roles == {"", "best", "gain", "loss", "dim"}


def test_footnotes_say_what_was_left_out_and_how_to_read(standings: list[Standing]) -> None:
    results = example_run.results(report={"baseline": "small"})
    text = "\n".join(footnotes(results, grid(standings, 40), []))
    assert "left out for want of width: peak memory, size, parameters, 95 % intervals" in text
    assert "below it the improvement over small" in text
    assert "models that share a letter cannot be told apart" in text
    assert "not run: absent: weights missing: seinfer models pull absent" in text
    assert "metric: sdr: implementation of sdr" in text
    assert not re.search(r"\bnan\b|\binf\b", text)
