from __future__ import annotations

import numpy as np

from seinfer.analysis.leaderboard import leaderboard
from seinfer.reports.figures import draw
from tests.reports import example_run


def test_leaderboard_draws_the_means_intervals_and_letters_of_the_table() -> None:
    run = example_run.results()
    picture = draw("leaderboard", run, ("sdr",))
    assert picture is not None
    (axes,) = picture.figure.axes
    drawn = {tuple(np.asarray(line.get_xdata(), float)) for line in axes.lines}
    for row in leaderboard(run):
        summary = row.figures["sdr"].summary
        assert summary is not None
        assert {(summary.interval.mean,), (summary.interval.low, summary.interval.high)} <= drawn
    assert [text.get_text() for text in axes.texts] == ["c", "a", "b"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["noisy", "good", "small"]
    assert axes.get_title("left") == "SDR (dB), n = 6"


def test_leaderboard_description_has_the_numbers_of_each_panel() -> None:
    picture = draw("leaderboard", example_run.results())
    assert picture is not None
    assert picture.description.startswith("SDR (dB), mean over 6 clips: noisy 6.25 [")
    assert "PESQ-WB (MOS-LQO), mean over 5 clips: noisy 1.500; good 1.883; small 1.809." in picture.description
