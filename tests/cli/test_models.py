"""`seinfer models` as a user meets it."""

from __future__ import annotations

import json
from pathlib import Path

from tests.helpers import RATE, seinfer, speech_like, write_audio


def test_models_list_and_show_tell_what_is_known() -> None:
    document = json.loads(seinfer("models", "--json").stdout)
    assert {row["name"] for row in document} >= {"noisy", "rnnoise", "dpcrn-tf", "dpcrn-quant", "dpcrn-float"}
    shown = seinfer("models", "show", "dpcrn-quant").stdout
    assert "sine and cosine" in shown and "sha256 780f527178" in shown
    assert "none stated" in seinfer("models", "list").stdout


def test_models_pull_and_verify_from_a_mirror(tmp_path: Path, shared: Path) -> None:
    folder = {"SEINFER_WEIGHTS_DIR": str(tmp_path / "weights")}
    result = seinfer("models", "pull", "dpcrn-quant", "--from", shared / "weights", environment=folder)
    assert result.returncode == 0, result.stderr
    assert "weights licence: none stated" in result.stderr
    assert (
        seinfer("models", "verify", "dpcrn-quant", environment=folder).stdout == "dpcrn-quant: dpcrn_quant.tflite: ok\n"
    )
    path = tmp_path / "weights" / "dpcrn-quant" / "dpcrn_quant.tflite"
    content = bytearray(path.read_bytes())
    content[1000] ^= 1
    path.write_bytes(content)
    spoilt = seinfer("models", "verify", environment=folder)
    assert spoilt.returncode == 4
    assert "dpcrn_quant.tflite: wrong hash" in spoilt.stdout
    write_audio(tmp_path / "in" / "x.wav", speech_like(0.2, RATE))
    refused = seinfer("run", "--model", "dpcrn-quant", "--out", tmp_path / "o", tmp_path / "in", environment=folder)
    assert refused.returncode == 4
    assert not (tmp_path / "o" / "audio").exists()


def test_models_verify_a_named_model_that_is_not_here_fails(tmp_path: Path) -> None:
    assert seinfer("models", "verify", "dpcrn-tf", environment={"SEINFER_WEIGHTS_DIR": str(tmp_path)}).returncode == 1
    assert seinfer("models", "verify", environment={"SEINFER_WEIGHTS_DIR": str(tmp_path)}).returncode == 0
