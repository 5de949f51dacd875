"""The example plug-in: installed as a separate package, it is a model like any other. Needs no package index."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.helpers import RATE, ROOT, lag_samples, seinfer, si_sdr_db, speech_like, write_audio

EXAMPLE = ROOT / "examples" / "seinfer-wiener"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the example into a folder with pip: offline, built with the hatchling of this environment."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", "--no-index"]
    result = subprocess.run([*command, "--target", str(folder), str(EXAMPLE)], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return folder


def test_example_after_installation_is_listed_and_ready(site: Path) -> None:
    found = {
        row["name"]: row
        for row in json.loads(seinfer("models", "--json", environment={"PYTHONPATH": str(site)}).stdout)
    }
    assert found["wiener-example"]["distribution"] == "seinfer-wiener"
    assert found["wiener-example"]["not_run"] == ""
    assert "rnnoise" in found


def test_example_in_a_comparison_improves_noisy_speech(site: Path, tmp_path: Path) -> None:
    clean = speech_like(3.0, RATE)
    noisy = clean + 0.02 * np.random.default_rng(0).standard_normal(len(clean)).astype(np.float32)
    for name, samples in (("clean", clean), ("noisy", noisy)):
        write_audio(tmp_path / "set" / name / "x.wav", samples, RATE, "FLOAT")
    result = seinfer(
        *("compare", "--no-cost", "--models", "wiener-example", "--out", tmp_path / "out", tmp_path / "set"),
        environment={"PYTHONPATH": str(site)},
    )
    assert result.returncode == 0, result.stderr
    enhanced = soundfile.read(tmp_path / "out" / "audio" / "wiener-example" / "x.wav", dtype="float32")[0]
    assert lag_samples(reference=clean, estimate=enhanced) == 0
    improvement_db = si_sdr_db(reference=clean, estimate=enhanced) - si_sdr_db(reference=clean, estimate=noisy)
    assert improvement_db > 0.5  # a filter without a network, on noise 20 dB below the speech


def test_example_keeps_any_length_alone_and_in_a_batch(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(site))
    from seinfer_wiener.backend import load

    from seinfer.backends.base import Enhancer, pad
    from seinfer.models.table import read_models

    spec = read_models(EXAMPLE / "seinfer_wiener" / "models.toml")["wiener-example"]
    enhancer = load(spec, {}, device="cpu", threads=1)
    assert isinstance(enhancer, Enhancer)
    rows = [speech_like(0.2, RATE)[:n] for n in (1, 255, 256, 257, 512, 3_000)]
    together = enhancer.enhance(pad(rows))
    for row, out in zip(rows, together, strict=True):
        assert out.shape == row.shape and out.dtype == np.float32
        np.testing.assert_array_equal(out, enhancer.enhance(pad([row]))[0])
