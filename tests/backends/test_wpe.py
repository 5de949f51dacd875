"""WPE: the package's own output, less reverberation, and clips that are too short or silent."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from seinfer.backends.wpe import WPE, load
from seinfer.core.errors import RegistryError
from seinfer.models.registry import load_registry
from tests.backends.test_contract import require_packages
from tests.backends.waveforms import alone, read
from tests.helpers import lag_samples, si_sdr_db, snr_db, speech_like

SPEC = load_registry().specs["wpe"]
RATE = SPEC.sample_rate


@pytest.fixture(autouse=True)
def packages() -> None:
    require_packages(SPEC)


def wpe(**options: float) -> WPE:
    return load(dataclasses.replace(SPEC, options=options), {}, device="cpu", threads=1)


def reverberant(clean: np.ndarray, reverberation_s: float = 0.5) -> np.ndarray:
    """Return speech in a room: noise that decays by 60 dB, after the direct sound."""
    time_s = np.arange(round(reverberation_s * RATE)) / RATE
    tail = 0.03 * np.random.default_rng(0).standard_normal(len(time_s)) * 10 ** (-3 * time_s / reverberation_s)
    tail[0] = 1
    return np.convolve(clean, tail)[: len(clean)].astype(np.float32)


# `wpe` solves the same equations in another order, and they are nearly singular for one channel.
@pytest.mark.parametrize(("function", "least_db"), [("wpe_v8", 100), ("wpe", 50)])
def test_enhance_clip_equals_the_package_called_with_its_defaults(function: str, least_db: float) -> None:
    from nara_wpe import wpe as package
    from nara_wpe.utils import istft, stft

    clip = reverberant(speech_like(2.0, RATE))
    spectra = stft(clip.astype(np.float64), size=512, shift=128)
    dry = getattr(package, function)(spectra.T[:, None, :])
    expected = istft(dry[:, 0].T, size=512, shift=128)[: len(clip)]
    assert snr_db(reference=expected, estimate=alone(wpe(taps=10), clip)) > least_db


def test_enhance_reverberant_real_speech_is_nearer_to_the_dry_speech_at_lag_zero(shared: Path) -> None:
    clean = read(shared / "clips/vctk16k/clean/p287_003.wav", RATE)
    clip = reverberant(clean)
    enhanced = alone(wpe(), clip)
    assert si_sdr_db(reference=clean, estimate=enhanced) > si_sdr_db(reference=clean, estimate=clip) + 0.5
    assert lag_samples(reference=clean, estimate=enhanced) == 0


def test_enhance_white_noise_keeps_it() -> None:
    noise = 0.05 * np.random.default_rng(0).standard_normal(4 * RATE).astype(np.float32)
    enhanced = alone(wpe(), noise)
    assert abs(10 * np.log10(np.mean(enhanced**2) / np.mean(noise**2))) < 1


@pytest.mark.parametrize("n_samples", [1, 500, 10_623])
def test_enhance_clip_with_few_frames_per_tap_returns_it(n_samples: int) -> None:
    clip = speech_like(1.0, RATE)[:n_samples]
    assert np.array_equal(alone(wpe(), clip), clip)


def test_enhance_speech_between_digital_silence_is_finite() -> None:
    clip = np.concatenate([np.zeros(3 * RATE, np.float32), speech_like(2.0, RATE), np.zeros(3 * RATE, np.float32)])
    enhanced = alone(wpe(), clip)
    assert np.isfinite(enhanced).all()
    assert np.abs(enhanced[: 2 * RATE]).max() < 1e-6


def test_is_chunked_after_30_s() -> None:
    assert not wpe().is_chunked(30 * RATE)
    assert wpe().is_chunked(30 * RATE + 1)


@pytest.mark.parametrize("options", [{"taps": 0}, {"delay": 2.5}, {"psd_context": 1}])
def test_load_with_an_option_that_does_not_fit_is_registry_error(options: dict[str, float]) -> None:
    with pytest.raises(RegistryError, match=f"{next(iter(options))}.*expected"):
        wpe(**options)
