"""`Model.enhance`: any rate and shape in, the same rate, shape and alignment out; a wrong backend is refused."""

from __future__ import annotations

import numpy as np
import pytest

from seinfer import enhance, load_model
from seinfer.backends.base import Batch, Waveform
from seinfer.backends.noisy import Passthrough
from seinfer.core.errors import AudioError, BackendError, UsageError
from seinfer.enhancement.model import enhance_clips
from tests.helpers import RATE, lag_samples, speech_like


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


def test_enhance_clips_of_several_rates_and_channels_come_back_in_order() -> None:
    clips = [speech_like(0.1, rate, seed=index)[None].repeat(n, axis=0) for index, (rate, n) in enumerate(SHAPES)]
    enhanced = enhance_clips(Passthrough(0), clips, [rate for rate, _ in SHAPES])
    for clip, result in zip(clips, enhanced, strict=True):
        np.testing.assert_array_equal(result, clip)


SHAPES = ((8_000, 1), (48_000, 2), (16_000, 3))


class OneRowMissing(Passthrough):
    def enhance(self, batch: Batch) -> list[Waveform]:
        return [row.copy() for row in batch.rows()][1:]


class DoublePrecision(Passthrough):
    def enhance(self, batch: Batch) -> list[Waveform]:
        return [row.astype(np.float64) for row in batch.rows()]  # type: ignore[misc]


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (OneRowMissing, "returned 1 waveforms for 2 rows; expected one per row"),
        (DoublePrecision, "returned float64 samples .*; expected float32 of the same shape"),
    ],
)
def test_enhance_clips_backend_with_wrong_output_is_refused(kind: type[Passthrough], message: str) -> None:
    with pytest.raises(BackendError, match=message):
        enhance_clips(kind(RATE), [np.zeros((2, 100), np.float32)], [RATE])


def test_model_repr_says_which_model_at_which_rate_and_on_which_device() -> None:
    assert repr(load_model("rnnoise", device="cpu")) == (
        "Model('rnnoise', 48000 Hz, 2,888,225 parameters, causal, latency 20 ms, on cpu)"
    )
    assert repr(load_model("noisy")).startswith("Model('noisy', any sample rate, ")
