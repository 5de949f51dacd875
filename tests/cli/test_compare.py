"""`seinfer compare` as a user meets it."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
import soundfile

from seinfer.scoring.pool import ScoringPool
from tests.helpers import RATE, invoke, rows, seinfer, speech_like, write_audio, write_paired_set


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


def test_compare_json_holds_run_models_and_failures(compared: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    document = json.loads(seinfer("report", compared[0], "--json").stdout)
    assert [model["model"] for model in document["models"]] == ["noisy", "rnnoise"]
    assert document["models"][1]["figures"]["sdr"]["summary"]["n"] == 3
    assert document["failures"] == []


def test_compare_again_does_nothing_twice(tmp_path: Path) -> None:
    write_paired_set(tmp_path / "set", 2)
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
    write_paired_set(tmp_path / "set", 2)
    command = ["compare", "--models", "noisy,rnnoise", "--out", tmp_path / "out", tmp_path / "set"]
    assert seinfer(*command).returncode == 0
    target = tmp_path / "out" / "audio" / "rnnoise" / "c0.wav"
    before = target.stat().st_mtime_ns
    if spoil == "input":
        write_audio(tmp_path / "set" / "noisy" / "c0.wav", speech_like(1.5, RATE, seed=9))
    elif spoil == "output":
        target.write_bytes(target.read_bytes()[:-100])
    else:
        command += ["--subtype", "FLOAT"]
    assert seinfer(*command).returncode == 0
    assert target.stat().st_mtime_ns > before
    assert soundfile.info(target).frames == round(1.5 * RATE)


def test_compare_takes_up_what_run_made(tmp_path: Path) -> None:
    write_paired_set(tmp_path / "set", 2)
    assert seinfer("run", "--model", "rnnoise", "--out", tmp_path / "out", tmp_path / "set").returncode == 0
    target = tmp_path / "out" / "audio" / "rnnoise" / "c0.wav"
    before = target.stat().st_mtime_ns
    result = seinfer("compare", "--models", "rnnoise", "--out", tmp_path / "out", tmp_path / "set")
    assert result.returncode == 0, result.stderr
    assert target.stat().st_mtime_ns == before


def test_compare_a_blind_set_is_judged_without_reference_and_says_so(tmp_path: Path) -> None:
    write_audio(tmp_path / "in" / "x.wav", speech_like(1.0, RATE))
    result = seinfer("compare", "--models", "rnnoise", "--out", tmp_path / "out", tmp_path / "in")
    assert result.returncode == 0, result.stderr
    for row in rows(tmp_path / "out" / "per_clip.csv"):
        assert row["ref_status"] == "no_reference"
        assert not any(row[metric] for metric in ("sdr", "pesq_wb", "stoi"))
        assert 1 < float(row["dnsmos_ovrl"]) < 5
    assert rows(tmp_path / "out" / "clips.csv")[0]["has_ref"] == "false"


def test_compare_all_lists_what_cannot_run_with_its_remedy(tmp_path: Path) -> None:
    write_paired_set(tmp_path / "set", 1)
    result = seinfer(
        "compare", "--out", "out", "set", cwd=tmp_path, environment={"SEINFER_WEIGHTS_DIR": str(tmp_path / "none")}
    )
    assert result.returncode == 0, result.stderr
    assert "not run: dpcrn-quant: weights missing: seinfer models pull dpcrn-quant" in result.stdout
    header = json.loads((tmp_path / "out" / "run.json").read_text())
    assert "not_run" in header["models"]["dpcrn-tf"]


def test_compare_without_arguments_takes_this_folder(tmp_path: Path) -> None:
    write_paired_set(tmp_path, 1)
    result = seinfer("compare", "--models", "noisy", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "seinfer-out" / "per_clip.csv").is_file()
    assert seinfer("compare", "--models", "noisy", cwd=tmp_path).returncode == 0  # the output is no input
    assert len(rows(tmp_path / "seinfer-out" / "clips.csv")) == 1


CLIPS_HEADER = (
    "clip_id,noisy_path,clean_path,has_ref,sample_rate,channels,duration_s,snr_db,source,track,noise,device,distance,"
    "gender,emotion,language,category_raw,noisy_sha256,tl_db\n"
)


def test_compare_of_dns_names_writes_their_categories_and_report_overrides_them(tmp_path: Path) -> None:
    write_audio(tmp_path / "set" / "rain_snr5_tl-26_fileid_1.wav", speech_like(0.5, RATE))
    write_audio(tmp_path / "set" / "clean_fileid_1.wav", speech_like(0.5, RATE, seed=1))
    write_audio(tmp_path / "set" / "alone.wav", speech_like(0.5, RATE, seed=2))
    result = seinfer(
        *("compare", "--models", "noisy", "--metrics", "si_sdr", "--category-regex", "^(?P<noise>[a-z]+)_", "set"),
        cwd=tmp_path,
    )
    assert result.returncode == 0, result.stderr
    out = tmp_path / "seinfer-out"
    assert (out / "clips.csv").read_text(encoding="utf-8").startswith(CLIPS_HEADER)
    found = {row["clip_id"]: row for row in rows(out / "clips.csv")}
    row = found["rain_snr5_tl-26_fileid_1"]
    assert (row["snr_db"], row["noise"], row["category_raw"]) == ("5", "rain", "rain_snr5_tl-26_fileid_1")
    assert (row["has_ref"], found["alone"]["has_ref"], found["alone"]["noise"]) == ("true", "false", "")
    assert {row["clip_id"]: row["ref_status"] for row in rows(out / "per_clip.csv")} == {
        "rain_snr5_tl-26_fileid_1": "ok",
        "alone": "no_reference",
    }

    (tmp_path / "c.csv").write_text("clip_id,device,noise\nalone,phone,hum\n")
    assert seinfer("report", out, "--categories", tmp_path / "c.csv").returncode == 0
    found = {row["clip_id"]: row for row in rows(out / "clips.csv")}
    assert (found["alone"]["device"], found["alone"]["noise"]) == ("phone", "hum")
    assert found["rain_snr5_tl-26_fileid_1"]["noise"] == "rain"


def test_compare_again_in_another_run_folder_reuses_the_cached_scores(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_paired_set(tmp_path / "set", 2)
    monkeypatch.setenv("SEINFER_CACHE_DIR", str(tmp_path / "cache"))

    def compare(out: str) -> dict[str, str]:
        options = ("--models", "noisy", "--metrics", "sdr,si_sdr", "--device", "cpu", "--out", tmp_path / out)
        result = invoke("compare", *options, tmp_path / "set")
        assert result.exit_code == 0, result.output
        return {row["clip_id"]: row["sdr"] for row in rows(tmp_path / out / "per_clip.csv")}

    first = compare("first")
    monkeypatch.setattr(ScoringPool, "_start", lambda self: pytest.fail("a scoring process was started"))
    assert compare("second") == first
