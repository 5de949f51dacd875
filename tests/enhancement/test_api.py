"""The public functions `load_model` and `enhance`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import seinfer
from seinfer import SeinferError, enhance, load_model
from seinfer.core.errors import AudioError, MissingWeightsError, UsageError
from tests.helpers import lag_samples, speech_like

RATE = 16_000


@pytest.mark.parametrize("sample_rate", [8_000, 16_000, 44_100, 48_000, 96_000])
@pytest.mark.parametrize("channels", [None, 1, 2])
def test_enhance_any_rate_and_shape_gives_the_same_shape_back(sample_rate: int, channels: int | None) -> None:
    mono = speech_like(0.3, sample_rate)
    wav = mono if channels is None else np.stack([mono] * channels)
    before = wav.copy()
    enhanced = enhance(wav, sample_rate)
    assert enhanced.shape == wav.shape
    assert enhanced.dtype == np.float32
    np.testing.assert_array_equal(wav, before)


@pytest.mark.parametrize("shape", [(0,), (1,), (2, 0), (2, 1), (1, 7)])
def test_enhance_empty_or_very_short_signal_gives_the_same_shape_back(shape: tuple[int, ...]) -> None:
    enhanced = enhance(np.zeros(shape), RATE)
    assert enhanced.shape == shape
    assert np.isfinite(enhanced).all()


def test_enhance_clean_speech_at_another_rate_stays_aligned() -> None:
    wav = speech_like(2.0, 44_100)
    assert lag_samples(reference=wav, estimate=enhance(wav, 44_100)) == 0


def test_enhance_channels_are_enhanced_independently() -> None:
    left, right = speech_like(0.5, RATE, seed=1), speech_like(0.5, RATE, seed=2)
    together = enhance(np.stack([left, right]), RATE)
    np.testing.assert_array_equal(together, np.stack([enhance(left, RATE), enhance(right, RATE)]))


def test_load_model_noisy_gives_the_signal_itself() -> None:
    wav = speech_like(0.3, 22_050)
    np.testing.assert_array_equal(load_model("noisy").enhance(wav, 22_050), wav)


@pytest.mark.parametrize(
    ("wav", "sr", "message"),
    [
        (np.zeros(10, np.int16), RATE, "divide by 32768"),
        (np.zeros((2, 2, 2)), RATE, "expected .time,. or .channels, time."),
        (np.zeros((1000, 2)), RATE, "perhaps you want wav.T"),
        (np.zeros(10), 0, "sr is 0"),
        (np.zeros(10), 16_000.5, "sr is 16000.5"),
        (["a"], RATE, "has the type"),
    ],
)
def test_enhance_invalid_argument_is_refused_with_a_hint(wav: object, sr: int, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        enhance(wav, sr)  # type: ignore[arg-type]


def test_enhance_nan_is_refused_with_its_position() -> None:
    wav = np.zeros(RATE)
    wav[8_000] = np.nan
    with pytest.raises(AudioError, match=r"1 of 16000 samples .* at 0\.500 s"):
        enhance(wav, RATE)


def test_load_model_unknown_name_is_a_seinfer_error() -> None:
    with pytest.raises(SeinferError, match="did you mean rnnoise"):
        load_model("rnoise")


def test_load_model_without_weights_names_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEINFER_WEIGHTS_DIR", str(tmp_path))
    with pytest.raises(MissingWeightsError, match="seinfer models pull dpcrn-quant"):
        load_model("dpcrn-quant")


def test_import_of_a_submodule_first_does_not_hide_the_function_enhance() -> None:
    code = "import seinfer.enhancement.worker, seinfer; assert callable(seinfer.enhance)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_getattr_of_an_unknown_name_raises_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = seinfer.nothing


def test_every_public_name_exists() -> None:
    assert all(getattr(seinfer, name) for name in seinfer.__all__)
