from __future__ import annotations

import numpy as np
import pytest

from seinfer.reports.figures import draw
from seinfer.reports.figures.distributions import MAX_MARKS, kernel_density
from tests.analysis.example_models import NOISY, compared

PAIR = {"noisy": NOISY, "a": (5.0, 0.1, 90.0, 10)}


@pytest.mark.parametrize("n_clips", [1, 2, MAX_MARKS])
def test_distributions_of_few_clips_have_a_mark_for_each_clip(n_clips: int) -> None:
    run = compared(PAIR, n_clips=n_clips)
    picture = draw("distributions", run)
    assert picture is not None
    (axes,) = picture.figure.axes
    marks = [np.asarray(line.get_xdata(), float) for line in axes.lines]
    for scores in run.table("sdr"):
        assert any(len(x) == 3 * n_clips and np.array_equal(x[0::3], scores) and np.isnan(x[2::3]).all() for x in marks)
    heights = [np.asarray(line.get_ydata(), float) for line in axes.lines]
    assert all(np.isfinite(y[0::3]).all() and np.isfinite(y[1::3]).all() for y in heights)


def test_distributions_of_many_clips_have_a_density_for_each_model() -> None:
    picture = draw("distributions", compared(PAIR, n_clips=MAX_MARKS + 1))
    assert picture is not None
    (axes,) = picture.figure.axes
    assert len(axes.patches) == 2
    assert "SDR (dB) of 31 clips: noisy median" in picture.description


def test_kernel_density_of_normal_values_is_highest_near_their_mean() -> None:
    values = np.random.default_rng(0).normal(3.0, 1.0, 2000)
    at = np.linspace(0, 6, 61)
    density = kernel_density(values, at)
    assert density is not None
    assert at[density.argmax()] == pytest.approx(3.0, abs=0.3)
    # A normal density falls to exp(-1/2) one standard deviation from its mean.
    assert density[at.searchsorted(4.0)] / density.max() == pytest.approx(np.exp(-0.5), abs=0.08)


def test_kernel_density_of_equal_values_is_none() -> None:
    assert kernel_density(np.full(40, 4.5), np.array([4.5])) is None


def test_kernel_density_of_mostly_equal_values_uses_the_standard_deviation() -> None:
    values = np.array([*[4.5] * 39, 1.0])
    assert kernel_density(values, np.array([1.0, 4.5])) is not None
