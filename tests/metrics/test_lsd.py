"""LSD against the URGENT challenge's own function, with values recorded by record_lsd.py, and against its formula."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from seinfer.metrics import MetricError
from seinfer.metrics.lsd import lsd, prepare, score
from seinfer.metrics.signals import check

from .oracleclips import LSD_CASES, lsd_pair
from .signals import SAMPLE_RATE, Floats, noise_syllables, with_noise

RECORDED = json.loads(Path(__file__).with_name("lsd_oracle.json").read_text(encoding="utf-8"))
# The function works in single precision: cancellation in its spectra changes the value by up to 5e-5.
AS_SHIPPED, ORACLE = 1e-4, 1e-9
CLEAN = noise_syllables(1)
NOISY = with_noise(CLEAN, 10)


def by_formula(reference: Floats, estimate: Floats, sample_rate: int) -> float:
    """Compute LSD frame by frame, as in the definition."""
    n_fft, hop = int(sample_rate * 0.032), int(sample_rate * 0.016)
    scaled = estimate * (reference @ estimate) / (estimate @ estimate + 1e-8)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_fft) / n_fft)
    one, other = (np.concatenate([np.zeros(n_fft // 2), s, np.zeros(n_fft // 2)]) for s in (reference, scaled))
    distances = []
    for start in range(0, len(one) - n_fft + 1, hop):
        clean, noisy = (np.abs(np.fft.rfft(s[start : start + n_fft] * window)) for s in (one, other))
        distances.append(np.sqrt(np.mean(np.log(clean**2 / (noisy + 1e-8) ** 2 + 1e-8) ** 2)))
    return float(np.mean(distances))


@pytest.mark.parametrize(("sample_rate", "snr_db"), LSD_CASES)
def test_lsd_equals_urgent(sample_rate: int, snr_db: int) -> None:
    reference, estimate = lsd_pair(sample_rate, snr_db)
    expected = RECORDED["lsd"][f"{sample_rate} {snr_db}"]
    found = lsd(reference=reference, estimate=estimate, sample_rate=sample_rate)
    assert found == pytest.approx(expected, abs=AS_SHIPPED)


@pytest.mark.parametrize("sample_rate", [100, 8000, 11_025, 16_000, 44_100])
@pytest.mark.parametrize("n_samples", [1, 255, 256, 257, 5000, 16_384, 16_700])
def test_lsd_any_length_and_rate_equals_its_formula(sample_rate: int, n_samples: int) -> None:
    whole = noise_syllables(2)
    reference, estimate = (signal[1000 : 1000 + n_samples] for signal in (whole, with_noise(whole, 5)))
    found = lsd(reference=reference, estimate=estimate, sample_rate=sample_rate)
    assert found == pytest.approx(by_formula(reference, estimate, sample_rate), abs=ORACLE)


@pytest.mark.parametrize("gain", [0.1, -1.0, 3.0])
def test_lsd_scaled_estimate_is_unchanged(gain: float) -> None:
    expected = lsd(reference=CLEAN, estimate=NOISY, sample_rate=SAMPLE_RATE)
    found = lsd(reference=CLEAN, estimate=gain * NOISY, sample_rate=SAMPLE_RATE)
    assert found == pytest.approx(expected, abs=1e-4)  # the floor of 1e-8 does not scale


def test_lsd_identical_signals_is_zero() -> None:
    assert lsd(reference=CLEAN, estimate=CLEAN, sample_rate=SAMPLE_RATE) == pytest.approx(0, abs=1e-3)


def test_lsd_step_in_gain_is_its_logarithm() -> None:
    reference = np.random.default_rng(0).standard_normal(16_000)
    estimate = reference.copy()
    estimate[:8000] *= 2
    value = lsd(reference=reference, estimate=estimate, sample_rate=SAMPLE_RATE)
    gain = (reference @ estimate) / (estimate @ estimate)
    expected = (abs(math.log((2 * gain) ** 2)) + abs(math.log(gain**2))) / 2
    assert value == pytest.approx(expected, abs=0.02)  # frames across the step are neither


def test_lsd_orthogonal_estimate_and_digital_silence_are_finite() -> None:
    reference, estimate = np.tile([0.5, 0.0], 4000), np.tile([0.0, 0.5], 4000)
    assert math.isfinite(lsd(reference=reference, estimate=estimate, sample_rate=SAMPLE_RATE))
    gated = CLEAN.copy()
    gated[4000:12_000] = 0
    silent_reference = lsd(reference=gated, estimate=NOISY, sample_rate=SAMPLE_RATE)
    silent_estimate = lsd(reference=NOISY, estimate=gated, sample_rate=SAMPLE_RATE)
    assert 5 < silent_reference < 30
    assert 5 < silent_estimate < 30


def test_lsd_without_a_sample_in_a_hop_is_refused() -> None:
    with pytest.raises(MetricError, match="62 Hz") as caught:
        lsd(reference=CLEAN, estimate=NOISY, sample_rate=62)
    assert caught.value.reason == "sample_rate"
    assert lsd(reference=CLEAN[:100], estimate=NOISY[:100], sample_rate=63) > 0


def test_score_prepared_reference_equals_one_shot() -> None:
    prepared = prepare(check(CLEAN, "reference"), SAMPLE_RATE)
    for snr_db in (30, 0):
        estimate = check(with_noise(CLEAN, snr_db), "estimate")
        assert score(prepared, estimate) == lsd(reference=CLEAN, estimate=estimate, sample_rate=SAMPLE_RATE)
