"""SDR against mir_eval, and against least squares on references with ill-conditioned normal equations."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from seinfer.metrics import MetricError
from seinfer.metrics.sdr import TAPS, prepare, score, sdr
from seinfer.metrics.signals import check

from .signals import SAMPLE_RATE, Floats, late, noise_syllables, with_noise

ORACLE_DB = 1e-9


def mir_eval_sdr(reference: Floats, estimate: Floats) -> float:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # mir_eval announces that its separation module is deprecated
        from mir_eval.separation import bss_eval_sources

        return float(bss_eval_sources(reference[None], estimate[None], compute_permutation=False)[0][0])


def least_squares_sdr(reference: Floats, estimate: Floats) -> float:
    """SDR by orthogonal projection, without normal equations."""
    delayed = np.zeros((len(reference) + TAPS - 1, TAPS))
    for tap in range(TAPS):
        delayed[tap : tap + len(reference), tap] = reference
    padded = np.concatenate([estimate, np.zeros(TAPS - 1)])
    target = delayed @ np.linalg.lstsq(delayed, padded, rcond=None)[0]
    return float(10 * np.log10(np.sum(target**2) / np.sum((padded - target) ** 2)))


def test_sdr_real_clips_equals_mir_eval(vctk: list[tuple[Floats, Floats]]) -> None:
    for clean, noisy in vctk:
        value = sdr(reference=clean, estimate=noisy, sample_rate=SAMPLE_RATE)
        assert value == pytest.approx(mir_eval_sdr(clean, noisy), abs=ORACLE_DB)


@pytest.mark.parametrize("snr_db", [80, 60, 40, 31, 29, 10, -10, -40])
def test_sdr_any_level_of_noise_equals_mir_eval(snr_db: int) -> None:
    reference = noise_syllables(1.5)
    estimate = with_noise(reference, snr_db)
    value = sdr(reference=reference, estimate=estimate, sample_rate=SAMPLE_RATE)
    assert value == pytest.approx(mir_eval_sdr(reference, estimate), abs=ORACLE_DB)


@pytest.mark.parametrize("n_samples", [TAPS + 1, 3584, 3585, 3586, 7170, 57_360 - 511, 57_361 - 511, 60_000])
def test_sdr_lengths_around_blocks_equals_mir_eval(n_samples: int) -> None:
    reference = noise_syllables(4)[:n_samples] + 1e-3
    estimate = with_noise(reference, 5)
    value = sdr(reference=reference, estimate=estimate, sample_rate=SAMPLE_RATE)
    assert value == pytest.approx(mir_eval_sdr(reference, estimate), abs=ORACLE_DB)


def _low_passed() -> Floats:
    spectrum = np.fft.rfft(noise_syllables(0.25))
    spectrum[len(spectrum) // 2 :] = 0
    return np.fft.irfft(spectrum)


N = np.arange(4000)
HARD = {
    "tone": (np.sin(0.17 * N), 1e-9),
    "constant": (np.ones(4000), 1e-9),
    "click": (np.eye(1, 4000, 100)[0], 1e-9),
    "half band": (_low_passed(), 1e-4),
    "faded bell": (np.hanning(4000) ** 4, 0.01),
}


@pytest.mark.parametrize("name", HARD)
def test_sdr_ill_conditioned_reference_equals_least_squares(name: str) -> None:
    reference, tolerance_db = HARD[name]
    estimate = with_noise(reference, 12)
    value = sdr(reference=reference, estimate=estimate, sample_rate=SAMPLE_RATE)
    assert value == pytest.approx(least_squares_sdr(reference, estimate), abs=tolerance_db)


@pytest.mark.parametrize("n_samples", [600, 5000, 50_000])
def test_sdr_singular_reference_stays_near_its_snr(n_samples: int) -> None:
    # Of a faded tone only two of 512 delays are independent, to working precision; mir_eval is off by up to 5 dB here.
    reference = np.hanning(n_samples) * np.sin(0.1 * np.arange(n_samples))
    value = sdr(reference=reference, estimate=with_noise(reference, 12), sample_rate=SAMPLE_RATE)
    assert value == pytest.approx(12, abs=2.5)  # 512 taps also fit some of the noise, more of it in a short clip


@pytest.mark.parametrize("gain", [1e-3, -1.0, 30.0])
def test_sdr_scaled_estimate_is_unchanged(gain: float) -> None:
    reference = noise_syllables(1)
    estimate = with_noise(reference, 10)
    value = sdr(reference=reference, estimate=estimate, sample_rate=SAMPLE_RATE)
    scaled = sdr(reference=reference, estimate=gain * estimate, sample_rate=SAMPLE_RATE)
    assert scaled == pytest.approx(value, abs=ORACLE_DB)


@pytest.mark.parametrize("delay", [1, 100, 511])
def test_sdr_delay_within_the_filter_is_compensated(delay: int) -> None:
    reference = noise_syllables(1)
    reference[-600:] = 0
    assert sdr(reference=reference, estimate=late(reference, delay), sample_rate=SAMPLE_RATE) > 100


def test_sdr_early_estimate_is_not_compensated() -> None:
    reference = noise_syllables(1)
    assert sdr(reference=reference, estimate=late(reference, -1), sample_rate=SAMPLE_RATE) < 40


def test_score_prepared_reference_equals_one_shot() -> None:
    reference = check(noise_syllables(2), "reference")
    prepared = prepare(reference, SAMPLE_RATE)
    for snr_db in (40, 10, -5):
        estimate = with_noise(reference, snr_db)
        one_shot = sdr(reference=reference, estimate=estimate, sample_rate=SAMPLE_RATE)
        assert score(prepared, check(estimate, "estimate")) == one_shot


def test_sdr_clip_of_512_samples_is_too_short() -> None:
    reference = noise_syllables(1)[8000 : 8000 + TAPS]
    with pytest.raises(MetricError, match="512 samples") as caught:
        sdr(reference=reference, estimate=reference, sample_rate=SAMPLE_RATE)
    assert caught.value.reason == "too_short"
