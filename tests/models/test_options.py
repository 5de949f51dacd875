"""Options of models on the command line: which models they apply to, and which values are refused."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from seinfer.core.errors import UsageError
from seinfer.core.records import ModelSpec
from seinfer.models.options import with_options
from seinfer.models.registry import load_registry
from tests.backends.standins import build
from tests.helpers import speech_like


def specs(*names: str) -> list[ModelSpec]:
    return [load_registry().find(name) for name in names]


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ("dry=0.25", "dry", 0.25),
        (" dry = 1 ", "dry", 1),
        ("denoiser.dry=0.5", "dry", 0.5),
        ("denoiser-dns64.dry=0.5", "dry", 0.5),
    ],
)
def test_option_of_one_model_is_set_on_that_model_only(text: str, key: str, value: Any) -> None:
    denoiser, other = with_options(specs("denoiser", "deepfilternet3"), [text])
    assert denoiser.options[key] == value
    assert (other,) == tuple(specs("deepfilternet3"))


def test_option_without_a_model_is_set_on_all_that_have_it() -> None:
    chosen = with_options(specs("noisy", "deepfilternet2", "deepfilternet3"), ["post_filter=true", "atten_lim_db=12"])
    assert [spec.options.get("post_filter") for spec in chosen] == [None, True, True]
    assert [spec.options.get("atten_lim_db") for spec in chosen] == [None, 12, 12]


def test_option_text_is_used_as_typed() -> None:
    [segan] = with_options(specs("segan+"), ["z=zero"])
    assert segan.options["z"] == "zero"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("dry", "expected KEY=VALUE"),
        ("=1", "expected KEY=VALUE"),
        ("dry=", "expected KEY=VALUE"),
        ("wet=1", "none of the chosen models has it; expected one of denoiser-dns64.hidden"),
        ("rnnoise.dry=1", "none of the chosen models has it"),
        ("denoiser.wet=1", "none of the chosen models has it"),
        ("dry=much", "dry of denoiser-dns64 is a number, such as 0.0; the value is text"),
        ("dry=true", "the value is true or false"),
        ("dry=NaN", "the value is text"),
    ],
)
def test_option_that_is_invalid_is_refused_with_the_valid_ones(text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        with_options(specs("noisy", "denoiser"), [text])
    assert message in str(caught.value)


def test_option_for_models_without_options_is_refused() -> None:
    with pytest.raises(UsageError, match="they have no options"):
        with_options(specs("rnnoise"), ["dry=1"])


def test_run_with_dry_of_one_writes_the_input_and_another_value_runs_again(tmp_path: Path) -> None:
    table = build("demucs-causal-standin", tmp_path / "standin")
    clip = speech_like(1.0, 16_000)
    (tmp_path / "in").mkdir()
    soundfile.write(tmp_path / "in" / "a.wav", clip, 16_000, "FLOAT")
    found = {}
    for dry in ("1", "0", "0.5"):
        command = [
            sys.executable,
            "-m",
            "seinfer",
            "run",
            "--model",
            "demucs-causal-standin",
            "--models-file",
            str(table),
        ]
        subprocess.run([*command, "--dry", dry, "in"], cwd=tmp_path, check=True, capture_output=True)
        found[dry], _ = soundfile.read(tmp_path / "seinfer-out/audio/demucs-causal-standin/a.wav", dtype="float32")
    np.testing.assert_array_equal(found["1"], clip)
    assert np.abs(found["0"] - clip).max() > 0.01
    np.testing.assert_allclose(found["0.5"], (found["0"] + found["1"]) / 2, atol=1e-6)
