"""`seinfer models`: list, show, pull, verify."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.helpers import RATE, seinfer, speech_like, table, write_audio


def test_models_list_and_show_print_the_facts_of_the_table() -> None:
    document = json.loads(seinfer("models", "--json").stdout)
    assert {row["name"] for row in document} >= {"noisy", "rnnoise", "dpcrn-tf", "dpcrn-quant", "dpcrn-float"}
    shown = seinfer("models", "show", "dpcrn-quant").stdout
    assert "sine and cosine" in shown and "sha256 780f527178" in shown
    assert "none stated" in seinfer("models", "list").stdout


def test_models_pull_from_a_folder_then_verify_finds_a_changed_file(tmp_path: Path, shared: Path) -> None:
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
    changed = seinfer("models", "verify", environment=folder)
    assert changed.returncode == 4
    assert "dpcrn_quant.tflite: wrong hash" in changed.stdout
    write_audio(tmp_path / "in" / "x.wav", speech_like(0.2, RATE))
    refused = seinfer("run", "--model", "dpcrn-quant", "--out", tmp_path / "o", tmp_path / "in", environment=folder)
    assert refused.returncode == 4
    assert not (tmp_path / "o" / "audio").exists()


def test_models_verify_missing_weights_fail_only_if_the_model_was_named(tmp_path: Path) -> None:
    assert seinfer("models", "verify", "dpcrn-tf", environment={"SEINFER_WEIGHTS_DIR": str(tmp_path)}).returncode == 1
    assert seinfer("models", "verify", environment={"SEINFER_WEIGHTS_DIR": str(tmp_path)}).returncode == 0


def test_models_show_json_has_every_key_of_the_table() -> None:
    document = json.loads(seinfer("models", "show", "denoiser", "--json").stdout)
    assert document["name"] == "denoiser-dns64"  # the argument is an alias
    assert document["license_weights"] == "CC-BY-NC-4.0"
    assert document["files"][0]["sha256"]


def test_models_show_prints_published_figures_with_their_source() -> None:
    shown = seinfer("models", "show", "noisy").stdout
    assert "published       dns2020-no-reverb: si_sdr 9.07 (breizhn/DTLN" in shown
    figures = json.loads(seinfer("models", "show", "noisy", "--json").stdout)["published"]
    assert {"test_set", "metric", "value", "source"} == set(figures[0])


def test_models_show_a_table_of_the_user_may_have_published_figures(tmp_path: Path) -> None:
    figure = '{test_set = "voicebank-demand", metric = "stoi", value = 0.9, source = "my notes"}'
    (tmp_path / "my.toml").write_text(table("mine", published=f"[{figure}]"))
    shown = seinfer("models", "show", "mine", "--models-file", tmp_path / "my.toml")
    assert "voicebank-demand: stoi 0.9 (my notes)" in shown.stdout, shown.stderr


def test_models_verify_json_has_the_status_of_every_file(tmp_path: Path) -> None:
    result = seinfer("models", "verify", "--json", environment={"SEINFER_WEIGHTS_DIR": str(tmp_path)})
    assert result.returncode == 0, result.stderr
    document = json.loads(result.stdout)
    assert {row["status"] for row in document} == {"missing"}
    assert {"dpcrn-tf", "deepfilternet3"} <= {row["model"] for row in document}


def test_models_pull_of_a_model_without_weights_needs_no_network() -> None:
    result = seinfer("models", "pull", "noisy", "--offline")
    assert (result.returncode, result.stdout) == (0, "noisy: needs no download\n")


def test_models_new_writes_a_table_that_the_next_commands_use(tmp_path: Path, shared: Path) -> None:
    shutil.copy(shared / "weights" / "dpcrn-quant" / "dpcrn_quant.tflite", tmp_path / "tuned.tflite")
    made = seinfer("models", "new", "mine", "--like", "dpcrn-quant", "--weights", "tuned.tflite", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    assert made.stdout == "mine: written to my_models.toml\n"
    assert "next: seinfer check --models-file my_models.toml mine\n" in made.stderr
    checked = seinfer("check", "--models-file", "my_models.toml", "mine", cwd=tmp_path)
    assert checked.returncode == 0, checked.stderr
    shown = seinfer("models", "show", "mine", "--models-file", "my_models.toml", cwd=tmp_path).stdout
    assert "license_weights none stated" in shown and "verified        unknown" in shown
    again = seinfer("models", "new", "mine", "--like", "dpcrn-quant", "--weights", "tuned.tflite", cwd=tmp_path)
    assert again.returncode == 2
    assert "already used" in again.stderr


def test_models_list_and_show_print_unknown_for_facts_that_the_table_leaves_out(tmp_path: Path) -> None:
    text = table("bare", **dict.fromkeys(("causal", "latency_ms", "n_parameters", "license_weights"), ""))
    (tmp_path / "my.toml").write_text(text)
    listed = seinfer("models", "list", "--models-file", tmp_path / "my.toml", environment={"COLUMNS": "80"}).stdout
    (row,) = (line.split() for line in listed.splitlines() if line.split()[:1] == ["bare"])
    assert row[1:5] == ["16000", "unknown", "none", "stated"]
    shown = seinfer("models", "show", "bare", "--models-file", tmp_path / "my.toml").stdout
    assert all(f"{fact:16}unknown\n" in shown for fact in ("causal", "latency_ms", "n_parameters"))
    document = json.loads(seinfer("models", "show", "bare", "--json", "--models-file", tmp_path / "my.toml").stdout)
    assert (document["latency_ms"], document["license_weights"]) == (None, "none stated")


@pytest.mark.parametrize("columns", [50, 80, 120, 160])
def test_models_list_shortens_no_text_at_any_width(columns: int) -> None:
    shown = seinfer("models", "list", environment={"COLUMNS": str(columns)}).stdout
    assert "rate Hz" in shown and "…" not in shown


def test_models_list_folds_the_models_that_one_command_installs(tmp_path: Path) -> None:
    result = seinfer("models", environment={"SEINFER_WEIGHTS_DIR": str(tmp_path), "COLUMNS": "80"})
    [line] = [line for line in result.stdout.splitlines() if line.startswith("not installed")]
    assert "dpcrn-quant, " in line and "segan+, " in line
    assert line.endswith("; install with: seinfer models pull all")
    shown = seinfer("models", "show", "segan+", environment={"SEINFER_WEIGHTS_DIR": str(tmp_path)}).stdout
    assert "weights missing: seinfer models pull segan+, with --from FILE if its link is dead" in shown
