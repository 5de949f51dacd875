"""The third-octave envelopes of STOI against pystoi's, and which frames count as speech."""

from __future__ import annotations

import numpy as np
import pytest
from pystoi import utils

from seinfer.metrics.resample10k import RATE
from seinfer.metrics.thirdoctave import N_BANDS, envelopes, frame_count, speech_frames

from .signals import noise_syllables

SIGNAL = noise_syllables(3, sample_rate=RATE)


def test_envelopes_of_speech_frames_equal_pystoi() -> None:
    kept, _ = utils.remove_silent_frames(SIGNAL, SIGNAL, 40, 256, 128)
    bands, _ = utils.thirdoct(RATE, 512, N_BANDS, 150)
    spectra = utils.stft(kept, 256, 512, overlap=2).transpose()
    expected = np.sqrt(bands @ np.square(np.abs(spectra)))
    found = envelopes(SIGNAL, speech_frames(SIGNAL))
    np.testing.assert_allclose(found.T, expected, rtol=1e-9, atol=1e-12)


def test_speech_frames_are_those_within_40_db_of_the_loudest() -> None:
    level = np.repeat([1.0, 0.011, 0.009, 1.0], 1280)
    noise = np.sign(np.sin(np.arange(len(level)) + 0.5))  # constant power
    frames = speech_frames(level * noise)
    inside = [set(range(10 * i + 1, 10 * i + 8)) for i in range(4)]
    assert inside[0] | inside[1] | inside[3] <= set(frames)
    assert not inside[2] & set(frames)


@pytest.mark.parametrize(("n_samples", "n_frames"), [(0, 0), (256, 0), (257, 1), (384, 1), (385, 2)])
def test_frame_count_leaves_out_the_frame_that_ends_with_the_signal(n_samples: int, n_frames: int) -> None:
    assert frame_count(n_samples) == n_frames
