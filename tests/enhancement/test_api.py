"""The public functions `load_model` and `enhance`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import seinfer
from seinfer import SeinferError, enhance, load_model
from seinfer.core.errors import MissingWeightsError
from seinfer.enhancement import api
from tests.helpers import RATE, speech_like


def test_enhance_keeps_the_default_model_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    wav = speech_like(0.3, RATE)
    first = enhance(wav, RATE)
    monkeypatch.setattr(api, "load_model", lambda name: pytest.fail(f"{name} was loaded again"))
    np.testing.assert_array_equal(enhance(wav, RATE), first)


def test_load_model_noisy_gives_the_signal_itself() -> None:
    wav = speech_like(0.3, 22_050)
    np.testing.assert_array_equal(load_model("noisy").enhance(wav, 22_050), wav)


def test_load_model_unknown_name_is_a_seinfer_error() -> None:
    with pytest.raises(SeinferError, match="did you mean rnnoise"):
        load_model("rnoise")


def test_load_model_without_weights_names_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEINFER_WEIGHTS_DIR", str(tmp_path))
    with pytest.raises(MissingWeightsError, match="seinfer models pull dpcrn-quant"):
        load_model("dpcrn-quant")


def test_import_of_a_submodule_first_does_not_hide_the_function_enhance() -> None:
    code = "import seinfer.enhancement.worker, seinfer; assert callable(seinfer.enhance)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_getattr_of_an_unknown_name_raises_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = seinfer.nothing


def test_every_public_name_exists() -> None:
    assert all(getattr(seinfer, name) for name in seinfer.__all__)
