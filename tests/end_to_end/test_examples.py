"""The worked plug-in: installed as a package of its own, it is a model like any other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.helpers import ROOT, lag_samples, si_sdr_db, speech_like

EXAMPLE = ROOT / "examples" / "seinfer-wiener"
RATE = 16_000


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the example into a folder, as pip would anywhere."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", "--no-index"]
    result = subprocess.run([*command, "--target", str(folder), str(EXAMPLE)], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return folder


def seinfer(site: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "seinfer", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(site)})


def test_example_once_installed_is_listed_and_ready(site: Path) -> None:
    found = {row["name"]: row for row in json.loads(seinfer(site, "models", "--json").stdout)}
    assert found["wiener"]["distribution"] == "seinfer-wiener"
    assert found["wiener"]["not_run"] == ""
    assert "rnnoise" in found


def test_example_in_a_comparison_improves_noisy_speech(site: Path, tmp_path: Path) -> None:
    clean = speech_like(3.0, RATE)
    noisy = clean + 0.02 * np.random.default_rng(0).standard_normal(len(clean)).astype(np.float32)
    for name, samples in (("clean", clean), ("noisy", noisy)):
        (tmp_path / "set" / name).mkdir(parents=True)
        soundfile.write(tmp_path / "set" / name / "x.wav", samples, RATE, "FLOAT")
    result = seinfer(site, "compare", "--models", "wiener", "--out", tmp_path / "out", tmp_path / "set")
    assert result.returncode == 0, result.stderr
    enhanced = soundfile.read(tmp_path / "out" / "audio" / "wiener" / "x.wav", dtype="float32")[0]
    assert lag_samples(reference=clean, estimate=enhanced) == 0
    gained_db = si_sdr_db(reference=clean, estimate=enhanced) - si_sdr_db(reference=clean, estimate=noisy)
    assert gained_db > 0.5  # a filter without a network, on noise 20 dB below the speech


def test_example_keeps_any_length(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(site))
    from seinfer_wiener.backend import load

    from seinfer.backends.base import Enhancer, pad
    from seinfer.models.table import read_models

    spec = read_models(EXAMPLE / "seinfer_wiener" / "models.toml")["wiener"]
    enhancer = load(spec, {}, device="cpu", threads=1)
    assert isinstance(enhancer, Enhancer)
    rows = [speech_like(0.2, RATE)[:n] for n in (1, 255, 256, 257, 512, 3_000)]
    together = enhancer.enhance(pad(rows))
    for row, out in zip(rows, together, strict=True):
        assert out.shape == row.shape and out.dtype == np.float32
        np.testing.assert_array_equal(out, enhancer.enhance(pad([row]))[0])
