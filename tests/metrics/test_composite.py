"""The composite measures against DeepFilterNet's sepm.py, and their parts against what they must be."""

from __future__ import annotations

import math
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from scipy.linalg import solve_toeplitz, toeplitz

from seinfer.metrics import METRICS, MetricError
from seinfer.metrics.composite import cbak, covl, csig, llr, prepare, score, ssnr, wss
from seinfer.metrics.evaluate import evaluate
from seinfer.metrics.llr import predictors
from seinfer.metrics.pair import Reference
from seinfer.metrics.shortterm import analyse, frame_count, mean_of_smallest
from seinfer.metrics.signals import check

from .signals import SAMPLE_RATE, Floats, late, speech_like, with_noise

ORACLE = 1e-9
# The oracle rounds predictors to single precision, which moves LLR by up to 5e-4.
AS_SHIPPED = {"csig": 6e-4, "cbak": ORACLE, "covl": 3e-4, "ssnr": ORACLE}
CLEAN = speech_like(2)
NOISY = with_noise(CLEAN, 10)
SILENCE_S = 0.5
Compute = Callable[..., float]
PARTS = pytest.mark.parametrize("part", [llr, wss, ssnr])


def sepm(*, precision: str) -> ModuleType:
    """Load the oracle alone: its package imports torchaudio, which is not to be had everywhere."""
    try:
        path = Path(str(distribution("deepfilternet").locate_file("df/sepm.py")))
    except PackageNotFoundError:
        pytest.skip("deepfilternet, which holds the oracle, is not installed; see test_figures for recorded figures")
    module = ModuleType("sepm")
    exec(compile(path.read_text(encoding="utf-8").replace("float32", precision), str(path), "exec"), module.__dict__)
    return module


def compute(part: Compute, reference: Floats, estimate: Floats) -> float:
    return part(reference=reference, estimate=estimate, sample_rate=SAMPLE_RATE)


def composites(reference: Floats, estimate: Floats) -> dict[str, float]:
    metrics = [METRICS[name] for name in AS_SHIPPED]
    known = Reference(reference, SAMPLE_RATE)
    found = evaluate(reference=known, estimate=estimate, sample_rate=SAMPLE_RATE, metrics=metrics)
    assert found.reasons == {}
    return found.values


@pytest.mark.parametrize("clip", [0, 3])  # the shortest, and the worst; test_figures has them all
def test_composites_real_clips_equal_sepm(vctk: list[tuple[Floats, Floats]], clip: int) -> None:
    found = composites(*vctk[clip])
    shipped = sepm(precision="float32").composite(*vctk[clip], SAMPLE_RATE)[1:]
    double = sepm(precision="float64").composite(*vctk[clip], SAMPLE_RATE)[1:]
    for name, expected, exact in zip(AS_SHIPPED, shipped, double, strict=True):
        assert found[name] == pytest.approx(expected, abs=AS_SHIPPED[name]), name
        assert found[name] == pytest.approx(exact, abs=ORACLE), name


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


def test_composites_swapped_as_in_speechscore_are_the_published_mistake(vctk: list[tuple[Floats, Floats]]) -> None:
    clean, noisy = vctk[5]
    wrong = compute(ssnr, noisy, clean)
    assert wrong == pytest.approx(7.36, abs=0.1)  # dB, where 3.59 is right
    assert compute(llr, noisy, clean) > compute(llr, clean, noisy) + 0.1


def test_composites_prepared_reference_equals_one_shot() -> None:
    prepared = prepare(check(CLEAN, "reference"), SAMPLE_RATE)
    for snr_db in (30, 0):
        estimate = check(with_noise(CLEAN, snr_db), "estimate")
        distances = score(prepared, estimate)
        assert distances == (compute(llr, CLEAN, estimate), compute(wss, CLEAN, estimate))


@pytest.mark.parametrize(("measure", "pesq_factor"), [(csig, 0.603), (cbak, 0.478), (covl, 0.805)])
def test_composites_follow_pesq_and_stay_on_the_scale(measure: Compute, pesq_factor: float) -> None:
    signals = {"reference": CLEAN, "estimate": NOISY, "sample_rate": SAMPLE_RATE}
    step = measure(**signals, pesq_wb=2.5) - measure(**signals, pesq_wb=1.5)
    assert step == pytest.approx(pesq_factor, abs=1e-12)
    assert measure(**signals, pesq_wb=100.0) == 5
    assert measure(**signals, pesq_wb=-100.0) == 1


