from __future__ import annotations

import pytest

from seinfer.analysis.results import Results
from seinfer.reports.figures import draw
from seinfer.reports.figures.panels import Board, heading, number
from seinfer.stats import Interval
from tests.analysis.example_models import MODELS, compared
from tests.reports import example_run


@pytest.fixture(scope="module")
def run() -> Results:
    return example_run.results()


@pytest.mark.parametrize(("width_in", "n_columns"), [(3.5, 1), (5.0, 2), (7.2, 2)])
def test_figure_has_as_many_panels_beside_each_other_as_its_width_allows(
    run: Results, width_in: float, n_columns: int
) -> None:
    picture = draw("leaderboard", run, width_in=width_in)
    assert picture is not None
    place = picture.figure.axes[0].get_subplotspec()
    assert place is not None and place.get_gridspec().ncols == n_columns
    assert picture.figure.get_size_inches()[0] == width_in


def test_figure_panels_in_the_second_column_do_not_repeat_the_names(run: Results) -> None:
    picture = draw("leaderboard", run)
    assert picture is not None
    shown = [axes.yaxis.get_tick_params()["labelleft"] for axes in picture.figure.axes]
    assert shown == [True, False]


def test_figure_key_has_the_markers_of_all_models_that_are_drawn() -> None:
    picture = draw("input-quality", compared(MODELS))
    assert picture is not None
    (key,) = picture.figure.legends
    assert {text.get_text() for text in key.get_texts()} == {"best", "balanced", "cheap", "pointless"}


def test_board_rows_are_in_the_order_of_the_table(run: Results) -> None:
    board = Board.of(run)
    assert [row.model for row in board.rows] == ["noisy", "good", "small"]
    assert (board.metrics, board.is_chosen) == (("sdr", "pesq_wb"), False)
    assert (Board.of(run, ["sdr"]).metrics, Board.of(run, ["sdr"]).is_chosen) == (("sdr",), True)


@pytest.mark.parametrize(
    ("metric", "text"),
    [("sdr", "SDR (dB)"), ("pesq_wb", "PESQ-WB (MOS-LQO)"), ("stoi", "STOI"), ("lsd", "LSD, lower is better")],
)
def test_heading_has_unit_and_direction(metric: str, text: str) -> None:
    assert heading(metric) == text


def test_number_has_the_decimals_of_the_metric_and_bounds_if_there_are_any() -> None:
    assert number("sdr", Interval(1.234, 1.0, 2.0, "")) == "1.23 [1.00, 2.00]"
    assert number("stoi", Interval(0.1, None, None, ""), is_signed=True) == "+0.100"
