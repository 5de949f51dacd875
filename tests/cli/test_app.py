"""The command line as a user meets it: files out, tables, exit codes, messages."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.helpers import speech_like, table

RATE = 16_000


def seinfer(*arguments: object, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "seinfer", *map(str, arguments)]
    return subprocess.run(
        command, capture_output=True, text=True, cwd=cwd, env={**os.environ, **environment}, timeout=300
    )


def rows(path: Path) -> list[dict[str, str]]:
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def write(path: Path, samples: np.ndarray, sample_rate: int = RATE, subtype: str = "PCM_16") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples.T, sample_rate, subtype)


def paired(folder: Path, n_clips: int = 3) -> Path:
    """Make a paired set of short clips."""
    for index in range(n_clips):
        clean = speech_like(1.5, RATE, seed=index)
        noise = np.random.default_rng(index).standard_normal(len(clean)) * 10 ** (-(5 + index) / 20) * np.std(clean)
        write(folder / "clean" / f"c{index}.wav", clean)
        write(folder / "noisy" / f"c{index}.wav", clean + noise)
    return folder


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """Compare once, for the tests that only look."""
    folder = tmp_path_factory.mktemp("compared")
    paired(folder / "set")
    result = seinfer("compare", "--models", "noisy,rnnoise", "--out", folder / "out", folder / "set")
    assert result.returncode == 0, result.stderr
    return folder / "out", result


def test_compare_writes_the_run_folder(compared: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    out, _ = compared
    names = {path.name for path in out.iterdir()}
    assert {"run.json", "clips.csv", "per_clip.csv", "summary.csv", "audio"} <= names
    for model in ("noisy", "rnnoise"):
        assert sorted(path.name for path in (out / "audio" / model).iterdir()) == ["c0.wav", "c1.wav", "c2.wav"]


def test_compare_scores_every_clip_and_model(compared: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    out, _ = compared
    found = rows(out / "per_clip.csv")
    assert [(row["clip_id"], row["model"]) for row in found] == [
        (clip, model) for clip in ("c0", "c1", "c2") for model in ("noisy", "rnnoise")
    ]
    for row in found:
        assert (row["status"], row["ref_status"], row["score_sample_rate"]) == ("ok", "ok", "16000")
        assert all(row[metric] for metric in ("sdr", "si_sdr", "pesq_wb", "stoi", "estoi", "rtf", "lag_samples"))
        assert not row["pesq_nb"]
        if row["model"] == "noisy":
            assert float(row["sdr_delta"]) == 0


def test_compare_csv_files_hold_no_nan_and_unix_line_ends(
    compared: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    for path in compared[0].glob("*.csv"):
        content = path.read_bytes()
        assert b"\r" not in content
        words = content.lower().replace(b"\n", b",").split(b",")
        assert not {b"nan", b"inf", b"-inf"} & set(words), path.name


def test_compare_prints_data_on_stdout_and_no_bars_without_terminal(
    compared: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    _, result = compared
    assert "rnnoise" in result.stdout and "PESQ-WB" in result.stdout
    assert "metric: pesq_wb: pesq 0.0.4, ITU-T P.862.2" in result.stdout
    assert re.fullmatch(r"\d+ ok, 0 failed; written to .+", result.stderr.splitlines()[-1])
    assert "\x1b" not in result.stdout + result.stderr


def test_compare_run_json_tells_where_the_figures_come_from(
    compared: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    header = json.loads((compared[0] / "run.json").read_text())
    assert header["argv"][:2] == ["seinfer", "compare"]
    assert header["versions"]["pesq"] == "0.0.4"
    assert header["metrics"]["stoi"].startswith("seinfer")
    assert header["models"]["rnnoise"]["license_weights"] == "BSD-3-Clause"
    assert header["threads"] >= 1 and header["device"] == "cpu"


def test_report_rebuilds_the_same_files(compared: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    out, first = compared
    before = {path.name: path.read_bytes() for path in out.glob("*.csv")}
    for name in before:
        (out / name).unlink()
    again = seinfer("report", out)
    assert again.returncode == 0, again.stderr
    assert {path.name: path.read_bytes() for path in out.glob("*.csv")} == before
    assert again.stdout == first.stdout


def test_compare_json_holds_run_models_and_failures(compared: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    document = json.loads(seinfer("report", compared[0], "--json").stdout)
    assert [model["model"] for model in document["models"]] == ["noisy", "rnnoise"]
    assert document["models"][1]["figures"]["sdr"]["summary"]["n"] == 3
    assert document["failures"] == []


def test_compare_again_does_nothing_twice(tmp_path: Path) -> None:
    paired(tmp_path / "set", 2)
    command = ("compare", "--models", "noisy,rnnoise", "--out", tmp_path / "out", tmp_path / "set")
    assert seinfer(*command).returncode == 0
    files = sorted((tmp_path / "out" / "audio").rglob("*.wav"))
    before = {path: path.stat().st_mtime_ns for path in files}
    tables = {path.name: path.read_bytes() for path in (tmp_path / "out").glob("*.csv")}
    assert seinfer(*command).returncode == 0
    assert {path: path.stat().st_mtime_ns for path in files} == before
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").glob("*.csv")} == tables


@pytest.mark.parametrize("spoil", ["input", "output", "settings"])
def test_compare_again_redoes_what_is_no_longer_true(tmp_path: Path, spoil: str) -> None:
    paired(tmp_path / "set", 2)
    command = ["compare", "--models", "noisy,rnnoise", "--out", tmp_path / "out", tmp_path / "set"]
    assert seinfer(*command).returncode == 0
    target = tmp_path / "out" / "audio" / "rnnoise" / "c0.wav"
    before = target.stat().st_mtime_ns
    if spoil == "input":
        write(tmp_path / "set" / "noisy" / "c0.wav", speech_like(1.5, RATE, seed=9))
    elif spoil == "output":
        target.write_bytes(target.read_bytes()[:-100])
    else:
        command += ["--subtype", "FLOAT"]
    assert seinfer(*command).returncode == 0
    assert target.stat().st_mtime_ns > before
    assert soundfile.info(target).frames == round(1.5 * RATE)


def test_compare_takes_up_what_run_made(tmp_path: Path) -> None:
    paired(tmp_path / "set", 2)
    assert seinfer("run", "--model", "rnnoise", "--out", tmp_path / "out", tmp_path / "set").returncode == 0
    target = tmp_path / "out" / "audio" / "rnnoise" / "c0.wav"
    before = target.stat().st_mtime_ns
    result = seinfer("compare", "--models", "rnnoise", "--out", tmp_path / "out", tmp_path / "set")
    assert result.returncode == 0, result.stderr
    assert target.stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("sample_rate", "channels", "subtype"),
    [(8_000, 1, "PCM_16"), (22_050, 2, "PCM_24"), (44_100, 1, "FLOAT"), (48_000, 3, "PCM_16"), (96_000, 1, "PCM_32")],
)
def test_run_any_rate_and_channels_keeps_length_rate_and_subtype(
    tmp_path: Path, sample_rate: int, channels: int, subtype: str
) -> None:
    clip = np.stack([speech_like(0.5, sample_rate, seed=index) for index in range(channels)])
    write(tmp_path / "in" / "x.wav", clip, sample_rate, subtype)
    result = seinfer("run", "--model", "rnnoise", "--out", tmp_path / "out", tmp_path / "in")
    assert result.returncode == 0, result.stderr
    info = soundfile.info(tmp_path / "out" / "audio" / "rnnoise" / "x.wav")
    assert (info.samplerate, info.channels, info.frames, info.subtype) == (
        sample_rate,
        channels,
        clip.shape[1],
        subtype,
    )


def test_run_mono_and_subtype_do_what_they_say(tmp_path: Path) -> None:
    write(tmp_path / "x.flac", np.stack([speech_like(0.5, RATE)] * 2))
    result = seinfer(
        "run", "--model", "noisy", "--mono", "--subtype", "PCM_24", "--out", tmp_path / "o", tmp_path / "x.flac"
    )
    assert result.returncode == 0, result.stderr
    info = soundfile.info(tmp_path / "o" / "audio" / "noisy" / "x.wav")
    assert (info.channels, info.subtype) == (1, "PCM_24")


def test_run_bad_files_beside_good_ones_are_rows_and_exit_5(tmp_path: Path) -> None:
    write(tmp_path / "in" / "good one é.wav", speech_like(0.5, RATE))
    write(tmp_path / "in" / "a" / "same.wav", speech_like(0.5, RATE))
    write(tmp_path / "in" / "b" / "same.wav", speech_like(0.5, RATE, seed=1))
    (tmp_path / "in" / "text.wav").write_text("no audio")
    (tmp_path / "in" / "empty.wav").touch()
    nan = speech_like(0.5, RATE)
    nan[100] = np.nan
    write(tmp_path / "in" / "nan.wav", nan, subtype="FLOAT")
    result = seinfer("run", "--model", "rnnoise", "--out", tmp_path / "out", tmp_path / "in")
    assert result.returncode == 5, result.stderr
    found = {row["clip_id"]: row for row in rows(tmp_path / "out" / "per_clip.csv")}
    assert {name for name, row in found.items() if row["status"] == "ok"} == {"a/same", "b/same", "good one é"}
    reasons = {name: row["error"].split(":")[0] for name, row in found.items() if row["status"] != "ok"}
    assert reasons == {"text": "unreadable", "empty": "empty", "nan": "nonfinite"}
    assert (tmp_path / "out" / "audio" / "rnnoise" / "a" / "same.wav").is_file()
    assert result.stderr.count("failed: ") == 3


def test_compare_a_blind_set_is_judged_without_reference_and_says_so(tmp_path: Path) -> None:
    write(tmp_path / "in" / "x.wav", speech_like(1.0, RATE))
    result = seinfer("compare", "--models", "rnnoise", "--out", tmp_path / "out", tmp_path / "in")
    assert result.returncode == 0, result.stderr
    for row in rows(tmp_path / "out" / "per_clip.csv"):
        assert row["ref_status"] == "no_reference"
        assert not any(row[metric] for metric in ("sdr", "pesq_wb", "stoi"))
        assert 1 < float(row["dnsmos_ovrl"]) < 5
    assert rows(tmp_path / "out" / "clips.csv")[0]["has_ref"] == "false"


def test_compare_all_lists_what_cannot_run_with_its_remedy(tmp_path: Path) -> None:
    paired(tmp_path / "set", 1)
    result = seinfer("compare", "--out", "out", "set", cwd=tmp_path, SEINFER_WEIGHTS_DIR=str(tmp_path / "none"))
    assert result.returncode == 0, result.stderr
    assert "not run: dpcrn-quant: weights missing: seinfer models pull dpcrn-quant" in result.stdout
    header = json.loads((tmp_path / "out" / "run.json").read_text())
    assert "not_run" in header["models"]["dpcrn-tf"]


def test_compare_without_arguments_takes_this_folder(tmp_path: Path) -> None:
    paired(tmp_path, 1)
    result = seinfer("compare", "--models", "noisy", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "seinfer-out" / "per_clip.csv").is_file()
    assert seinfer("compare", "--models", "noisy", cwd=tmp_path).returncode == 0  # the output is no input
    assert len(rows(tmp_path / "seinfer-out" / "clips.csv")) == 1


def test_run_a_named_model_without_weights_is_an_error_with_the_remedy(tmp_path: Path) -> None:
    write(tmp_path / "x.wav", speech_like(0.2, RATE))
    result = seinfer("run", "--model", "dpcrn-quant", tmp_path, SEINFER_WEIGHTS_DIR=str(tmp_path / "none"))
    assert result.returncode == 1
    assert "seinfer models pull dpcrn-quant" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("run", "--model", "rnoise", "."), 2, "did you mean rnnoise"),
        (("run", "--model", "rnnoise", "nowhere"), 2, "nowhere does not exist"),
        (("run", "--model", "rnnoise", "empty"), 2, "no audio files in"),
        (("run", "--model", "rnnoise", "--subtype", "MP3", "in"), 2, "--subtype is 'MP3'; expected one of PCM_16"),
        (("run", "--model", "rnnoise", "--device", "tpu", "in"), 2, "--device is 'tpu'; expected one of auto"),
        (("compare", "--models", ",", "in"), 2, "names no model"),
        (("compare", "--models", "noisy", "--metrics", "pesk", "in"), 2, "no metric called 'pesk'"),
        (("compare", "--models", "noisy", "--metrics", "sdr", "in"), 2, "needs clean files and none were found"),
        (("compare", "--models", "noisy", "--score-rate", "fast", "in"), 2, "--score-rate is 'fast'; expected native"),
        (("compare", "--models", "noisy", "--clean", "other", "in"), 3, "1 clean file(s) have no noisy partner"),
        (("score", "--clean", "in", "other"), 3, "has the relative path of a clip"),
        (("report", "in"), 1, "is no run folder"),
        (("run", "--models-file", "bad.toml", "--model", "x", "in"), 1, "unknown key 'colour'"),
        (("models", "show", "rnoise"), 2, "did you mean rnnoise"),
        (("models", "pull", "dpcrn-tf", "--from", "nowhere"), 2, "nowhere"),
        (("models", "pull", "all", "--from", "in/x.wav"), 2, "a single file serves a single model"),
    ],
)
def test_a_mistake_ends_with_its_code_and_a_message(
    tmp_path: Path, arguments: tuple[str, ...], code: int, message: str
) -> None:
    write(tmp_path / "in" / "x.wav", speech_like(0.2, RATE))
    write(tmp_path / "other" / "y.wav", speech_like(0.2, RATE))
    (tmp_path / "empty").mkdir()
    (tmp_path / "bad.toml").write_text(table("x", colour='"red"'))
    result = seinfer(*arguments, cwd=tmp_path, SEINFER_WEIGHTS_DIR=str(tmp_path / "none"))
    assert message in result.stderr
    assert result.returncode == code
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "seinfer-out" / "per_clip.csv").exists()


def test_run_a_model_of_the_users_own_file_works(tmp_path: Path) -> None:
    write(tmp_path / "in" / "x.wav", speech_like(0.2, RATE))
    (tmp_path / "mine.toml").write_text(table("mine"))
    result = seinfer("run", "--models-file", "mine.toml", "--model", "mine", "in", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "seinfer-out" / "audio" / "mine" / "x.wav").is_file()


def test_score_folders_of_other_programs_are_rows(tmp_path: Path) -> None:
    paired(tmp_path, 3)
    for index in range(2):  # the third is missing in this folder
        write(tmp_path / "theirs" / f"c{index}.wav", 0.9 * soundfile.read(tmp_path / "clean" / f"c{index}.wav")[0])
    result = seinfer("score", "--clean", "clean", "--out", "out", "noisy", "theirs", cwd=tmp_path)
    assert result.returncode == 5, result.stderr
    found = {(row["clip_id"], row["model"]): row for row in rows(tmp_path / "out" / "per_clip.csv")}
    assert float(found["c0", "theirs"]["si_sdr"]) > 40 > float(found["c0", "noisy"]["si_sdr"])  # dB
    assert found["c2", "theirs"]["error"].startswith("missing: ")
    summary = {(row["model"], row["metric"]): row for row in rows(tmp_path / "out" / "summary.csv")}
    assert summary["noisy", "sdr"]["n"] == "3"
    assert summary["noisy", "sdr"]["n_common"] == "2"
    assert summary["theirs", "sdr"]["n_failed"] == "1"


def test_score_without_out_leaves_nothing_behind(tmp_path: Path) -> None:
    paired(tmp_path, 1)
    before = sorted(tmp_path.rglob("*"))
    result = seinfer("score", "--clean", "clean", "noisy", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert sorted(tmp_path.rglob("*")) == before


def test_models_list_and_show_tell_what_is_known() -> None:
    document = json.loads(seinfer("models", "--json").stdout)
    assert {row["name"] for row in document} >= {"noisy", "rnnoise", "dpcrn-tf", "dpcrn-quant", "dpcrn-float"}
    shown = seinfer("models", "show", "dpcrn-quant").stdout
    assert "sine and cosine" in shown and "sha256 780f527178" in shown
    assert "none stated" in seinfer("models", "list").stdout


def test_models_pull_and_verify_from_a_mirror(tmp_path: Path, shared: Path) -> None:
    folder = {"SEINFER_WEIGHTS_DIR": str(tmp_path / "weights")}
    result = seinfer("models", "pull", "dpcrn-quant", "--from", shared / "weights", **folder)
    assert result.returncode == 0, result.stderr
    assert "weights licence: none stated" in result.stderr
    assert seinfer("models", "verify", "dpcrn-quant", **folder).stdout == "dpcrn-quant: dpcrn_quant.tflite: ok\n"
    path = tmp_path / "weights" / "dpcrn-quant" / "dpcrn_quant.tflite"
    content = bytearray(path.read_bytes())
    content[1000] ^= 1
    path.write_bytes(content)
    spoilt = seinfer("models", "verify", **folder)
    assert spoilt.returncode == 4
    assert "dpcrn_quant.tflite: wrong hash" in spoilt.stdout
    write(tmp_path / "in" / "x.wav", speech_like(0.2, RATE))
    refused = seinfer("run", "--model", "dpcrn-quant", "--out", tmp_path / "o", tmp_path / "in", **folder)
    assert refused.returncode == 4
    assert not (tmp_path / "o" / "audio").exists()


def test_models_verify_a_named_model_that_is_not_here_fails(tmp_path: Path) -> None:
    assert seinfer("models", "verify", "dpcrn-tf", SEINFER_WEIGHTS_DIR=str(tmp_path)).returncode == 1
    assert seinfer("models", "verify", SEINFER_WEIGHTS_DIR=str(tmp_path)).returncode == 0


def test_doctor_tells_versions_weights_and_models() -> None:
    document = json.loads(seinfer("doctor", "--json").stdout)
    assert document["packages"]["pesq"] == "0.0.4"
    assert document["models"]["rnnoise"] == "ready"
    assert document["weights"]["folder"]


def test_version_is_that_of_the_package() -> None:
    from importlib.metadata import version

    assert seinfer("--version").stdout.strip() == version("seinfer")
