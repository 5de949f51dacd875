"""Mixing speech and noise: SNR, level, gain and rounding, compared with independent calculations."""

from __future__ import annotations

import math

import numpy as np
import pytest

from seinfer.audio.levels import rms_db, speech_level
from seinfer.core.errors import AudioError
from seinfer.mixing.mixture import Speech, mix, require_sound
from tests.audio.test_levels import level_by_definition
from tests.helpers import peak_dbfs

from .mixtures import RATE, TOLERANCE_DB, Floats, pink, speech

STEP_16 = 2.0**-15
SNRS_DB = (-5.0, 0.0, 5.0, 10.0, 15.0)


def as_speech(signal: Floats) -> Speech:
    return Speech(signal, signal)


@pytest.mark.parametrize("wanted_db", SNRS_DB)
@pytest.mark.parametrize("sample_rate", [8_000, 48_000])
def test_mix_has_the_snr_and_level_of_the_request_after_rounding_to_16_bits(sample_rate: int, wanted_db: float) -> None:
    spoken = as_speech(speech(1.5, sample_rate))
    made = mix(spoken, pink(len(spoken.in_noisy)), sample_rate, wanted_db, -26.0, STEP_16)
    noise = made.noisy[0].astype(np.float64) - made.clean[0]
    measure = level_by_definition if sample_rate == RATE else lambda *a: (speech_level(*a).active_db, 0)
    active_db = measure(made.clean[0].astype(np.float64), sample_rate)[0]
    noise_db = 20 * math.log10(np.sqrt(np.mean(noise**2)))
    assert active_db == pytest.approx(-26, abs=TOLERANCE_DB)
    assert active_db - noise_db == pytest.approx(wanted_db, abs=TOLERANCE_DB)
    assert made.gain_db == 0


def test_mix_difference_of_the_files_is_the_noise_to_half_a_step() -> None:
    spoken, noise = as_speech(speech()), pink(2 * RATE)
    made = mix(spoken, noise, RATE, 7.0, -26.0, STEP_16)
    difference = made.noisy[0].astype(np.float64) - made.clean[0]
    expected = noise * 10 ** ((-26 - 7 - rms_db(noise)) / 20)
    assert np.max(np.abs(difference - expected)) <= 0.5 * STEP_16 * (1 + 1e-9)
    for samples in (made.noisy, made.clean):
        assert np.array_equal(samples * 2.0**15, np.rint(samples * 2.0**15))  # exact in a 16-bit file


def test_mix_at_the_level_of_the_speech_keeps_its_samples() -> None:
    signal = np.rint(speech() * 2.0**15) / 2.0**15
    made = mix(as_speech(signal), pink(len(signal)), RATE, 5.0, speech_level(signal, RATE).active_db, STEP_16)
    assert np.array_equal(made.clean[0], signal.astype(np.float32))


@pytest.mark.parametrize(("level_db", "wanted_db"), [(-3.0, 10.0), (-26.0, -30.0), (0.0, 0.0)])
def test_mix_of_loud_signals_applies_one_gain_to_both_files(level_db: float, wanted_db: float) -> None:
    signal, noise = speech(), pink(2 * RATE)
    made = mix(as_speech(signal), noise, RATE, wanted_db, level_db, STEP_16)
    assert made.gain_db < -1
    assert max(peak_dbfs(made.noisy), peak_dbfs(made.clean)) == pytest.approx(-1, abs=0.01)  # dB
    assert made.level_db == pytest.approx(level_db + made.gain_db)
    assert speech_level(made.clean[0], RATE).active_db == pytest.approx(made.level_db, abs=TOLERANCE_DB)
    difference = made.noisy[0].astype(np.float64) - made.clean[0]
    assert made.level_db - rms_db(difference) == pytest.approx(wanted_db, abs=TOLERANCE_DB)


@pytest.mark.parametrize(("level_db", "wanted_db", "what"), [(-26.0, 60.0, "noise"), (-26.0, -80.0, "speech")])
def test_mix_below_the_resolution_of_16_bits_is_an_error_and_24_bits_are_enough(
    level_db: float, wanted_db: float, what: str
) -> None:
    spoken, noise = as_speech(speech()), pink(2 * RATE)
    with pytest.raises(AudioError, match=f"the {what} would have -.* too little for the steps") as caught:
        mix(spoken, noise, RATE, wanted_db, level_db, STEP_16)
    assert caught.value.reason == "below_resolution"
    fine = mix(spoken, noise, RATE, wanted_db, level_db, 2.0**-23)
    difference = fine.noisy[0].astype(np.float64) - fine.clean[0]
    assert fine.level_db - rms_db(difference) == pytest.approx(wanted_db, abs=TOLERANCE_DB)


def test_mix_of_silent_noise_is_an_error() -> None:
    with pytest.raises(AudioError, match="level of -inf dBov") as caught:
        mix(as_speech(speech()), np.zeros(2 * RATE), RATE, 0.0, -26.0, STEP_16)
    assert caught.value.reason == "silent"


@pytest.mark.parametrize(("level_db", "is_silent"), [(-89.9, False), (-90.1, True), (-np.inf, True)])
def test_require_sound_refuses_levels_below_minus_90_dbov(level_db: float, is_silent: bool) -> None:
    signal = np.full(100, 10 ** (level_db / 20))
    if is_silent:
        with pytest.raises(AudioError, match=r"hum has a level of .* expected sound above -90 dBov"):
            require_sound(signal, "hum")
    else:
        assert require_sound(signal, "hum") == pytest.approx(level_db)
