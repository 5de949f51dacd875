"""Stimulus files: their form, dither, fades, anchors and the distorted version."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
import soundfile

from seinfer.reports.listening.stimuli import distorted, faded, low_passed, wav_bytes
from tests.helpers import snr_db, speech_like

RATE = 48_000
SPEECH = speech_like(0.5, RATE).astype(np.float64)
STEP = 2.0**-15


def decoded(content: bytes) -> np.ndarray:
    return np.asarray(soundfile.read(io.BytesIO(content))[0])


def test_wav_bytes_have_only_the_chunks_fmt_and_data() -> None:
    content = wav_bytes(SPEECH, 30_000, RATE, b"seed")
    assert content[:4] == b"RIFF" and content[8:12] == b"WAVE"
    assert struct.unpack("<I", content[4:8])[0] == len(content) - 8
    assert content[12:16] == b"fmt " and content[36:40] == b"data"
    assert struct.unpack("<IHHIIHH", content[16:36]) == (16, 1, 1, RATE, 2 * RATE, 2, 16)
    assert len(content) == 44 + 2 * 30_000


def test_wav_bytes_of_the_same_signal_differ_by_dither_only() -> None:
    one, same, other = (decoded(wav_bytes(SPEECH, len(SPEECH), RATE, seed)) for seed in (b"1", b"1", b"2"))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)
    assert np.abs(one - SPEECH).max() <= 1.5 * STEP
    assert np.std(one - SPEECH) == pytest.approx(0.5 * STEP, rel=0.05)  # a quarter of a step squared: TPDF and rounding
    assert abs(np.mean(one - SPEECH)) < 0.02 * STEP


def test_wav_bytes_pad_with_dithered_zeros() -> None:
    padding = decoded(wav_bytes(SPEECH, len(SPEECH) + 5_000, RATE, b"1"))[len(SPEECH) :]
    assert len(padding) == 5_000
    assert 0 < np.abs(padding).max() <= STEP


def test_wav_bytes_at_full_scale_do_not_wrap_around() -> None:
    assert np.array_equal(np.sign(decoded(wav_bytes(np.array([1.0, -1.0]), 2, RATE, b"1"))), [1, -1])


def test_faded_starts_and_ends_near_zero_and_changes_nothing_between() -> None:
    result = faded(np.ones(4_800), RATE)
    assert result[0] < 1e-4 and result[-1] < 1e-4
    assert np.all(result[480:-480] == 1)
    assert np.all(np.diff(result[:480]) > 0) and np.array_equal(result, result[::-1])
    assert len(faded(np.ones(3), RATE)) == 3


@pytest.mark.parametrize("rate", [16_000, 44_100, 48_000])
@pytest.mark.parametrize("cutoff_hz", [3_500, 7_000])
def test_low_passed_keeps_the_pass_band_and_removes_the_stop_band_without_delay(rate: int, cutoff_hz: int) -> None:
    time = np.arange(rate) / rate
    inside = np.sin(2 * np.pi * (cutoff_hz - 20) * time)
    outside = np.sin(2 * np.pi * (cutoff_hz + 520) * time)
    middle = slice(rate // 4, -rate // 4)
    assert snr_db(reference=inside[middle], estimate=low_passed(inside, cutoff_hz, rate)[middle]) > 60
    assert np.abs(low_passed(outside, cutoff_hz, rate)[middle]).max() < 10 ** (-75 / 20)


def test_distorted_has_noise_six_db_above_the_signal_and_is_the_same_for_the_same_seed() -> None:
    result = distorted(SPEECH, RATE, b"1")
    noise = result - low_passed(SPEECH, 1_000, RATE)
    assert 20 * np.log10(np.std(noise) / np.sqrt(np.mean(SPEECH**2))) == pytest.approx(6, abs=0.2)
    assert np.array_equal(result, distorted(SPEECH, RATE, b"1"))
    assert not np.array_equal(result, distorted(SPEECH, RATE, b"2"))
