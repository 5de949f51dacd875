"""Opus for players: equal bytes for equal samples, no delay, the same length, valid checksums."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile

from seinfer.audio.opus import OPUS_RATE, as_opus, with_serial
from tests.helpers import lag_samples, snr_db, speech_like


def decoded(data: bytes) -> np.ndarray:
    samples, rate = soundfile.read(io.BytesIO(data), dtype="float32", always_2d=True)
    assert rate == OPUS_RATE
    return samples.T


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100, 48_000])
def test_opus_of_speech_has_the_same_length_and_no_delay(rate: int) -> None:
    speech = speech_like(2.0, rate)
    found = decoded(as_opus(speech[None], rate))[0]
    assert len(found) == 2 * OPUS_RATE
    expected = decoded_reference(speech, rate)
    assert lag_samples(reference=expected, estimate=found, max_lag=500) == 0
    assert snr_db(reference=expected, estimate=found) > 10  # dB


def decoded_reference(speech: np.ndarray, rate: int) -> np.ndarray:
    from seinfer.audio.resampling import resample

    return resample(speech[None], rate, OPUS_RATE)[0]


def test_opus_of_the_same_samples_has_the_same_bytes() -> None:
    speech = speech_like(1.0, 16_000)[None]
    assert as_opus(speech, 16_000) == as_opus(speech, 16_000)


def test_checksum_of_a_page_equals_that_of_libogg() -> None:
    """libsndfile writes correct checksums: with its serial number, our stream must be the same as its own."""
    file = io.BytesIO()
    soundfile.write(file, speech_like(1.0, 48_000), OPUS_RATE, format="OGG", subtype="OPUS")
    theirs = file.getvalue()
    ours = with_serial(theirs, b"\x01\0\0\0")
    assert theirs.count(b"OggS") >= 3
    assert ours != theirs
    assert with_serial(ours, theirs[14:18]) == theirs


@pytest.mark.parametrize(("channels", "expected"), [(1, 1), (2, 2), (5, 1)])
def test_opus_of_more_than_two_channels_is_their_mean(channels: int, expected: int) -> None:
    speech = np.tile(speech_like(0.5, 16_000), (channels, 1))
    assert len(decoded(as_opus(speech, 16_000))) == expected


@pytest.mark.parametrize("n_samples", [1, 37])
def test_opus_of_a_very_short_clip_can_be_decoded(n_samples: int) -> None:
    assert decoded(as_opus(np.full((1, n_samples), 0.5, np.float32), 16_000)).shape == (1, 3 * n_samples)


def test_opus_of_samples_beyond_full_scale_equals_that_of_the_clipped_samples() -> None:
    loud = 3 * np.sin(2 * np.pi * 200 * np.arange(48_000) / 48_000, dtype=np.float32)
    assert as_opus(loud[None], 48_000) == as_opus(np.clip(loud, -1, 1)[None], 48_000)
