"""The centred STFT: unchanged spectra give the clip back, for any hop."""

from __future__ import annotations

import numpy as np
import pytest

from seinfer.backends.frames import FramedStream, Frames
from seinfer.backends.onnx_frames.options import Options
from seinfer.backends.onnx_frames.stft import Stft, window_of
from tests.helpers import snr_db


@pytest.mark.parametrize("window", ["hann", "root-hann"])
@pytest.mark.parametrize("hop_length", [256, 160, 128, 100, 1])
def test_stft_of_unchanged_spectra_returns_the_clip_from_the_first_sample_on(window: str, hop_length: int) -> None:
    stft, n_frames = Stft(Options(512, hop_length, window)), 0

    def identity(frames: Frames) -> Frames:
        nonlocal n_frames
        made = stft.frames(stft.spectra(frames), n_frames)
        n_frames += len(frames)
        return made

    clip = np.random.default_rng(0).standard_normal(1_777).astype(np.float32)
    stream = FramedStream(stft.framing, identity)
    made = np.concatenate([stream.push(clip[:700]), stream.push(clip[700:]), stream.finish()])
    assert snr_db(reference=clip, estimate=made) > 130


def test_window_hann_is_periodic_and_root_hann_its_root() -> None:
    hann = window_of(Options(8, 4))
    np.testing.assert_allclose(hann, np.sin(np.pi * np.arange(8) / 8) ** 2, atol=1e-15)
    np.testing.assert_allclose(window_of(Options(8, 4, "root-hann")) ** 2, hann, atol=1e-15)
