"""Level matching: rules and their spelling, and the level of the speech in signals whose speech level is known."""

from __future__ import annotations

import numpy as np
import pytest

from seinfer.audio.levels import speech_level
from seinfer.core.errors import AudioError, UsageError
from seinfer.reports.listening.levels import LevelRule, common_gain_db, gains, level_rule
from tests.helpers import speech_like

RATE = 16_000
CLEAN = speech_like(4.0, RATE, seed=1, rms_dbfs=-30).astype(np.float64)
NOISE = np.random.default_rng(0).standard_normal(len(CLEAN)) * np.std(CLEAN)
P56 = LevelRule("p56", -26.0)
TOLERANCE_DB = 0.15  # noise correlates a little with speech


@pytest.mark.parametrize(
    ("text", "rule", "shown"),
    [
        ("p56", LevelRule("p56", -26.0), "p56:-26"),
        ("p56:-30.5", LevelRule("p56", -30.5), "p56:-30.5"),
        ("lufs", LevelRule("lufs", -23.0), "lufs:-23"),
        ("align", LevelRule("align"), "align"),
        ("none", LevelRule("none"), "none"),
    ],
)
def test_level_rule_reads_every_rule(text: str, rule: LevelRule, shown: str) -> None:
    assert level_rule(text) == rule
    assert str(rule) == shown


@pytest.mark.parametrize("text", ["", "p57", "p56:", "p56:loud", "p56:0", "p56:nan", "lufs:-61", "align:-26", "none:"])
def test_level_rule_of_another_text_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError, match="expected p56:-26"):
        level_rule(text)


def test_gains_match_the_level_of_the_speech_and_not_of_the_noise() -> None:
    signals = {"clean": CLEAN, "noisy": CLEAN + NOISE, "quiet": 0.25 * CLEAN, "rest": 2 * (CLEAN + 0.5 * NOISE)}
    found = gains(signals, CLEAN, signals["noisy"], P56, RATE)
    clean_db = speech_level(CLEAN, RATE).active_db
    for name, speech_db in {"clean": 0.0, "noisy": 0.0, "quiet": -12.04, "rest": 6.02}.items():
        assert clean_db + speech_db + found[name].gain_db == pytest.approx(-26, abs=TOLERANCE_DB)
        assert not found[name].is_approximate
    louder_db = speech_level(signals["noisy"] * 10 ** (found["noisy"].gain_db / 20), RATE).active_db
    assert louder_db > -25  # as a whole, the noisy clip stays louder than the clean one


def test_gains_of_the_noisy_clip_are_right_at_low_snr_where_a_model_with_such_a_projection_is_approximate() -> None:
    signals = {"noisy": CLEAN + 3 * NOISE, "model": CLEAN + 3 * NOISE}
    found = gains(signals, CLEAN, signals["noisy"], P56, RATE)
    clean_db = speech_level(CLEAN, RATE).active_db
    assert clean_db + found["noisy"].gain_db == pytest.approx(-26, abs=3 * TOLERANCE_DB)
    assert found["model"].is_approximate
    assert not found["noisy"].is_approximate


def test_gains_of_speech_with_another_phase_use_its_own_level() -> None:
    spectrum = np.fft.rfft(CLEAN)
    turned = np.fft.irfft(spectrum * np.exp(1j * 1.5), len(CLEAN))  # correlation cos(1.5), the same level
    found = gains({"model": turned}, CLEAN, CLEAN, P56, RATE)["model"]
    assert found.is_approximate
    assert speech_level(turned * 10 ** (found.gain_db / 20), RATE).active_db == pytest.approx(-26, abs=0.01)


def test_gains_without_a_clean_file_match_the_level_of_each_signal_and_are_approximate() -> None:
    signals = {"noisy": CLEAN + NOISE, "model": 0.1 * CLEAN}
    for name, gain in gains(signals, None, signals["noisy"], P56, RATE).items():
        assert gain.is_approximate
        level_db = speech_level(signals[name] * 10 ** (gain.gain_db / 20), RATE).active_db
        assert level_db == pytest.approx(-26, abs=0.05)


def test_gains_of_align_keep_the_level_of_the_clip() -> None:
    found = gains({"clean": CLEAN, "model": 0.5 * CLEAN}, CLEAN, CLEAN, LevelRule("align"), RATE)
    assert found["clean"].gain_db == pytest.approx(0, abs=1e-9)
    assert found["model"].gain_db == pytest.approx(6.02, abs=0.01)


def test_gains_of_none_are_zero_also_without_speech() -> None:
    silence = np.zeros(RATE)
    assert gains({"noisy": silence}, None, silence, LevelRule("none"), RATE)["noisy"].gain_db == 0


def test_gains_of_lufs_match_the_loudness_of_the_whole_signal() -> None:
    import pyloudnorm

    signals = {"noisy": CLEAN + NOISE, "model": 0.1 * CLEAN}
    for name, gain in gains(signals, CLEAN, signals["noisy"], LevelRule("lufs", -23.0), RATE).items():
        matched = signals[name] * 10 ** (gain.gain_db / 20)
        assert pyloudnorm.Meter(RATE).integrated_loudness(matched) == pytest.approx(-23, abs=0.01)


@pytest.mark.parametrize(("kind", "n_samples"), [("p56", RATE), ("lufs", RATE), ("lufs", RATE // 4)])
def test_gains_of_silence_or_of_a_very_short_signal_are_an_audio_error(kind: str, n_samples: int) -> None:
    signal = np.zeros(n_samples)
    with pytest.raises(AudioError):
        gains({"noisy": signal}, None, signal, level_rule(kind), RATE)


@pytest.mark.parametrize(("peak", "gain_db"), [(0.0, 0.0), (0.5, 0.0), (1.0, -1.0), (2.0, -7.0206)])
def test_common_gain_keeps_the_highest_peak_at_one_db_below_full_scale(peak: float, gain_db: float) -> None:
    assert common_gain_db(peak) == pytest.approx(gain_db, abs=1e-3)


@pytest.mark.parametrize("kind", ["p56", "lufs", "align"])
@pytest.mark.parametrize("factor", [0.0, 1e-4])
def test_gains_do_not_turn_up_a_model_that_removed_the_speech(kind: str, factor: float) -> None:
    rest = factor * NOISE
    found = gains({"clean": CLEAN, "model": rest}, CLEAN, CLEAN + NOISE, level_rule(kind), RATE)
    assert found["model"].gain_db == pytest.approx(found["clean"].gain_db, abs=1e-6)


def test_gains_of_an_inverted_signal_are_those_of_the_signal() -> None:
    found = gains({"clean": CLEAN, "model": -CLEAN}, CLEAN, CLEAN, P56, RATE)
    assert found["model"] == found["clean"]
