"""The log-likelihood ratio: silence, gain, and its predictors against the normal equations."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.linalg import solve_toeplitz, toeplitz

from seinfer.metrics.llr import llr, predictors
from seinfer.metrics.shortterm import analyse

from .composite_parts import CLEAN, NOISY, compute, with_silence


def test_llr_frames_silent_in_both_count_zero() -> None:
    silent = compute(llr, with_silence(CLEAN, amplitude=0.0), with_silence(NOISY, amplitude=0.0))
    assert 0.7 * compute(llr, CLEAN, NOISY) < silent < compute(llr, CLEAN, NOISY)


def test_llr_frames_silent_in_the_reference_alone_count_as_undefined() -> None:
    reference = np.eye(1, 16_000)[0]  # a click at the start; its frame is among the 5 % that may be left out
    estimate = 0.1 * np.random.default_rng(4).standard_normal(16_000)
    assert compute(llr, reference, estimate) == pytest.approx(math.log(1000), abs=0.1)


def test_llr_frames_silent_in_the_estimate_alone_are_finite_and_bad() -> None:
    value = compute(llr, with_silence(CLEAN, amplitude=0.1), with_silence(CLEAN, amplitude=0.0))
    assert math.isfinite(value)
    assert value > 0


@pytest.mark.parametrize("gain", [1e-2, -1.0, 20.0])
def test_llr_scaled_estimate_is_unchanged(gain: float) -> None:
    assert compute(llr, CLEAN, gain * NOISY) == pytest.approx(compute(llr, CLEAN, NOISY), abs=1e-9)


def test_predictors_equal_the_normal_equations() -> None:
    autocorrelation = analyse(CLEAN).autocorrelation
    coefficients, error = predictors(autocorrelation)
    for frame in range(0, autocorrelation.shape[1], 20):
        lags, found = autocorrelation[:, frame], coefficients[:, frame]
        np.testing.assert_allclose(found[1:], solve_toeplitz(lags[:-1], -lags[1:]), rtol=0, atol=1e-8)
        assert error[frame] == pytest.approx(found @ toeplitz(lags) @ found, rel=1e-6)


def test_predictors_silence_predicts_nothing() -> None:
    coefficients, error = predictors(np.zeros((17, 3)))
    assert coefficients.tolist() == [[1.0] * 3] + [[0.0] * 3] * 16
    assert error.tolist() == [0.0] * 3
