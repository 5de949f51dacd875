"""The Wiener filter: equal to a second implementation, and the properties that a user relies on."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from seinfer.backends.base import Waveform
from seinfer.backends.wiener import Wiener, load
from seinfer.core.errors import RegistryError
from seinfer.models.registry import load_registry
from tests.backends.waveforms import alone
from tests.helpers import lag_samples, si_sdr_db, snr_db, speech_like

SPEC = load_registry().specs["wiener"]
RATE = 16_000


def wiener(sample_rate: int = RATE, **options: float) -> Wiener:
    return load(dataclasses.replace(SPEC, sample_rate=sample_rate, options=options), {}, device="cpu", threads=1)


def white_noise(duration_s: float, sample_rate: int = RATE, rms: float = 0.02) -> Waveform:
    return (rms * np.random.default_rng(1).standard_normal(round(duration_s * sample_rate))).astype(np.float32)


def by_definition(samples: Waveform, sample_rate: int) -> Waveform:
    """Return the result for a clip without digital silence, bin by bin in plain Python; the source is in the module."""
    hop, n_bins = sample_rate // 100, sample_rate // 50 + 1
    window = np.array([math.sin(math.pi * (n + 0.5) / (4 * hop)) / math.sqrt(2) for n in range(4 * hop)])
    tiny = 1e-14 * window.sum() ** 2
    n_frames = -(-(len(samples) + 3 * hop) // hop)
    padded = np.concatenate([np.zeros(3 * hop), samples, np.zeros(4 * hop)])
    spectra = [np.fft.rfft(window * padded[m * hop : (m + 4) * hop]) for m in range(n_frames)]
    noise_weight, probability_weight = math.exp(-0.01 / 0.0717), math.exp(-0.01 / 0.152)
    for k in range(n_bins):
        start, noise, mean, speech = [], 0.0, 0.5, 0.0
        for m in range(n_frames):
            power = abs(spectra[m][k]) ** 2
            if m <= 3:
                start = [power + tiny]
                noise = start[0]
            elif m < 3 + 10:
                start.append(power + tiny)
                noise = sum(start) / len(start)
            else:
                snr = 10**1.5
                p = 1 / (1 + (1 + snr) * math.exp(-min(power / noise, 200) * snr / (1 + snr)))
                mean = probability_weight * mean + (1 - probability_weight) * p
                p = min(p, 0.99) if mean > 0.99 else p
                expected = p * noise + (1 - p) * power
                noise = max(noise_weight * noise + (1 - noise_weight) * expected, tiny)
            prior = max(0.92 * speech / noise + 0.08 * max(power / noise - 1, 0), 10**-2.5)
            gain = prior / (1 + prior)
            speech = gain**2 * power
            spectra[m][k] *= max(gain, 10 ** (-15 / 20))
    out = np.zeros(len(padded))
    for m, spectrum in enumerate(spectra):
        out[m * hop : (m + 4) * hop] += window * np.fft.irfft(spectrum, 4 * hop)
    return out[3 * hop : 3 * hop + len(samples)].astype(np.float32)


def test_enhance_equals_a_second_implementation_to_100_db() -> None:
    noisy = speech_like(1.5, 8_000) + white_noise(1.5, 8_000)
    assert snr_db(reference=by_definition(noisy, 8_000), estimate=alone(wiener(8_000), noisy)) > 100


@pytest.mark.parametrize("sample_rate", [8_000, 16_000, 22_050, 44_100, 48_000])
def test_enhance_speech_in_white_noise_gains_2_db_at_lag_zero_at_any_rate(sample_rate: int) -> None:
    clean = speech_like(4.0, sample_rate)
    noisy = clean + white_noise(4.0, sample_rate)
    enhanced = alone(wiener(sample_rate), noisy)
    assert si_sdr_db(reference=clean, estimate=enhanced) > si_sdr_db(reference=clean, estimate=noisy) + 2
    assert lag_samples(reference=clean, estimate=enhanced) == 0


def test_enhance_noise_alone_is_lowered_almost_to_the_floor() -> None:
    noise = white_noise(3.0)
    enhanced = alone(wiener(floor_db=-15), noise)
    change_db = 10 * np.log10(np.mean(enhanced[RATE:] ** 2) / np.mean(noise[RATE:] ** 2))
    assert -15.1 < change_db < -12


def test_enhance_with_a_floor_of_0_db_returns_the_clip_to_100_db() -> None:
    noisy = speech_like(1.0, RATE) + white_noise(1.0)
    assert snr_db(reference=noisy, estimate=alone(wiener(floor_db=0), noisy)) > 100


@pytest.mark.parametrize("level_db", [-40, -12, 12])
def test_enhance_at_another_level_gives_the_same_result_at_that_level(level_db: int) -> None:
    noisy = speech_like(2.0, RATE) + white_noise(2.0)
    scale = np.float32(10 ** (level_db / 20))
    assert snr_db(reference=alone(wiener(), noisy) * scale, estimate=alone(wiener(), noisy * scale)) > 60


def test_enhance_noise_that_becomes_10_db_louder_is_lowered_again_within_3_s() -> None:
    noise = np.concatenate([white_noise(2.0), white_noise(5.0, rms=0.02 * 10**0.5)])
    enhanced = alone(wiener(), noise)
    end = slice(5 * RATE, None)
    assert np.mean(enhanced[end] ** 2) < 0.1 * np.mean(noise[end] ** 2)


def test_enhance_noise_after_digital_silence_is_lowered_as_before_it() -> None:
    noise, silence = white_noise(2.0), np.zeros(4 * RATE, np.float32)
    enhanced = alone(wiener(), np.concatenate([noise, silence, noise]))
    after = slice(6 * RATE + RATE // 10, None)
    assert np.mean(enhanced[after] ** 2) < 0.1 * np.mean(noise**2)
    assert not enhanced[2 * RATE + 1_000 : 6 * RATE - 1_000].any()


def test_stream_that_starts_with_digital_silence_estimates_the_noise_after_it() -> None:
    noise = white_noise(2.0)
    enhanced = alone(wiener(), np.concatenate([np.zeros(RATE, np.float32), noise]))
    assert np.mean(enhanced[2 * RATE :] ** 2) < 0.1 * np.mean(noise**2)


@pytest.mark.parametrize("options", [{"floor_db": 1}, {"floor_db": "low"}, {"floor": -10}])
def test_load_with_an_option_that_does_not_fit_is_registry_error(options: dict[str, float]) -> None:
    with pytest.raises(RegistryError, match=f"{next(iter(options))}.*expected"):
        wiener(**options)
