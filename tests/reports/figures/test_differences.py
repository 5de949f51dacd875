from __future__ import annotations

import numpy as np

from seinfer.analysis.leaderboard import leaderboard
from seinfer.reports.figures import draw
from seinfer.reports.figures.differences import excludes_zero
from seinfer.stats import Interval
from tests.analysis.example_models import MODELS, NOISY, compared
from tests.reports import example_run


def test_differences_are_those_of_the_leaderboard_with_their_simultaneous_intervals() -> None:
    run = compared(MODELS, n_clips=12)
    picture = draw("differences", run)
    assert picture is not None
    (axes,) = picture.figure.axes
    drawn = {tuple(np.asarray(line.get_xdata(), float)) for line in axes.lines}
    deltas = [delta for row in leaderboard(run) if (delta := row.figures["sdr"].delta)]
    assert len(deltas) == 4
    for delta in deltas:
        assert {(delta.mean,), (delta.low, delta.high)} <= drawn
    assert axes.get_xlabel() == "difference to noisy"


def test_differences_with_a_baseline_are_those_to_the_baseline() -> None:
    picture = draw("differences", example_run.results(report={"baseline": "small"}), ("sdr",))
    assert picture is not None
    assert picture.description.startswith("SDR (dB), difference to small over 6 clips: noisy -4.92 [")
    assert picture.figure.axes[0].get_xlabel() == "difference to small"


def test_differences_marker_is_filled_only_if_the_interval_excludes_zero() -> None:
    picture = draw("differences", compared({"noisy": NOISY, "same": (0.0, 0.1, 9.0, 1), "good": (3.0, 0.1, 9.0, 1)}))
    assert picture is not None
    (axes,) = picture.figure.axes
    names = [label.get_text() for label in axes.get_yticklabels()]
    points = [line for line in axes.lines if line.get_marker() == "o"]
    fills = {names[int(np.asarray(line.get_ydata())[0])]: line.get_markerfacecolor() != "none" for line in points}
    assert fills == {"same": False, "good": True}


def test_excludes_zero_needs_bounds_on_one_side_of_zero() -> None:
    assert excludes_zero(Interval(2.0, 1.0, 3.0, "")) and excludes_zero(Interval(-2.0, -3.0, -1.0, ""))
    assert not excludes_zero(Interval(2.0, -1.0, 3.0, ""))
    assert not excludes_zero(Interval(2.0, None, None, ""))