def test_composites_identical_signals_are_at_the_top() -> None:
    found = composites(CLEAN, CLEAN.copy())
    assert [found[name] for name in ("csig", "cbak", "covl")] == [5, 5, 5]
    assert compute(llr, CLEAN, CLEAN) == pytest.approx(0, abs=1e-12)
    assert compute(wss, CLEAN, CLEAN) == 0


def test_composites_without_pesq_say_which_is_missing() -> None:
    burst, other = CLEAN[4000:7200], NOISY[4000:7200]  # 0.2 s
    known = Reference(burst, SAMPLE_RATE)
    metrics = [METRICS[name] for name in AS_SHIPPED]
    found = evaluate(reference=known, estimate=other, sample_rate=SAMPLE_RATE, metrics=metrics)
    assert set(found.values) == {"ssnr"}
    assert found.reasons == dict.fromkeys(("csig", "cbak", "covl"), "not_computed: pesq_wb too_short")


def with_silence(signal: Floats, *, amplitude: float) -> Floats:
    """Put as much noise of an amplitude behind a signal as makes up a fifth of it."""
    tail = amplitude * np.random.default_rng(3).standard_normal(round(SILENCE_S * SAMPLE_RATE))
    return np.concatenate([signal, tail])


def test_llr_frames_silent_in_both_count_nothing() -> None:
    silent = compute(llr, with_silence(CLEAN, amplitude=0.0), with_silence(NOISY, amplitude=0.0))
    assert 0.7 * compute(llr, CLEAN, NOISY) < silent < compute(llr, CLEAN, NOISY)


def test_llr_frames_silent_in_the_reference_alone_count_as_undefined() -> None:
    reference = np.eye(1, 16_000)[0]  # a click at the start, whose frame is among the 5 % that may be left out
    estimate = 0.1 * np.random.default_rng(4).standard_normal(16_000)
    assert compute(llr, reference, estimate) == pytest.approx(math.log(1000), abs=0.1)


def test_llr_frames_silent_in_the_estimate_alone_are_finite_and_bad() -> None:
    value = compute(llr, with_silence(CLEAN, amplitude=0.1), with_silence(CLEAN, amplitude=0.0))
    assert math.isfinite(value)
    assert value > 0


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


@pytest.mark.parametrize("gain", [1e-2, -1.0, 20.0])
def test_llr_scaled_estimate_is_unchanged(gain: float) -> None:
    assert compute(llr, CLEAN, gain * NOISY) == pytest.approx(compute(llr, CLEAN, NOISY), abs=1e-9)


def test_wss_swapped_signals_is_the_same() -> None:
    assert compute(wss, CLEAN, NOISY) == pytest.approx(compute(wss, NOISY, CLEAN), abs=1e-12)


def test_ssnr_known_noise_is_its_snr() -> None:
    reference = np.random.default_rng(0).standard_normal(16_000)
    assert compute(ssnr, reference, 0.9 * reference) == pytest.approx(20, abs=1e-9)


def test_ssnr_pause_of_the_reference_counts_minus_10_db() -> None:
    reference = np.random.default_rng(0).standard_normal(16_000)
    reference[8000:] = 0
    estimate = reference + 1e-9
    frames_db = [35] * 63 + [-10] * 63
    assert compute(ssnr, reference, estimate) == pytest.approx(np.mean(frames_db), abs=1)


def test_ssnr_late_or_quiet_estimate_falls() -> None:
    assert compute(ssnr, CLEAN, late(CLEAN, 1)) < 30
    assert compute(ssnr, CLEAN, 0.5 * CLEAN) < 7


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


def test_analyse_autocorrelation_equals_its_definition() -> None:
    frames = analyse(CLEAN)
    windowed = CLEAN[1200:1680] * np.hanning(482)[1:-1]
    expected = np.correlate(windowed, windowed, "full")[479:496]
    np.testing.assert_allclose(frames.autocorrelation[:, 10], expected, rtol=0, atol=1e-12)
    assert frames.autocorrelation.shape == (17, frame_count(len(CLEAN)))
    assert frames.band_power.shape == (25, frame_count(len(CLEAN)))


@pytest.mark.parametrize(("n_frames", "n_kept"), [(1, 1), (10, 10), (20, 19), (30, 28), (100, 95)])
def test_mean_of_smallest_leaves_out_the_largest_twentieth(n_frames: int, n_kept: int) -> None:
    distances = np.random.default_rng(0).permutation(n_frames).astype(np.float64)
    assert mean_of_smallest(distances) == np.arange(n_kept).mean()
