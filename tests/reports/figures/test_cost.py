from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from seinfer.reports.figures import Picture, draw
from tests.analysis.example_models import MODELS, NOISY, compared
from tests.reports import example_run


def points(axes: Axes) -> dict[float, bool]:
    """Return rtf -> whether the marker is filled."""
    markers = [line for line in axes.lines if line.get_marker() not in ("None", "")]
    return {float(np.asarray(line.get_xdata())[0]): line.get_markerfacecolor() != "none" for line in markers}


def cost(picture: Picture | None) -> tuple[Axes, str]:
    assert picture is not None
    (axes,) = picture.figure.axes
    return axes, picture.description


def test_cost_shows_the_measured_rtf_and_fills_the_models_on_the_pareto_line() -> None:
    axes, text = cost(draw("cost", compared(MODELS)))
    assert points(axes) == {1.0: True, 0.1: True, 0.05: True, 0.2: False}
    assert axes.get_xlabel() == "rtf (processing time / duration)"
    assert "at rtf 0.2, not on the line, balanced is better and not dearer" in text


def test_cost_noisy_is_a_line_and_not_a_point() -> None:
    axes, _ = cost(draw("cost", compared({"noisy": NOISY, "a": (5.0, 0.1, 90.0, 10)})))
    assert 0.001 not in points(axes)
    assert "noisy" in [text.get_text() for text in axes.texts]


def test_cost_of_the_run_itself_is_called_approximate() -> None:
    picture = draw("cost", example_run.results(), ("sdr",))
    axes, text = cost(picture)
    assert axes.get_xlabel() == "rtf (processing time / duration), approximate"
    assert "at rtf about 0.8" in text


def test_cost_names_the_models_without_a_time() -> None:
    rtf_of = {f"other {i}": (2.0, 0.0, 90.0, 10) for i in range(5)}
    axes, text = cost(draw("cost", compared({"noisy": NOISY, "a": (5.0, 0.1, 90.0, 10), **rtf_of})))
    assert axes.get_xlabel().splitlines()[1].startswith("not shown, without rtf: other ")
    assert axes.get_xlabel().endswith(" and 2 more")
    assert "without rtf" in text
    assert points(axes) == {0.1: True}


def test_cost_steps_join_the_best_means_in_the_order_of_cost() -> None:
    axes, _ = cost(draw("cost", compared(MODELS)))
    (steps,) = [line for line in axes.lines if line.get_drawstyle() == "steps-post"]
    x, y = np.asarray(steps.get_xdata(), float), np.asarray(steps.get_ydata(), float)
    assert list(x) == [0.05, 0.1, 1.0]
    assert (np.diff(y) > 0).all()
