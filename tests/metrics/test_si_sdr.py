"""SI-SDR against its definition, worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from seinfer.metrics.si_sdr import prepare, score, si_sdr
from seinfer.metrics.signals import check

from .signals import SAMPLE_RATE, noise_syllables, with_noise


@pytest.mark.parametrize("snr_db", [-30, 0, 7.5, 60])
def test_si_sdr_orthogonal_noise_is_its_snr(snr_db: float) -> None:
    reference = np.tile([1.0, 0.0], 500)
    noise = np.tile([0.0, 1.0], 500) * 10 ** (-snr_db / 20)
    assert si_sdr(reference=reference, estimate=3 * (reference + noise), sample_rate=1) == pytest.approx(
        snr_db, abs=1e-9
    )


def test_si_sdr_offset_counts_as_distortion() -> None:
    # Means are not removed: an offset of the signal's own power is 0 dB of distortion.
    reference = np.tile([1.0, -1.0], 500)
    assert si_sdr(reference=reference, estimate=reference + 1, sample_rate=1) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("gain", [1e-3, -0.7, 50.0])
def test_si_sdr_scaled_estimate_is_unchanged(gain: float) -> None:
    reference = noise_syllables(1)
    estimate = with_noise(reference, 10)
    value = si_sdr(reference=reference, estimate=estimate, sample_rate=SAMPLE_RATE)
    scaled = si_sdr(reference=reference, estimate=gain * estimate, sample_rate=SAMPLE_RATE)
    assert scaled == pytest.approx(value, abs=1e-9)


def test_si_sdr_identical_is_infinite() -> None:
    reference = noise_syllables(1)
    assert si_sdr(reference=reference, estimate=reference, sample_rate=SAMPLE_RATE) == math.inf


def test_si_sdr_orthogonal_estimate_is_minus_infinite() -> None:
    assert si_sdr(reference=np.array([1.0, 0.0]), estimate=np.array([0.0, 1.0]), sample_rate=1) == -math.inf


def test_score_prepared_reference_equals_one_shot() -> None:
    reference = check(noise_syllables(1), "reference")
    prepared = prepare(reference, SAMPLE_RATE)
    for snr_db in (30, 0):
        estimate = check(with_noise(reference, snr_db), "estimate")
        assert score(prepared, estimate) == si_sdr(reference=reference, estimate=estimate, sample_rate=SAMPLE_RATE)
