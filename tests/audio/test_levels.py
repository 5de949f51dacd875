"""Active speech level, compared with signals of known activity, the definition as a loop, and the ITU program."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
import soxr
from hypothesis import given
from hypothesis import strategies as st

from seinfer.audio.levels import rms_db, speech_level
from seinfer.core.errors import AudioError
from tests.helpers import speech_like

RATE = 8_000

# What actlevel, the ITU's program around its speech voltmeter, prints with three digits (openitu/STL, src/sv56, commit
# 139db49783b5096abf40d4f271d74fda9d591d20), compiled with gcc 12, for the 16-bit samples of these signals.
ITU_SYNTHETIC = [
    # duration_s, sample_rate, seed, rms_dbfs, long_term_db, active_db, activity in %
    (6, 16_000, 0, -26, -26.000, -25.690, 93.121),
    (6, 16_000, 1, -26, -26.000, -25.710, 93.539),
    (6, 8_000, 4, -35, -35.000, -34.786, 95.182),
    (4, 48_000, 4, -20, -20.000, -19.690, 93.108),
]
ITU_REAL = [
    # clip of clips/vctk16k/clean, long_term_db, active_db, activity in %
    ("p287_001", -22.427, -20.173, 59.512),
    ("p287_002", -22.990, -21.950, 78.703),
    ("p287_003", -27.419, -26.610, 83.003),
    ("p287_004", -22.777, -22.054, 84.670),
    ("p287_005", -23.102, -22.551, 88.077),
    ("p287_006", -23.432, -22.820, 86.864),
]
# The program ends its search within 0.5 dB of the margin; there the level changes by less than a twentieth of that.
ITU_TOLERANCE_DB, ITU_TOLERANCE_PERCENT = 0.025, 0.5


def white_noise(n_samples: int, level_db: float = -26.0, seed: int = 0) -> npt.NDArray[np.float64]:
    signal = np.random.default_rng(seed).standard_normal(n_samples)
    return signal * 10 ** (level_db / 20) / np.sqrt(np.mean(signal**2))


def bursts(on_s: float, off_s: float, n_bursts: int = 2, level_db: float = -26.0) -> npt.NDArray[np.float64]:
    """Return bursts of white noise of one level, each followed by silence."""
    on, off = round(on_s * RATE), round(off_s * RATE)
    return np.concatenate([np.r_[white_noise(on, level_db, seed), np.zeros(off)] for seed in range(n_bursts)])


def level_by_definition(signal: npt.NDArray[np.float64], sample_rate: int) -> tuple[float, float]:
    """Return active level in dBov and activity: P.56 clause 8.2 literally, sample by sample.

    The crossing is found by bisection of the line between two thresholds, not by its formula.
    """
    smoothing = math.exp(-1 / (sample_rate * 0.03))
    hangover = math.ceil(0.2 * sample_rate)
    thresholds = [2.0**-k for k in range(15, 0, -1)]
    activity, since = [0] * 15, [hangover] * 15
    p = q = energy = 0.0
    for x in signal.tolist():
        energy += x * x
        p = smoothing * p + (1 - smoothing) * abs(x)
        q = smoothing * q + (1 - smoothing) * p
        for j, threshold in enumerate(thresholds):
            if q >= threshold:
                activity[j] += 1
                since[j] = 0
            elif since[j] < hangover:
                activity[j] += 1
                since[j] += 1
    levels = [10 * math.log10(energy / count) if count else math.inf for count in activity]
    heights = [20 * math.log10(threshold) for threshold in thresholds]
    j = next(j for j in range(15) if levels[j] - heights[j] <= 15.9)
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        level = levels[j - 1] + middle * (levels[j] - levels[j - 1])
        height = heights[j - 1] + middle * (heights[j] - heights[j - 1])
        low, high = (middle, high) if level - height > 15.9 else (low, middle)
    return level, energy / len(signal) / 10 ** (level / 10)


@pytest.mark.parametrize("sample_rate", [8_000, 11_025, 16_000])
def test_speech_level_equals_the_definition_as_a_loop(sample_rate: int) -> None:
    signal = speech_like(1.5, sample_rate, seed=3).astype(np.float64)
    signal[: sample_rate // 4] = 0
    found = speech_level(signal, sample_rate)
    active_db, activity = level_by_definition(signal, sample_rate)
    assert found.active_db == pytest.approx(active_db, abs=1e-9)  # dB
    assert found.activity == pytest.approx(activity, abs=1e-9)


@given(seed=st.integers(0, 2**32 - 1), level_db=st.floats(-50, -15), gap=st.floats(0, 0.6))
def test_speech_level_of_any_bursts_equals_the_definition(seed: int, level_db: float, gap: float) -> None:
    rate = 1_000
    signal = white_noise(rate, level_db, seed)
    signal[200 : 200 + int(gap * rate)] *= 1e-3
    assert speech_level(signal, rate).active_db == pytest.approx(level_by_definition(signal, rate)[0], abs=1e-9)  # dB


@pytest.mark.parametrize("case", ITU_SYNTHETIC, ids=lambda case: f"{case[1]}Hz-{case[2]}")
def test_speech_level_equals_the_itu_program(case: tuple[float, ...]) -> None:
    duration_s, sample_rate, seed, rms_dbfs, long_term_db, active_db, percent = case
    signal = speech_like(duration_s, int(sample_rate), int(seed), rms_dbfs)
    found = speech_level(np.rint(signal * 2.0**15) / 2.0**15, int(sample_rate))
    assert found.long_term_db == pytest.approx(long_term_db, abs=0.001)  # dB
    assert found.active_db == pytest.approx(active_db, abs=ITU_TOLERANCE_DB)
    assert 100 * found.activity == pytest.approx(percent, abs=ITU_TOLERANCE_PERCENT)


@pytest.mark.parametrize("case", ITU_REAL, ids=lambda case: case[0])
def test_speech_level_of_real_speech_equals_the_itu_program(
    shared: Path, case: tuple[str, float, float, float]
) -> None:
    name, long_term_db, active_db, percent = case
    signal, sample_rate = soundfile.read(shared / "clips" / "vctk16k" / "clean" / f"{name}.wav")
    found = speech_level(signal, sample_rate)
    assert found.long_term_db == pytest.approx(long_term_db, abs=0.001)  # dB
    assert found.active_db == pytest.approx(active_db, abs=ITU_TOLERANCE_DB)
    assert 100 * found.activity == pytest.approx(percent, abs=ITU_TOLERANCE_PERCENT)


@pytest.mark.parametrize(("on_s", "off_s"), [(12, 12), (9, 3), (8, 24)])
def test_speech_level_of_bursts_is_that_of_a_burst(on_s: float, off_s: float) -> None:
    found = speech_level(bursts(on_s, off_s), RATE)
    assert found.active_db == pytest.approx(-26, abs=0.15)  # dB
    assert found.activity == pytest.approx(on_s / (on_s + off_s), abs=0.03)


@pytest.mark.parametrize(("on_s", "off_s"), [(2, 2), (1, 3), (0.5, 1)])
def test_speech_level_of_bursts_counts_hangover_and_envelope_delay(on_s: float, off_s: float) -> None:
    # The envelope of white noise settles 1.96 dB below its level, 13.94 dB above the threshold. The rest of a step,
    # (1 + t/T) exp(-t/T), is 1 - 0.2 after 0.82 T when it rises and 0.2 after 2.99 T when it falls.
    active_s = on_s + 0.2 + (2.99 - 0.82) * 0.03
    found = speech_level(bursts(on_s, off_s, n_bursts=4), RATE)
    assert found.activity == pytest.approx(active_s / (on_s + off_s), abs=0.01)
    assert found.active_db == pytest.approx(-26 + 10 * math.log10(on_s / active_s), abs=0.06)  # dB


def test_speech_level_of_gaps_shorter_than_the_hangover_counts_them_as_speech() -> None:
    found = speech_level(bursts(0.3, 0.15, n_bursts=20), RATE)
    assert found.activity == pytest.approx(1, abs=0.01)
    assert found.active_db == pytest.approx(found.long_term_db, abs=0.05)  # dB


def test_speech_level_with_a_noise_floor_below_the_threshold_counts_it_as_pause() -> None:
    signal = bursts(12, 12)
    quiet, loud = (speech_level(signal + white_noise(len(signal), level_db, seed=9), RATE) for level_db in (-66, -36))
    assert quiet.active_db == pytest.approx(speech_level(signal, RATE).active_db, abs=0.01)  # dB
    assert loud.activity == pytest.approx(1, abs=0.01)  # 10 dB below speech is above the threshold 15.9 dB below it


@pytest.mark.parametrize("gain_db", [-40, -20, -6.02, -3, 7, 12])
def test_speech_level_follows_a_gain(gain_db: float) -> None:
    signal = speech_like(3, 16_000, seed=5)
    signal[16_000:32_000] = 0
    before, after = (speech_level(signal * np.float32(gain), 16_000) for gain in (1, 10 ** (gain_db / 20)))
    # Not exactly: thresholds are 6 dB apart, and the level is interpolated between them.
    assert after.active_db - before.active_db == pytest.approx(gain_db, abs=0.01)  # dB
    assert after.activity == pytest.approx(before.activity, abs=0.002)


@pytest.mark.parametrize("sample_rate", [8_000, 11_025, 22_050, 44_100, 48_000])
def test_speech_level_does_not_depend_on_the_sample_rate(sample_rate: int) -> None:
    signal = soxr.resample(speech_like(3, 16_000, seed=6), 16_000, 4_000).astype(np.float32)  # below any Nyquist here
    reference = speech_level(soxr.resample(signal, 4_000, 16_000), 16_000)
    found = speech_level(soxr.resample(signal, 4_000, sample_rate), sample_rate)
    assert found.active_db == pytest.approx(reference.active_db, abs=0.02)  # dB
    assert found.activity == pytest.approx(reference.activity, abs=0.005)


def test_speech_level_full_scale_square_wave_is_0_dbov_and_sine_3_less() -> None:
    time_s = np.arange(10 * RATE) / RATE
    sine = np.sin(2 * np.pi * 440 * time_s)
    assert rms_db(np.where(sine >= 0, 1.0, -1.0)) == pytest.approx(0, abs=1e-9)  # dB
    assert rms_db(sine) == pytest.approx(-3.0103, abs=1e-3)  # dB
    assert speech_level(sine, RATE).active_db == pytest.approx(-3.0103, abs=0.02)  # dB


def test_speech_level_of_float32_is_summed_in_double_precision() -> None:
    signal = white_noise(20 * RATE).astype(np.float32)
    assert speech_level(signal, RATE) == speech_level(signal.astype(np.float64), RATE)


@pytest.mark.parametrize(
    "signal",
    [np.zeros(RATE), white_noise(RATE, -160), np.eye(1, 4 * RATE, RATE)[0], np.zeros(1), np.zeros(0)],
    ids=["silence", "below every threshold", "a click", "one sample", "none"],
)
def test_speech_level_without_speech_is_an_error_with_its_reason(signal: npt.NDArray[np.float64]) -> None:
    with pytest.raises(AudioError, match="contains no active speech") as caught:
        speech_level(signal, RATE)
    assert caught.value.reason == "no_speech"
