"""NISQA against the authors' own code, with ratings of stand-in weights recorded by record_nisqa.py."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import librosa
import numpy as np
import pytest

from seinfer.metrics import METRICS, MetricError, nisqa, weights
from seinfer.metrics.evaluate import evaluate
from seinfer.metrics.metric import is_available, why_unavailable

from .nisqa_stand_in import checkpoint
from .oracleclips import dnsmos_clip
from .signals import Floats
from .spare import modules_after

ORACLE = 1e-4  # MOS
# Sample rate in Hz and duration in s -> the five ratings of the authors' code with stand-in weights.
RATINGS = {
    (16_000, 1.0): (-1.667408, 3.81445, 0.880395, -0.443908, 0.530224),
    (16_000, 4.0): (-1.662186, 3.814594, 0.875663, -0.444982, 0.529816),
    (48_000, 1.0): (-1.649726, 3.814444, 0.870323, -0.450702, 0.5273),
    (8_000, 4.0): (-1.665696, 3.815426, 0.877033, -0.448933, 0.532737),
}


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Put stand-in weights into a weights folder, with their own hash in place of that of the real ones."""
    content = checkpoint()
    [file] = weights.NISQA.files
    path = tmp_path / "nisqa" / file.name
    path.parent.mkdir()
    path.write_bytes(content)
    own = replace(file, sha256=hashlib.sha256(content).hexdigest(), bytes=len(content))
    monkeypatch.setenv("SEINFER_WEIGHTS_DIR", str(tmp_path))
    monkeypatch.setattr(nisqa, "NISQA", replace(weights.NISQA, files=(own,)))
    nisqa._loaded.cache_clear()
    yield path
    nisqa._loaded.cache_clear()


def rated(estimate: Floats, sample_rate: int) -> tuple[list[float], dict[str, str]]:
    found = evaluate(
        reference=None,
        estimate=estimate,
        sample_rate=sample_rate,
        metrics=[replace(METRICS[name], weights=nisqa.NISQA) for name in nisqa.RATINGS],
    )
    return [found.values.get(name, float("nan")) for name in nisqa.RATINGS], dict(found.reasons)


@pytest.mark.usefixtures("stand_in")
@pytest.mark.parametrize(("sample_rate", "duration_s"), RATINGS)
def test_nisqa_any_rate_equals_the_authors_code(sample_rate: int, duration_s: float) -> None:
    values, reasons = rated(dnsmos_clip(duration_s), sample_rate)
    assert reasons == {}
    assert values == pytest.approx(RATINGS[sample_rate, duration_s], abs=ORACLE)


@pytest.mark.filterwarnings("ignore:Empty filters")
@pytest.mark.parametrize("sample_rate", [8_000, 16_000, 44_100, 48_000])
def test_mel_spectrogram_any_rate_equals_librosa(sample_rate: int) -> None:
    signal = dnsmos_clip(4.0)
    expected = librosa.feature.melspectrogram(
        y=signal,
        sr=sample_rate,
        n_fft=4096,
        hop_length=int(sample_rate * 0.01),
        win_length=int(sample_rate * 0.02),
        pad_mode="reflect",
        power=1.0,
        n_mels=48,
        fmax=20_000,
    )
    in_db = librosa.amplitude_to_db(expected, ref=1.0, amin=1e-4, top_db=80.0)
    np.testing.assert_allclose(nisqa.mel_spectrogram(signal, sample_rate), in_db.T, atol=1e-3)  # dB


@pytest.mark.parametrize("n_frames", [15, 16, 19, 100])
def test_segments_start_every_four_frames(n_frames: int) -> None:
    levels = np.arange(n_frames, dtype=np.float32)[:, None] + np.zeros((1, 48), np.float32)
    found = nisqa.segments(levels)
    assert found.shape == (1 + (n_frames - 15) // 4, 1, 48, 15)
    assert [segment[0, 0, 0] for segment in found] == list(range(0, n_frames - 14, 4))


@pytest.mark.usefixtures("stand_in")
def test_nisqa_clip_over_52_s_is_the_mean_of_its_halves() -> None:
    clip = np.resize(dnsmos_clip(9.0), 60 * 16_000)
    values, reasons = rated(clip, 16_000)
    halves = [rated(half, 16_000)[0] for half in np.split(clip, 2)]
    assert values == pytest.approx(np.mean(halves, axis=0), abs=1e-6)
    assert set(reasons.values()) == {"mean of 2 pieces"}


@pytest.mark.usefixtures("stand_in")
def test_nisqa_longest_whole_clip_has_1300_segments() -> None:
    levels = nisqa.mel_spectrogram(nisqa._pieces(np.zeros(52 * 16_000), 16_000)[0], 16_000)
    assert len(nisqa.segments(levels)) <= nisqa.MAX_SEGMENTS


@pytest.mark.usefixtures("stand_in")
@pytest.mark.parametrize(
    ("estimate", "reason"),
    [(dnsmos_clip(1.0)[:2239], "too_short"), (np.zeros(16_000), "silent_est"), (np.full(9, np.nan), "nonfinite")],
)
def test_nisqa_unusable_clip_is_a_reason(estimate: Floats, reason: str) -> None:
    assert set(rated(estimate, 16_000)[1].values()) == {reason}


def test_nisqa_changed_weights_are_refused(stand_in: Path) -> None:
    stand_in.write_bytes(stand_in.read_bytes()[:-1] + b"x")
    with pytest.raises(MetricError, match=r"has sha256 .*; run `seinfer metrics pull nisqa`") as error:
        nisqa._loaded()
    assert error.value.reason == "model_file"


def test_nisqa_without_weights_says_how_to_fetch_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEINFER_WEIGHTS_DIR", str(tmp_path))
    assert why_unavailable(METRICS["nisqa"]) == "weights missing: seinfer metrics pull nisqa"
    assert not is_available(METRICS["nisqa"])


def test_import_nisqa_loads_no_torch() -> None:
    assert not modules_after("import seinfer.metrics.nisqa") & {"torch", "librosa"}
