from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from seinfer.core.records import WeightFile

from . import helpers
from .helpers import gain, gain_db, lag_samples, peak_dbfs, si_sdr_db, snr_db, speech_like

RATE = 16_000


@pytest.fixture(scope="module")
def speech() -> np.ndarray:
    return speech_like(10.0, RATE)


def orthogonal_noise(reference: np.ndarray, snr: float) -> np.ndarray:
    noise = np.random.default_rng(1).standard_normal(len(reference))
    noise -= reference * np.dot(noise, reference) / np.dot(reference, reference)
    return noise * np.sqrt(np.dot(reference, reference) / np.dot(noise, noise)) * 10 ** (-snr / 20)


def test_snr_of_a_tenth_of_the_amplitude_in_error_is_20_db(speech: np.ndarray) -> None:
    assert snr_db(reference=speech, estimate=1.1 * speech.astype(np.float64)) == pytest.approx(20.0, abs=1e-6)


def test_snr_of_equal_signals_is_infinite(speech: np.ndarray) -> None:
    assert snr_db(reference=speech, estimate=speech.copy()) == np.inf
    assert snr_db(reference=np.zeros(4), estimate=np.zeros(4)) == np.inf


def test_snr_of_any_error_against_silence_is_minus_infinite() -> None:
    assert snr_db(reference=np.zeros(4), estimate=np.ones(4)) == -np.inf


@pytest.mark.parametrize("scale", [0.01, 1.0, -3.0])
@pytest.mark.parametrize("ratio_db", [-10.0, 0.0, 25.0])
def test_si_sdr_of_orthogonal_noise_is_its_ratio_whatever_the_scale(
    speech: np.ndarray, ratio_db: float, scale: float
) -> None:
    estimate = scale * (speech + orthogonal_noise(speech, ratio_db))
    assert si_sdr_db(reference=speech, estimate=estimate) == pytest.approx(ratio_db, abs=1e-3)


def test_si_sdr_agrees_with_the_projection_written_out() -> None:
    reference, estimate = np.array([1.0, 2.0, 0.0]), np.array([1.0, 1.0, 1.0])
    # alpha = 3/5, target power 9/5, residual (2/5, -1/5, 1) of power 6/5: 3/2 = 1.7609 dB.
    assert si_sdr_db(reference=reference, estimate=estimate) == pytest.approx(10 * np.log10(1.5))


@pytest.mark.parametrize("lag", [-1_000, -1, 0, 1, 384, 3_999])
def test_lag_of_a_shifted_noisy_copy_is_the_shift(speech: np.ndarray, lag: int) -> None:
    estimate = 0.5 * np.roll(speech + orthogonal_noise(speech, 0.0), lag)
    assert lag_samples(reference=speech, estimate=estimate) == lag


def test_lag_beyond_max_lag_is_not_looked_for(speech: np.ndarray) -> None:
    assert abs(lag_samples(reference=speech, estimate=np.roll(speech, 3_000), max_lag=100)) <= 100


def test_lag_of_one_sample_is_zero() -> None:
    assert lag_samples(reference=np.ones(1), estimate=np.ones(1)) == 0


def test_gain_leaves_orthogonal_noise_out(speech: np.ndarray) -> None:
    estimate = 0.5 * speech + orthogonal_noise(speech, 0.0)
    assert gain(reference=speech, estimate=estimate) == pytest.approx(0.5, abs=1e-6)
    assert gain_db(reference=speech, estimate=estimate) == pytest.approx(-6.0206, abs=1e-4)


def test_gain_of_an_inverted_signal_is_negative_with_the_same_level(speech: np.ndarray) -> None:
    assert gain(reference=speech, estimate=-speech) == pytest.approx(-1.0)
    assert gain_db(reference=speech, estimate=-speech) == pytest.approx(0.0)


def test_peak_of_half_scale_is_minus_6_dbfs_and_of_silence_minus_infinite() -> None:
    assert peak_dbfs(np.array([0.1, -0.5])) == pytest.approx(-6.0206, abs=1e-4)
    assert peak_dbfs(np.zeros(8)) == -np.inf
    assert peak_dbfs(np.zeros(0)) == -np.inf


@pytest.mark.parametrize("compare", [snr_db, si_sdr_db, gain, gain_db, lag_samples])
def test_comparison_of_unequal_lengths_is_refused(compare: object, speech: np.ndarray) -> None:
    with pytest.raises(AssertionError, match="shape"):
        compare(reference=speech, estimate=speech[:1])  # type: ignore[operator]


def test_speech_like_is_the_same_for_a_seed_and_another_for_another() -> None:
    assert np.array_equal(speech_like(1.0, RATE, seed=3), speech_like(1.0, RATE, seed=3))
    assert not np.array_equal(speech_like(1.0, RATE, seed=3), speech_like(1.0, RATE, seed=4))


@pytest.mark.parametrize("rate", [16_000, 48_000])
def test_speech_like_has_length_level_and_most_power_below_4_khz(rate: int) -> None:
    speech = speech_like(2.3, rate)
    assert speech.dtype == np.float32
    assert len(speech) == round(2.3 * rate)
    assert 10 * np.log10(np.mean(speech.astype(np.float64) ** 2)) == pytest.approx(-26.0, abs=1e-3)
    power = np.abs(np.fft.rfft(speech)) ** 2
    assert power[: round(4_000 * 2.3)].sum() / power.sum() > 0.9


def test_speech_like_envelope_beats_four_times_a_second_and_pauses(speech: np.ndarray) -> None:
    envelope = np.sqrt(np.mean(speech.reshape(-1, RATE // 100) ** 2, axis=1))
    spectrum = np.abs(np.fft.rfft(envelope - envelope.mean()))
    # 1,000 envelope samples at 100 Hz: bins are 0.1 Hz apart.
    assert np.argmax(spectrum[15:]) + 15 == pytest.approx(40, abs=2)
    assert np.mean(envelope < 0.05 * envelope.max()) > 0.15


PRESENT, LOST = hashlib.sha256(b"present").hexdigest(), hashlib.sha256(b"lost").hexdigest()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "weights/net").mkdir(parents=True)
    (tmp_path / "weights/net/other-name.bin").write_bytes(b"present")
    (tmp_path / "SOURCES.tsv").write_text(f"weights/net/other-name.bin\t{PRESENT}\t7\nweights/net/b\t{LOST}\t4\n")
    return tmp_path


@pytest.mark.parametrize("digest", [PRESENT, PRESENT[:16]])
def test_find_by_hash_or_its_prefix_gives_the_file_whatever_its_name(folder: Path, digest: str) -> None:
    assert helpers.find_shared_file(folder, WeightFile("a", sha256=digest)) == folder / "weights/net/other-name.bin"


@pytest.mark.parametrize("digest", [LOST, ""])
def test_find_of_another_hash_or_none_gives_nothing(folder: Path, digest: str) -> None:
    assert helpers.find_shared_file(folder, WeightFile("a", sha256=digest)) is None


def test_promise_covers_the_list_and_nothing_else(folder: Path) -> None:
    assert helpers.is_promised(folder, WeightFile("b", sha256=LOST))
    assert not helpers.is_promised(folder, WeightFile("c", sha256="0" * 64))
    assert not helpers.is_promised(folder, WeightFile("c"))


def test_shared_folder_that_is_absent_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SEINFER_SHARED", str(tmp_path / "nowhere"))
    assert helpers.shared_folder() is None
    monkeypatch.setenv("SEINFER_SHARED", str(tmp_path))
    assert helpers.shared_folder() == tmp_path
