"""The features of P.808 against librosa, with cells recorded by record_dnsmos.py."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from seinfer.metrics.logmel import SAMPLE_RATE, log_mel

from .oracleclips import dnsmos_clip

RECORDED = json.loads(Path(__file__).with_name("dnsmos_oracle.json").read_text(encoding="utf-8"))


def test_log_mel_equals_librosa() -> None:
    features = log_mel(dnsmos_clip(9.01)[:-160])
    assert features.shape == (900, 120)
    assert features.dtype == np.float32
    np.testing.assert_allclose(features[::100, ::13], RECORDED["features"], rtol=0, atol=1e-6)


def test_log_mel_any_gain_is_the_same() -> None:
    clip = dnsmos_clip(1.0)
    np.testing.assert_allclose(log_mel(0.1 * clip), log_mel(clip), rtol=0, atol=1e-3)  # the floor does not scale


def test_log_mel_click_lasts_three_frames_at_most() -> None:
    signal = np.zeros(SAMPLE_RATE)
    signal[8000] = 1.0
    (frames,) = np.nonzero(log_mel(signal)[:, 60] > -1)
    assert frames.tolist() in ([49, 50, 51], [50])


def test_log_mel_digital_silence_is_finite() -> None:
    assert np.isfinite(log_mel(np.zeros(SAMPLE_RATE))).all()


@pytest.mark.parametrize(("hz", "band"), [(1000, 39), (4000, 93)])
def test_log_mel_tone_is_loudest_in_its_band(hz: int, band: int) -> None:
    # Slaney: 15 mel up to 1 kHz, then 27 a factor of 6.4; 121 steps up to 8 kHz, whose 45.2 mel make 0.374 a step.
    tone = np.sin(2 * np.pi * hz * np.arange(SAMPLE_RATE) / SAMPLE_RATE)
    assert abs(int(log_mel(tone)[50].argmax()) - band) <= 1
