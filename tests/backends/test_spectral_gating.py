"""Spectral gating: the package's own output, without torch, and clips that the package cannot process."""

from __future__ import annotations

import dataclasses
import subprocess
import sys

import numpy as np
import pytest

from seinfer.backends.spectral_gating import SpectralGating, load
from seinfer.core.errors import RegistryError
from seinfer.models.registry import load_registry
from tests.backends.test_contract import require_packages
from tests.backends.waveforms import alone
from tests.helpers import ROOT, snr_db, speech_like

SPEC = load_registry().specs["spectral-gating"]
RATE = SPEC.sample_rate


@pytest.fixture(autouse=True)
def packages() -> None:
    require_packages(SPEC)


def gate(**options: float) -> SpectralGating:
    return load(dataclasses.replace(SPEC, options=options), {}, device="cpu", threads=1)


def noisy(duration_s: float) -> np.ndarray:
    clean = speech_like(duration_s, RATE)
    return clean + 0.01 * np.random.default_rng(0).standard_normal(len(clean)).astype(np.float32)


def test_enhance_clip_equals_the_package_called_with_its_defaults() -> None:
    import noisereduce

    clip = noisy(3.0)
    assert np.array_equal(alone(gate(), clip), noisereduce.reduce_noise(y=clip, sr=RATE).astype(np.float32))


def test_enhance_with_options_equals_the_package_called_with_them() -> None:
    import noisereduce

    clip = noisy(1.0)
    expected = noisereduce.reduce_noise(y=clip, sr=RATE, prop_decrease=0.8, n_fft=512, time_constant_s=1.0)
    enhanced = alone(gate(prop_decrease=0.8, n_fft=512, time_constant_s=1.0), clip)
    assert np.array_equal(enhanced, expected.astype(np.float32))


def test_enhance_with_prop_decrease_zero_returns_the_clip_to_100_db() -> None:
    clip = noisy(2.0)
    assert snr_db(reference=clip, estimate=alone(gate(prop_decrease=0), clip)) > 100


def test_enhance_clip_in_windows_is_close_to_the_whole_clip() -> None:
    import noisereduce

    clip = noisy(40.0)
    whole = noisereduce.reduce_noise(y=clip, sr=RATE, chunk_size=None).astype(np.float32)
    assert gate().is_chunked(len(clip))
    assert not gate().is_chunked(30 * RATE)
    assert snr_db(reference=whole, estimate=alone(gate(), clip)) > 25


def test_enhance_speech_between_digital_silence_is_finite_and_silent_where_the_clip_is() -> None:
    clip = np.concatenate([np.zeros(40 * RATE, np.float32), noisy(2.0), np.zeros(40 * RATE, np.float32)])
    enhanced = alone(gate(), clip)
    assert np.isfinite(enhanced).all()
    assert not enhanced[: 35 * RATE].any()
    assert enhanced[40 * RATE : 42 * RATE].any()


@pytest.mark.parametrize("options", [{"prop_decrease": 1.5}, {"n_fft": 1024.0}, {"stationary": 1}, {"n_fft": True}])
def test_load_with_an_option_that_does_not_fit_is_registry_error(options: dict[str, float]) -> None:
    with pytest.raises(RegistryError, match=f"{next(iter(options))}.*expected"):
        gate(**options)


def test_load_imports_no_torch_and_leaves_it_importable() -> None:
    code = (
        "import sys; from importlib.util import find_spec; from seinfer.backends.spectral_gating import load; "
        "from seinfer.models.registry import load_registry; "
        "before = list(sys.meta_path); load(load_registry().specs['spectral-gating'], {}, device='cpu', threads=1); "
        "print('torch' in sys.modules, sys.meta_path == before)"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["False", "True"]
