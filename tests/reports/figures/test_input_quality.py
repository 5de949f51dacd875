from __future__ import annotations

import numpy as np
import pytest

from seinfer.reports.figures import draw
from seinfer.reports.figures.input_quality import MAX_BINS, MIN_PER_BIN, binned
from tests.analysis.example_models import NOISY, compared

PAIR = {"noisy": NOISY, "a": (5.0, 0.1, 90.0, 10)}


def test_binned_values_are_means_of_equal_numbers_of_clips_in_the_order_of_the_first() -> None:
    by = np.random.default_rng(0).permutation(60).astype(float)
    assert binned(by, 2 * by) == pytest.approx([9, 29, 49, 69, 89, 109])
    assert len(binned(np.arange(10_000.0), np.arange(10_000.0))) == MAX_BINS


def test_binned_values_of_few_clips_are_the_values_themselves() -> None:
    by = np.arange(2 * MIN_PER_BIN - 1.0)[::-1].copy()
    assert list(binned(by, by + 1)) == sorted(by + 1)


def test_input_quality_draws_the_mean_improvement_of_each_bin() -> None:
    run = compared(PAIR, n_clips=60)
    picture = draw("input-quality", run)
    assert picture is not None
    (axes,) = picture.figure.axes
    (line,) = [line for line in axes.lines if line.get_marker() not in ("None", "")]
    noisy, enhanced = run.table("sdr")
    first = np.argsort(noisy)[:10]
    assert np.asarray(line.get_xdata(), float)[0] == pytest.approx(noisy[first].mean())
    assert np.asarray(line.get_ydata(), float)[0] == pytest.approx((enhanced - noisy)[first].mean())
    assert axes.get_title("left") == "SDR (dB), n = 60, in bins"


def test_input_quality_of_few_clips_draws_each_clip_without_a_line() -> None:
    picture = draw("input-quality", compared(PAIR, n_clips=7))
    assert picture is not None
    (axes,) = picture.figure.axes
    (line,) = [line for line in axes.lines if line.get_marker() not in ("None", "")]
    assert len(np.asarray(line.get_xdata())) == 7 and line.get_linewidth() == 0
    assert axes.get_title("left") == "SDR (dB), n = 7"
