"""The front end of the composite measures, and what the three measures on it have in common."""

from __future__ import annotations

import math

import numpy as np
import pytest

from seinfer.metrics import MetricError
from seinfer.metrics.llr import llr
from seinfer.metrics.shortterm import analyse, energies, frame_count, mean_of_smallest
from seinfer.metrics.ssnr import ssnr
from seinfer.metrics.wss import wss

from .composite_parts import CLEAN, NOISY, ORACLE, Compute, compute, sepm
from .signals import SAMPLE_RATE, with_noise

PARTS = pytest.mark.parametrize("part", [llr, wss, ssnr])


def test_analyse_autocorrelation_equals_its_definition() -> None:
    frames = analyse(CLEAN)
    windowed = CLEAN[1200:1680] * np.hanning(482)[1:-1]
    expected = np.correlate(windowed, windowed, "full")[479:496]
    np.testing.assert_allclose(frames.autocorrelation[:, 10], expected, rtol=0, atol=1e-12)
    assert frames.autocorrelation.shape == (17, frame_count(len(CLEAN)))
    assert frames.band_power.shape == (25, frame_count(len(CLEAN)))


def test_energies_equal_the_direct_sum_of_windowed_frames() -> None:
    window = np.hanning(482)[1:-1]
    expected = [np.sum((CLEAN[120 * t : 120 * t + 480] * window) ** 2) for t in range(frame_count(len(CLEAN)))]
    np.testing.assert_allclose(energies(CLEAN), expected, rtol=1e-12)


@pytest.mark.parametrize(("n_frames", "n_kept"), [(1, 1), (10, 10), (20, 19), (30, 28), (100, 95)])
def test_mean_of_smallest_leaves_out_the_largest_twentieth(n_frames: int, n_kept: int) -> None:
    distances = np.random.default_rng(0).permutation(n_frames).astype(np.float64)
    assert mean_of_smallest(distances) == np.arange(n_kept).mean()


@pytest.mark.parametrize("n_samples", [600, 601, 719, 720, 4000, 8191, 8192, 8280, 30_999])
def test_parts_any_length_equal_sepm(n_samples: int) -> None:
    oracle = sepm(precision="float64")
    reference, estimate = CLEAN[1000 : 1000 + n_samples], NOISY[1000 : 1000 + n_samples]
    assert compute(llr, reference, estimate) == pytest.approx(oracle.llr(reference, estimate, SAMPLE_RATE), abs=1e-8)
    assert compute(wss, reference, estimate) == pytest.approx(oracle.wss(reference, estimate, SAMPLE_RATE), abs=1e-8)
    expected = oracle.SNRseg(reference, estimate, SAMPLE_RATE)
    assert compute(ssnr, reference, estimate) == pytest.approx(expected, abs=ORACLE)


@pytest.mark.parametrize("snr_db", [40, 0, -20])
def test_parts_any_level_of_noise_equal_sepm(snr_db: int) -> None:
    oracle = sepm(precision="float64")
    estimate = with_noise(CLEAN, snr_db)
    assert compute(llr, CLEAN, estimate) == pytest.approx(oracle.llr(CLEAN, estimate, SAMPLE_RATE), abs=1e-8)
    assert compute(wss, CLEAN, estimate) == pytest.approx(oracle.wss(CLEAN, estimate, SAMPLE_RATE), abs=1e-8)
    assert compute(ssnr, CLEAN, estimate) == pytest.approx(oracle.SNRseg(CLEAN, estimate, SAMPLE_RATE), abs=ORACLE)


@pytest.mark.parametrize("signal", ["tone", "constant", "click", "steps"])
def test_parts_of_degenerate_signals_are_finite(signal: str) -> None:
    n = np.arange(8000)
    degenerate = {
        "tone": 0.5 * np.sin(0.2 * n),
        "constant": np.full(8000, 0.5),
        "click": np.eye(1, 8000, 4000)[0],
        "steps": np.where(n % 2000 < 1000, 0.5, 0.0),
    }[signal]
    for reference, estimate in ((degenerate, NOISY[:8000]), (NOISY[:8000], degenerate), (degenerate, 0.5 * degenerate)):
        assert -0.1 < compute(llr, reference, estimate) <= 30
        assert 0 <= compute(wss, reference, estimate) < 1e4
        assert -10 <= compute(ssnr, reference, estimate) <= 35


@PARTS
def test_parts_short_clip_is_too_short(part: Compute) -> None:
    with pytest.raises(MetricError, match="599 samples, expected 600") as caught:
        compute(part, CLEAN[8000:8599], NOISY[8000:8599])
    assert caught.value.reason == "too_short"
    assert math.isfinite(compute(part, CLEAN[8000:8600], NOISY[8000:8600]))


@PARTS
def test_parts_other_rate_is_refused(part: Compute) -> None:
    with pytest.raises(MetricError, match="8000 Hz") as caught:
        part(reference=CLEAN, estimate=NOISY, sample_rate=8000)
    assert caught.value.reason == "sample_rate"
