"""Reading the versions of a clip: one length, rate and channel, and no delay."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from seinfer.core.errors import AudioError
from seinfer.core.hashing import sha256_of
from seinfer.reports.listening.signals import read_versions, shifted
from tests.helpers import gain_db, lag_samples, speech_like, write_audio

RATE = 16_000
CLEAN = speech_like(1.5, RATE, seed=2)
CLEAN -= CLEAN.mean()


def late(samples: np.ndarray, n_samples: int) -> np.ndarray:
    return np.roll(np.pad(samples, (200, 200)), n_samples)[200:-200]


@pytest.mark.parametrize("delay", [0, 1, 37, -37])
def test_read_versions_removes_the_delay_and_notes_it(tmp_path: Path, delay: int) -> None:
    write_audio(tmp_path / "clean.wav", CLEAN, RATE, "FLOAT")
    write_audio(tmp_path / "model.wav", 0.5 * late(CLEAN, delay), RATE, "FLOAT")
    paths = {name: tmp_path / f"{name}.wav" for name in ("clean", "model")}
    found = read_versions(paths, "clean", RATE, "native")
    assert found["model"].delay_samples == delay
    clean, model = found["clean"].samples, found["model"].samples
    assert lag_samples(reference=clean, estimate=model) == 0
    np.testing.assert_allclose(model[50:-50], 0.5 * clean[50:-50], atol=1e-5)
    assert found["model"].sha256 == sha256_of(paths["model"])


def test_read_versions_have_the_length_and_rate_asked_for_and_one_channel(tmp_path: Path) -> None:
    write_audio(tmp_path / "clean.wav", CLEAN, RATE)
    write_audio(tmp_path / "long.wav", np.stack([np.pad(CLEAN, (0, 300)), np.pad(CLEAN, (0, 300)) * 0.5]), RATE)
    write_audio(tmp_path / "short.wav", CLEAN[:-300], RATE)
    paths = {name: tmp_path / f"{name}.wav" for name in ("clean", "long", "short")}
    found = read_versions(paths, "clean", 48_000, "native")
    assert {len(version.samples) for version in found.values()} == {3 * len(CLEAN)}
    assert gain_db(reference=found["clean"].samples, estimate=found["long"].samples) == pytest.approx(-2.5, abs=0.01)


def test_read_versions_of_noise_that_does_not_resemble_the_reference_shifts_nothing(tmp_path: Path) -> None:
    write_audio(tmp_path / "clean.wav", CLEAN, RATE)
    write_audio(tmp_path / "model.wav", 0.1 * np.random.default_rng(0).standard_normal(len(CLEAN)), RATE)
    write_audio(tmp_path / "silent.wav", np.zeros(len(CLEAN)), RATE)
    found = read_versions({n: tmp_path / f"{n}.wav" for n in ("clean", "model", "silent")}, "clean", RATE, "native")
    assert [version.delay_samples for version in found.values()] == [0, 0, 0]


def test_read_versions_with_the_band_8k_contain_nothing_above_it(tmp_path: Path) -> None:
    wide = 0.1 * np.random.default_rng(0).standard_normal(48_000)
    write_audio(tmp_path / "clean.wav", wide, 48_000)
    for band, is_wide in (("native", True), ("8k", False)):
        samples = read_versions({"clean": tmp_path / "clean.wav"}, "clean", 48_000, band)["clean"].samples
        power = np.abs(np.fft.rfft(samples)) ** 2
        above = power[8_100:].sum() / power.sum()  # bins of 1 Hz
        assert (above > 0.6) if is_wide else (above < 1e-6)


def test_read_versions_have_no_offset(tmp_path: Path) -> None:
    write_audio(tmp_path / "clean.wav", CLEAN, RATE, "FLOAT")
    write_audio(tmp_path / "model.wav", 0.5 * CLEAN + 0.05, RATE, "FLOAT")
    found = read_versions({n: tmp_path / f"{n}.wav" for n in ("clean", "model")}, "clean", RATE, "native")
    np.testing.assert_allclose(found["model"].samples, 0.5 * found["clean"].samples, atol=1e-7)


def test_read_versions_of_an_absent_file_is_an_audio_error(tmp_path: Path) -> None:
    with pytest.raises(AudioError):
        read_versions({"clean": tmp_path / "absent.wav"}, "clean", RATE, "native")


def test_shifted_fills_with_zeros() -> None:
    signal = np.arange(1.0, 6.0)
    assert shifted(signal, 0).tolist() == [1, 2, 3, 4, 5]
    assert shifted(signal, 2).tolist() == [3, 4, 5, 0, 0]
    assert shifted(signal, -2).tolist() == [0, 0, 1, 2, 3]
