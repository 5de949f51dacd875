"""Lag and gain."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from seinfer.metrics import MetricError
from seinfer.metrics.diagnostics import gain_db, lag_samples

from .signals import SAMPLE_RATE, Floats, late, noise_syllables, with_noise


@pytest.mark.parametrize("delay", [0, 1, -1, 160, -480, 8000, -8000])
def test_lag_samples_shifted_noisy_speech_is_its_shift(delay: int) -> None:
    reference = noise_syllables(4)
    estimate = late(with_noise(reference, 0), delay)
    assert lag_samples(reference=reference, estimate=estimate, sample_rate=SAMPLE_RATE) == delay


def test_lag_samples_real_clips_is_zero(vctk: list[tuple[Floats, Floats]]) -> None:
    assert [lag_samples(reference=c, estimate=n, sample_rate=SAMPLE_RATE) for c, n in vctk] == [0] * 6


def test_lag_samples_inverted_estimate_is_zero() -> None:
    reference = noise_syllables(1)
    assert lag_samples(reference=reference, estimate=-reference, sample_rate=SAMPLE_RATE) == 0


def test_lag_samples_periodic_signal_is_the_smallest() -> None:
    reference = np.tile(np.sin(2 * np.pi * np.arange(100) / 100), 300)
    assert lag_samples(reference=reference, estimate=reference, sample_rate=SAMPLE_RATE) == 0


@pytest.mark.parametrize("n_samples", [1, 2, 50])
def test_lag_samples_tiny_identical_clip_is_zero(n_samples: int) -> None:
    reference = np.random.default_rng(0).standard_normal(n_samples)
    assert lag_samples(reference=reference, estimate=reference, sample_rate=SAMPLE_RATE) == 0


@pytest.mark.parametrize("measure", [lag_samples, gain_db])
@pytest.mark.parametrize(
    ("reference", "estimate", "reason"),
    [
        (np.zeros(100), np.ones(100), "silent_ref"),
        (np.ones(100), np.zeros(100), "silent_est"),
        (np.zeros(100), np.zeros(100), "silent_ref"),
        (np.ones(100), np.full(100, np.nan), "nonfinite"),
        (np.ones(100), np.ones(1000), "length_mismatch"),
        (np.zeros(0), np.ones(100), "too_short"),
    ],
)
def test_diagnostics_unusable_signals_give_the_reason(
    measure: Callable[..., float], reference: Floats, estimate: Floats, reason: str
) -> None:
    with pytest.raises(MetricError) as caught:
        measure(reference=reference, estimate=estimate, sample_rate=SAMPLE_RATE)
    assert caught.value.reason == reason


def test_gain_db_halved_speech_in_noise_is_minus_6() -> None:
    reference = noise_syllables(3)
    estimate = 0.5 * with_noise(reference, 10)
    found = gain_db(reference=reference, estimate=estimate, sample_rate=SAMPLE_RATE)
    assert found == pytest.approx(-6.02, abs=0.2)  # dB; the noise is not exactly orthogonal


def test_gain_db_length_difference_is_cut() -> None:
    reference = noise_syllables(3)
    found = gain_db(reference=reference, estimate=2 * reference[:-600], sample_rate=SAMPLE_RATE)
    assert found == pytest.approx(6.02, abs=0.01)


def test_gain_db_orthogonal_estimate_is_undefined() -> None:
    with pytest.raises(MetricError, match="orthogonal"):
        gain_db(reference=np.tile([1.0, 0.0], 50), estimate=np.tile([0.0, 1.0], 50), sample_rate=SAMPLE_RATE)


def test_diagnostics_reference_silent_after_the_cut_is_silent_ref() -> None:
    # Only the last sample is not zero, and the shorter estimate cuts it off.
    reference = np.zeros(1000)
    reference[-1] = 0.5
    for measure in (lag_samples, gain_db):
        with pytest.raises(MetricError) as caught:
            measure(reference=reference, estimate=np.ones(999), sample_rate=SAMPLE_RATE)
        assert caught.value.reason == "silent_ref"
