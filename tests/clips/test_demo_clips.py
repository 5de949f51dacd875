"""The promises of seinfer/clips/demo/README.md, compared with the bundled files."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import soundfile as sf

from seinfer.clips.discovery import DEMO_CLIPS
from tests.helpers import rows

FOLDER = DEMO_CLIPS
COLUMNS = ["file", "voice", "text", "noise", "snr_db", "sample_rate", "channels", "seed", "duration_s"]
SNR_TOLERANCE_DB = 0.05
LEAD_S = 0.3

Signals = npt.NDArray[np.float64]


ROWS = rows(FOLDER / "clips.csv")
each_pair = pytest.mark.parametrize("row", ROWS, ids=[row["file"] for row in ROWS])


def _read(part: str, row: dict[str, str]) -> tuple[Signals, int]:
    """Return shape (time, channel), full scale 1, and Hz."""
    return sf.read(FOLDER / part / row["file"], always_2d=True)


def _snr_db(clean: Signals, noise: Signals, sample_rate: int) -> float:
    """Return the SNR as the README defines it."""
    frame = sample_rate // 50
    starts = range(0, len(clean) - frame + 1, frame)
    energies = [(np.sum(clean[s : s + frame] ** 2), np.sum(noise[s : s + frame] ** 2)) for s in starts]
    threshold = max(speech for speech, _ in energies) / 10**4
    active = np.array([pair for pair in energies if pair[0] >= threshold])
    return float(10 * np.log10(active[:, 0].sum() / active[:, 1].sum()))


def test_clips_table_has_the_documented_columns_sorted() -> None:
    assert list(ROWS[0]) == COLUMNS
    assert [row["file"] for row in ROWS] == sorted(row["file"] for row in ROWS)


@pytest.mark.parametrize("part", ["noisy", "clean"])
def test_clips_folder_holds_exactly_the_files_of_the_table(part: str) -> None:
    assert sorted(path.name for path in (FOLDER / part).iterdir()) == [row["file"] for row in ROWS]


def test_clips_set_has_six_to_ten_pairs_at_both_rates_and_one_in_stereo() -> None:
    assert 6 <= len(ROWS) <= 10
    assert {row["sample_rate"] for row in ROWS} == {"16000", "48000"}
    assert sorted(row["channels"] for row in ROWS) == ["1"] * (len(ROWS) - 1) + ["2"]


def test_clips_set_spans_noises_voices_and_snrs() -> None:
    assert {row["noise"] for row in ROWS} == {"babble", "fan", "keyboard", "pink", "rain", "street", "white"}
    assert len({row["voice"] for row in ROWS}) == 5
    assert len({row["text"] for row in ROWS}) == len({row["seed"] for row in ROWS}) == len(ROWS)
    snrs_db = [float(row["snr_db"]) for row in ROWS]
    assert (min(snrs_db), max(snrs_db)) == (-2.5, 15.0)


def test_clips_folder_size_is_below_3_mb() -> None:
    assert sum(path.stat().st_size for path in FOLDER.rglob("*") if path.is_file()) < 3_000_000


@each_pair
@pytest.mark.parametrize("part", ["noisy", "clean"])
def test_clips_file_matches_its_row(part: str, row: dict[str, str]) -> None:
    info = sf.info(FOLDER / part / row["file"])
    assert (info.format, info.subtype) == ("FLAC", "PCM_16")
    assert (info.samplerate, info.channels) == (int(row["sample_rate"]), int(row["channels"]))
    assert info.frames == round(float(row["duration_s"]) * info.samplerate)
    assert 3.0 <= info.frames / info.samplerate <= 9.0


@each_pair
def test_clips_pair_has_the_stated_snr(row: dict[str, str]) -> None:
    clean, sample_rate = _read("clean", row)
    noisy, _ = _read("noisy", row)
    assert clean.shape == noisy.shape
    assert _snr_db(clean, noisy - clean, sample_rate) == pytest.approx(float(row["snr_db"]), abs=SNR_TOLERANCE_DB)


@each_pair
def test_clips_pair_is_aligned(row: dict[str, str]) -> None:
    clean, sample_rate = _read("clean", row)
    noisy, _ = _read("noisy", row)
    for x, y in zip(clean.T, noisy.T, strict=True):
        assert _lag_samples(x, y, round(0.02 * sample_rate)) == 0


@each_pair
@pytest.mark.parametrize("part", ["noisy", "clean"])
def test_clips_peak_is_below_minus_1_dbfs(part: str, row: dict[str, str]) -> None:
    samples, _ = _read(part, row)
    assert 20 * np.log10(np.abs(samples).max()) < -1.0


@each_pair
def test_clips_speech_starts_and_ends_with_noise_only(row: dict[str, str]) -> None:
    clean, sample_rate = _read("clean", row)
    noisy, _ = _read("noisy", row)
    lead = round(LEAD_S * sample_rate)
    for part in (slice(None, lead), slice(-lead, None)):
        assert not clean[part].any()
        assert np.sqrt(np.mean(noisy[part] ** 2)) > 10 ** (-70 / 20)


def test_clips_stereo_pair_has_delayed_softer_speech_and_independent_noise() -> None:
    (row,) = [row for row in ROWS if row["channels"] == "2"]
    clean, sample_rate = _read("clean", row)
    noisy, _ = _read("noisy", row)
    left, right = clean.T
    assert 10 * np.log10(np.sum(right**2) / np.sum(left**2)) == pytest.approx(-2.5, abs=0.01)  # dB
    assert _lag_samples(left, right, 100) == round(0.00025 * sample_rate)
    assert abs(np.corrcoef((noisy - clean).T)[0, 1]) < 0.1


def test_clips_48k_speech_has_content_above_8_khz() -> None:
    for row in ROWS:
        if row["sample_rate"] == "48000":
            clean, sample_rate = _read("clean", row)
            power = np.abs(np.fft.rfft(clean[:, 0])) ** 2
            above = power[np.fft.rfftfreq(len(clean), 1 / sample_rate) > 8000].sum()
            assert 10 * np.log10(above / power.sum()) > -40.0  # dB; a voice of 16 kHz is below -80


def test_clips_readme_states_synthetic_and_not_to_quote() -> None:
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    for words in ("synthetic", "Do not quote", "CC0", "tools/make_demo_clips.py"):
        assert words in text


def _lag_samples(first: npt.NDArray[np.float64], second: npt.NDArray[np.float64], largest: int) -> int:
    """Return the delay of `second`, from the peak of the cross-correlation within +-`largest` samples."""
    n = len(first) + largest
    correlation = np.fft.irfft(np.fft.rfft(second, 2 * n) * np.conj(np.fft.rfft(first, 2 * n)), 2 * n)
    lags = np.arange(-largest, largest + 1)
    return int(lags[np.argmax(correlation[lags])])
