"""Speech attenuation and residual noise: known gains, limits, clips that a gate cuts, and inputs that are refused."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import soxr

from seinfer.metrics import METRICS, MetricError
from seinfer.metrics.evaluate import evaluate
from seinfer.metrics.pair import Reference
from seinfer.metrics.removed_speech import MIN_SAMPLES, residual_noise, speech_attenuation

from .composite_parts import compute
from .signals import SAMPLE_RATE, Floats, bursts, late, noise_syllables, with_noise

CLEAN = noise_syllables(4)
NAMES = ("speech_attenuation", "residual_noise")
SEGMENT = 4 * 256  # samples from one segment to the next
EXACT_DB = 1e-6


def steady(n_segments: int, seed: int = 0) -> Floats:
    """Return noise without pauses, in which every segment is active."""
    return 0.1 * np.random.default_rng(seed).standard_normal(n_segments * SEGMENT + 256)


def gated(noisy: Floats, threshold_db: float) -> Floats:
    """Mute every bin of 32 ms that is less than `threshold_db` above the median of its frequency."""
    window = np.sqrt(np.hanning(513)[:-1])
    padded = np.pad(noisy, (256, 1024))
    spectra = np.fft.rfft(np.lib.stride_tricks.sliding_window_view(padded, 512)[::256] * window)
    power = np.abs(spectra) ** 2
    spectra[power < np.median(power, axis=0) * 10 ** (threshold_db / 10)] = 0
    result = np.zeros(len(padded))
    for index, frame in enumerate(np.fft.irfft(spectra) * window):
        result[index * 256 : index * 256 + 512] += frame
    return result[256 : 256 + len(noisy)]


def test_speech_attenuation_gain_of_half_the_segments_is_the_mean_in_db() -> None:
    reference = steady(40)
    # Silence around the change of the gain, so that no segment contains both gains.
    reference[20 * SEGMENT - 256 : 20 * SEGMENT + 256 + 256] = 0
    gain = np.where(np.arange(reference.size) < 20 * SEGMENT, 10 ** (-6 / 20), 1.0)
    assert compute(speech_attenuation, reference, gain * reference) == pytest.approx(3, abs=EXACT_DB)


@pytest.mark.parametrize("attenuation_db", [0, 1, 6, 20, 34])
def test_speech_attenuation_gain_of_the_clip_is_its_value(attenuation_db: float) -> None:
    estimate = 10 ** (-attenuation_db / 20) * CLEAN
    assert compute(speech_attenuation, CLEAN, estimate) == pytest.approx(attenuation_db, abs=EXACT_DB)
    assert compute(residual_noise, CLEAN, estimate) == pytest.approx(-60, abs=EXACT_DB)


def test_speech_attenuation_muted_band_of_a_fricative_counts_in_its_segment() -> None:
    """A band that has little energy in the clip, but all of it in its segments, counts as much as a loud vowel."""
    vowel, fricative = (soxr.resample(steady(20, seed), 4000, SAMPLE_RATE)[: 20 * SEGMENT] for seed in (1, 2))
    shifted = 0.5 * fricative * np.cos(2 * np.pi * 5000 / SAMPLE_RATE * np.arange(fricative.size))
    reference = np.concatenate([vowel, np.zeros(512), shifted, np.zeros(512)])
    muted = np.concatenate([vowel, np.zeros(512), 0 * shifted, np.zeros(512)])
    assert compute(speech_attenuation, reference, muted) == pytest.approx(35 / 2, abs=1.5)


@pytest.mark.parametrize("gain", [2.0, -1.0, 1.0])
def test_speech_attenuation_louder_or_inverted_speech_is_0(gain: float) -> None:
    assert compute(speech_attenuation, CLEAN, gain * CLEAN) == 0


def test_residual_noise_attenuated_noise_falls_by_its_attenuation() -> None:
    clean, noise = CLEAN, with_noise(CLEAN, 5) - CLEAN
    before_db = compute(residual_noise, clean, clean + noise)
    after_db = compute(residual_noise, clean, clean + 0.1 * noise)
    assert before_db - after_db == pytest.approx(20, abs=EXACT_DB)


def test_residual_noise_of_steady_noise_is_its_level_below_the_speech() -> None:
    clean = steady(200)
    noise = 0.1 * steady(200, seed=1)  # 20 dB below the reference, which is active throughout
    # Its share that resembles the speech in a band is 1 of 32 to 172 degrees of freedom, most of them in wide bands.
    assert compute(residual_noise, clean, clean + noise) == pytest.approx(-20, abs=0.2)


def test_residual_noise_and_speech_attenuation_do_not_depend_on_the_level_of_both_signals() -> None:
    noisy, gain = with_noise(CLEAN, 5), 1 / 64  # a power of 2, as the thresholds of P.56
    for function in (speech_attenuation, residual_noise):
        value = compute(function, CLEAN, noisy)
        assert compute(function, gain * CLEAN, gain * noisy) == pytest.approx(value, abs=EXACT_DB)


def test_speech_attenuation_and_residual_noise_hard_gate_trades_one_for_the_other(
    vctk: list[tuple[Floats, Floats]],
) -> None:
    for clean, noisy in vctk:
        estimates = [noisy, gated(noisy, 15), gated(noisy, 25)]
        attenuations_db = [compute(speech_attenuation, clean, estimate) for estimate in estimates]
        residuals_db = [compute(residual_noise, clean, estimate) for estimate in estimates]
        assert 0 <= attenuations_db[0] < 0.5
        assert attenuations_db[1] > attenuations_db[0] + 1
        assert attenuations_db[2] > attenuations_db[1] + 5
        assert residuals_db == sorted(residuals_db, reverse=True)


def test_speech_attenuation_late_estimate_counts_as_removed() -> None:
    assert compute(speech_attenuation, CLEAN, late(CLEAN, 8)) > 1


@pytest.mark.parametrize("function", [speech_attenuation, residual_noise])
@pytest.mark.parametrize(
    ("reference", "estimate", "reason"),
    [
        (np.zeros(16_000), CLEAN[:16_000], "silent_ref"),
        (CLEAN, np.zeros_like(CLEAN), "silent_est"),
        (CLEAN, np.full_like(CLEAN, np.nan), "nonfinite"),
        (CLEAN[: MIN_SAMPLES - 1], CLEAN[: MIN_SAMPLES - 1], "too_short"),
        (CLEAN, CLEAN[:-1], "length_mismatch"),
    ],
)
def test_speech_attenuation_and_residual_noise_bad_input_is_refused(
    function: Callable[..., float], reference: Floats, estimate: Floats, reason: str
) -> None:
    with pytest.raises(MetricError) as error:
        compute(function, reference, estimate)
    assert error.value.reason == reason


def test_speech_attenuation_other_rate_is_refused() -> None:
    with pytest.raises(MetricError, match="expected 16000 Hz, got 8000 Hz"):
        speech_attenuation(reference=CLEAN, estimate=CLEAN, sample_rate=8000)


def test_speech_attenuation_one_click_is_not_enough_speech() -> None:
    click = np.zeros(16_000)
    click[8000] = 0.5
    found = evaluate(
        reference=Reference(click, SAMPLE_RATE),
        estimate=click,
        sample_rate=SAMPLE_RATE,
        metrics=[METRICS[name] for name in NAMES],
    )
    assert found.reasons == dict.fromkeys(NAMES, "not_enough_speech")


def test_speech_attenuation_of_a_pause_is_not_counted() -> None:
    clean = bursts(4, 4.0)
    muted = np.where(np.abs(clean) > 1e-4, clean, 0)
    assert compute(speech_attenuation, clean, muted) < 0.1
