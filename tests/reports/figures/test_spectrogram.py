from __future__ import annotations

import io
import subprocess
import sys

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from seinfer.backends.base import Waveform
from seinfer.reports.figures.spectrogram import RANGE_DB, spectrogram_webp, top_level_db
from tests.helpers import speech_like

RATE = 16_000


def tone(frequency_hz: float, amplitude: float = 0.5, duration_s: float = 1.0) -> Waveform:
    time_s = np.arange(round(duration_s * RATE)) / RATE
    return (amplitude * np.sin(2 * np.pi * frequency_hz * time_s)).astype(np.float32)


def pixels(data: bytes) -> npt.NDArray[np.float64]:
    """Return the brightness of each pixel, shape (height, width), lowest frequency first."""
    return np.asarray(Image.open(io.BytesIO(data)).convert("L"), np.float64)[::-1]


@pytest.mark.parametrize("frequency_hz", [1000, 4000, 7000])
def test_spectrogram_of_a_tone_is_brightest_at_its_frequency(frequency_hz: int) -> None:
    brightest = pixels(spectrogram_webp(tone(frequency_hz), RATE)).mean(axis=1).argmax()
    assert brightest == pytest.approx(frequency_hz / 8000 * 120, abs=2)  # pixels


def test_spectrogram_of_a_tone_that_starts_late_is_dark_before_it() -> None:
    picture = pixels(spectrogram_webp(np.concatenate([np.zeros(RATE, np.float32), tone(1000)]), RATE))
    left, right = picture[:, :140].max(), picture[:, 180:].max()
    assert left < 20 < 150 < right


def test_spectrogram_with_one_top_level_shows_a_quieter_file_darker() -> None:
    loud, quiet = tone(1000), tone(1000, 0.5 * 10 ** (-RANGE_DB / 2 / 20))
    top_db = top_level_db([loud, quiet], RATE)
    assert top_db == top_level_db([loud], RATE) is not None
    assert pixels(spectrogram_webp(quiet, RATE, top_db=top_db)).max() < 150
    assert pixels(spectrogram_webp(quiet, RATE)).max() > 200


def test_top_level_of_a_full_scale_tone_is_the_mean_over_its_pixel() -> None:
    top_db = top_level_db([tone(1000, 1.0)], RATE)
    assert top_db is not None and -6 < top_db <= 0  # dB; a pixel of 2.1 FFT bins contains most of the main lobe


@pytest.mark.parametrize(
    "waveform",
    [
        np.zeros(0, np.float32),
        np.zeros(1, np.float32),
        np.zeros(RATE, np.float32),
        np.full(RATE, np.nan, np.float32),
        np.zeros((2, RATE), np.float32),
    ],
    ids=["empty", "one sample", "silent", "not a number", "two channels"],
)
def test_spectrogram_of_a_file_without_sound_is_dark(waveform: Waveform) -> None:
    assert pixels(spectrogram_webp(waveform, RATE)).max() < 10
    assert top_level_db([waveform], RATE) is None


def test_spectrogram_of_two_channels_shows_both() -> None:
    picture = pixels(spectrogram_webp(np.stack([tone(1000), tone(6000)]), RATE)).mean(axis=1)
    assert min(picture[15], picture[90]) > 100 > picture[50]


@pytest.mark.parametrize(("sample_rate", "duration_s"), [(8_000, 0.5), (16_000, 65.0), (48_000, 4.0)])
def test_spectrogram_of_speech_is_small_and_has_the_wanted_size(sample_rate: int, duration_s: float) -> None:
    data = spectrogram_webp(speech_like(duration_s, sample_rate).astype(np.float32), sample_rate)
    assert Image.open(io.BytesIO(data)).size == (320, 120)
    assert len(data) < 12_000  # bytes


def test_spectrogram_has_the_same_bytes_in_another_process() -> None:
    code = (
        "import hashlib, numpy as np; from seinfer.reports.figures.spectrogram import spectrogram_webp; "
        "noise = np.random.default_rng(3).normal(0, 0.1, 16000).astype(np.float32); "
        "print(hashlib.sha256(spectrogram_webp(noise, 16000)).hexdigest())"
    )
    found = {subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout for _ in range(2)}
    assert len(found) == 1
