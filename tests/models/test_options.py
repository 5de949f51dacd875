"""Options of models on the command line: which models they apply to, and which values are refused."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
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
from tests.helpers import speech_like, table


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


def test_option_that_only_the_backend_knows_is_set_and_its_type_is_checked(tmp_path: Path) -> None:
    models_file = tmp_path / "mine.toml"
    models_file.write_text(table("mine", backend='"seinfer.backends.demucs:load"', options="{hidden = 48}"))
    mine = load_registry([models_file]).find("mine")
    for text in ("dry=0.25", "mine.dry=0.25"):
        assert with_options([mine], [text])[0].options == {"hidden": 48, "dry": 0.25}
    with pytest.raises(UsageError, match=r"dry of mine is a number, such as 0\.0; the value is text"):
        with_options([mine], ["dry=much"])
    with pytest.raises(UsageError, match=r"expected one of .*mine\.dry"):
        with_options([mine], ["mine.wet=1"])


@pytest.mark.parametrize("name", [name for name, spec in load_registry().specs.items() if spec.options])
def test_option_of_a_table_can_be_set_where_the_table_leaves_it_out(name: str) -> None:
    spec = load_registry().specs[name]
    texts = [f"{key}={json.dumps(value)}" for key, value in spec.options.items()]
    assert with_options([replace(spec, options={})], texts) == (spec,)


def test_option_of_a_list_that_only_the_backend_knows_is_set(tmp_path: Path) -> None:
    models_file = tmp_path / "mine.toml"
    models_file.write_text(table("mine", backend='"segan"'))
    [mine] = with_options([load_registry([models_file]).find("mine")], ["features=[8, 16]", "seed=3"])
    assert mine.options == {"features": [8, 16], "seed": 3}


def test_option_of_a_backend_that_cannot_be_imported_is_that_of_its_table(tmp_path: Path) -> None:
    models_file = tmp_path / "mine.toml"
    models_file.write_text(table("mine", backend='"only_in_another_interpreter:load"', options="{width = 1}"))
    mine = load_registry([models_file]).find("mine")
    assert with_options([mine], ["width=2"])[0].options == {"width": 2}
    with pytest.raises(UsageError, match=r"expected one of mine\.width$"):
        with_options([mine], ["dry=0.5"])


def test_option_for_models_without_options_is_refused() -> None:
    with pytest.raises(UsageError, match="they have no options"):
        with_options(specs("rnnoise"), ["dry=1"])


def test_run_with_dry_of_one_writes_the_input_and_another_value_runs_again(tmp_path: Path) -> None:
    models_file = build("demucs-causal-standin", tmp_path / "standin")
    assert "dry" not in models_file.read_text(encoding="utf-8")
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
            str(models_file),
        ]
        subprocess.run([*command, "--dry", dry, "in"], cwd=tmp_path, check=True, capture_output=True)
        found[dry], _ = soundfile.read(tmp_path / "seinfer-out/audio/demucs-causal-standin/a.wav", dtype="float32")
    np.testing.assert_array_equal(found["1"], clip)
    assert np.abs(found["0"] - clip).max() > 0.01
    np.testing.assert_allclose(found["0.5"], (found["0"] + found["1"]) / 2, atol=1e-6)
