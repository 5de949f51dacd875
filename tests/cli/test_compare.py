"""`seinfer compare`: run folder, tables, resume, printed output."""

from __future__ import annotations

import csv
import json
import re
import subprocess
from pathlib import Path

import pytest
import soundfile

from seinfer.scoring.pool import ScoringPool
from tests.cli.conftest import COMPARE
from tests.helpers import RATE, invoke, rows, seinfer, speech_like, tables, write_audio, write_paired_set


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


def test_compare_csv_files_contain_no_nan_and_unix_line_ends(
    compared: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    for path in compared[0].glob("*.csv"):
        content = path.read_bytes()
        assert b"\r" not in content
        words = content.lower().replace(b"\n", b",").split(b",")
        assert not {b"nan", b"inf", b"-inf"} & set(words), path.name


def test_compare_without_terminal_prints_the_table_on_stdout_and_no_progress_bars(
    compared: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    out, result = compared
    assert "rnnoise" in result.stdout and "PESQ-WB" in result.stdout
    assert "; pesq_wb by pesq 0.0.4; --verbose gives the details" in result.stdout
    verbose = seinfer("report", out, "--verbose").stdout
    assert "metric: pesq_wb: pesq 0.0.4, ITU-T P.862.2" in verbose
    assert re.fullmatch(r"\d+ ok, 0 failed; written to .+", result.stderr.splitlines()[-1])
    assert "\x1b" not in result.stdout + result.stderr


def test_compare_run_json_has_command_versions_and_licences(
    compared: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    header = json.loads((compared[0] / "run.json").read_text())
    assert header["argv"][:2] == ["seinfer", "compare"]
    assert header["versions"]["pesq"] == "0.0.4"
    assert header["metrics"]["stoi"].startswith("seinfer")
    assert header["models"]["rnnoise"]["license_weights"] == "BSD-3-Clause"
    assert header["threads"] >= 1 and header["device"] == "cpu"


def test_compare_again_repeats_nothing_and_writes_the_same_tables(
    compared: tuple[Path, subprocess.CompletedProcess[str]], compared_copy: Path
) -> None:
    out = compared_copy / "out"
    before = {path: path.stat().st_mtime_ns for path in sorted((out / "audio").rglob("*.wav"))}
    tables = {path.name: path.read_bytes() for path in out.glob("*.csv")}
    assert seinfer(*COMPARE, "--out", out, compared[0].parent / "set").returncode == 0
    assert {path: path.stat().st_mtime_ns for path in sorted((out / "audio").rglob("*.wav"))} == before
    assert {path.name: path.read_bytes() for path in out.glob("*.csv")} == tables


def test_compare_by_default_measures_each_model_alone_and_says_how(tmp_path: Path) -> None:
    write_paired_set(tmp_path / "set", 2)
    command = ("compare", "--models", "rnnoise", "--metrics", "si_sdr", "--threads", "1", "--out", tmp_path / "out")
    result = seinfer(*command, tmp_path / "set")
    assert result.returncode == 0, result.stderr
    costs = {row["model"]: row for row in rows(tmp_path / "out" / "costs.csv")}
    assert set(costs) == {"noisy", "rnnoise"}
    cost = costs["rnnoise"]
    assert (cost["status"], cost["clip_id"], cost["threads"], cost["device"]) == ("ok", "c0", "1", "cpu")
    assert 0 < float(cost["rtf_low"]) <= float(cost["rtf"]) <= float(cost["rtf_high"])
    (line,) = (line for line in result.stdout.splitlines() if line.startswith("rtf: "))
    assert "one clip (1.5 s) at a time: median of " in line
    assert ", 1 thread, " in line
    printed = seinfer("report", tmp_path / "out", "--format", "csv").stdout
    (shown,) = (row for row in csv.DictReader(printed.splitlines()) if row["model"] == "rnnoise")
    assert (shown["rtf"], shown["rtf_low"], shown["rtf_high"]) == (cost["rtf"], cost["rtf_low"], cost["rtf_high"])
    assert shown["rtf_source"].startswith("alone")


@pytest.mark.parametrize("change", ["input", "output", "settings"])
def test_compare_again_after_a_change_enhances_the_changed_clip_again(compared_copy: Path, change: str) -> None:
    target = compared_copy / "out" / "audio" / "rnnoise" / "c0.wav"
    before = target.stat().st_mtime_ns
    options = []
    if change == "input":
        write_audio(compared_copy / "set" / "noisy" / "c0.wav", speech_like(1.5, RATE, seed=9))
    elif change == "output":
        target.write_bytes(target.read_bytes()[:-100])
    else:
        options = ["--subtype", "FLOAT"]
    assert seinfer(*COMPARE, *options, "--out", compared_copy / "out", compared_copy / "set").returncode == 0
    assert target.stat().st_mtime_ns > before
    assert soundfile.info(target).frames == round(1.5 * RATE)


def test_compare_no_resume_enhances_every_clip_again(compared_copy: Path) -> None:
    targets = sorted((compared_copy / "out" / "audio").rglob("*.wav"))
    before = [path.stat().st_mtime_ns for path in targets]
    result = seinfer(*COMPARE, "--no-resume", "--out", compared_copy / "out", compared_copy / "set")
    assert result.returncode == 0, result.stderr
    assert result.stderr.splitlines()[-1].startswith(f"{len(targets)} ok, 0 failed")
    assert all(path.stat().st_mtime_ns > earlier for path, earlier in zip(targets, before, strict=True))


def test_compare_in_the_folder_of_run_reuses_its_files(tmp_path: Path) -> None:
    write_paired_set(tmp_path / "set", 2)
    assert seinfer("run", "--model", "rnnoise", "--out", tmp_path / "out", tmp_path / "set").returncode == 0
    target = tmp_path / "out" / "audio" / "rnnoise" / "c0.wav"
    before = target.stat().st_mtime_ns
    options = ("--models", "rnnoise", "--metrics", "si_sdr", "--out", tmp_path / "out")
    result = seinfer("compare", "--no-cost", *options, tmp_path / "set")
    assert result.returncode == 0, result.stderr
    assert target.stat().st_mtime_ns == before
    assert all(row["si_sdr"] for row in rows(tmp_path / "out" / "per_clip.csv"))


def test_compare_jobs_2_gives_the_same_tables(
    compared: tuple[Path, subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    result = seinfer(*COMPARE, "--jobs", "2", "--out", tmp_path / "out", compared[0].parent / "set")
    assert result.returncode == 0, result.stderr
    assert tables(tmp_path / "out") == tables(compared[0])


def test_compare_log_file_has_a_json_line_per_event(tmp_path: Path) -> None:
    write_paired_set(tmp_path / "set", 2)
    log = tmp_path / "log.jsonl"
    options = ("--log-file", log, "--metrics", "si_sdr", "--no-score-cache", "--out", tmp_path / "out")
    assert seinfer("compare", "--no-cost", "--models", "noisy", *options, tmp_path / "set").returncode == 0
    events = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    messages = [event["message"] for event in events]
    assert (messages[0], messages[-1]) == ("started", "ended")
    assert (messages.count("enhanced"), messages.count("scored")) == (2, 2)


def test_compare_set_without_clean_files_is_scored_with_dnsmos(tmp_path: Path) -> None:
    write_audio(tmp_path / "in" / "x.wav", speech_like(1.0, RATE))
    result = seinfer("compare", "--no-cost", "--models", "rnnoise", "--out", tmp_path / "out", tmp_path / "in")
    assert result.returncode == 0, result.stderr
    for row in rows(tmp_path / "out" / "per_clip.csv"):
        assert row["ref_status"] == "no_reference"
        assert not any(row[metric] for metric in ("sdr", "pesq_wb", "stoi"))
        assert 1 < float(row["dnsmos_ovrl"]) < 5
    assert rows(tmp_path / "out" / "clips.csv")[0]["has_ref"] == "false"


def test_compare_all_lists_models_that_cannot_run_with_the_command_that_fixes_it(tmp_path: Path) -> None:
    write_paired_set(tmp_path / "set", 1)
    result = seinfer(
        *("compare", "--no-cost", "--metrics", "si_sdr", "--out", "out", "set"),
        cwd=tmp_path,
        environment={"SEINFER_WEIGHTS_DIR": str(tmp_path / "none")},
    )
    assert result.returncode == 0, result.stderr
    folded = [line for line in result.stdout.splitlines() if "dpcrn-quant" in line]
    assert len(folded) == 1
    assert "; install with: seinfer models pull all; --all-rows shows each" in folded[0]
    each = seinfer("report", "out", "--all-rows", cwd=tmp_path).stdout
    assert "not run: dpcrn-quant: weights missing: seinfer models pull dpcrn-quant" in each
    assert sum(line.startswith("dpcrn-quant ") and "not run" in line for line in each.splitlines()) == 1
    header = json.loads((tmp_path / "out" / "run.json").read_text())
    assert "not_run" in header["models"]["dpcrn-tf"]


def test_compare_without_folder_uses_the_current_one_and_not_its_own_output(tmp_path: Path) -> None:
    write_paired_set(tmp_path, 1)
    for _ in range(2):  # the second command finds the output of the first in the folder
        result = seinfer("compare", "--no-cost", "--models", "noisy", "--metrics", "si_sdr", cwd=tmp_path)
        assert result.returncode == 0, result.stderr
    assert (tmp_path / "seinfer-out" / "per_clip.csv").is_file()
    assert len(rows(tmp_path / "seinfer-out" / "clips.csv")) == 1


CLIPS_HEADER = (
    "clip_id,noisy_path,clean_path,has_ref,sample_rate,channels,duration_s,snr_db,source,track,noise,device,distance,"
    "gender,emotion,language,category_raw,noisy_sha256,tl_db\n"
)


def test_compare_dns_file_names_give_categories_that_report_can_override(tmp_path: Path) -> None:
    write_audio(tmp_path / "set" / "rain_snr5_tl-26_fileid_1.wav", speech_like(0.5, RATE))
    write_audio(tmp_path / "set" / "clean_fileid_1.wav", speech_like(0.5, RATE, seed=1))
    write_audio(tmp_path / "set" / "alone.wav", speech_like(0.5, RATE, seed=2))
    result = seinfer(
        *(
            "compare",
            "--no-cost",
            "--models",
            "noisy",
            "--metrics",
            "si_sdr",
            "--category-regex",
            "^(?P<noise>[a-z]+)_",
            "set",
        ),
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
        result = invoke("compare", "--no-cost", *options, tmp_path / "set")
        assert result.exit_code == 0, result.output
        return {row["clip_id"]: row["sdr"] for row in rows(tmp_path / out / "per_clip.csv")}

    first = compare("first")
    monkeypatch.setattr(ScoringPool, "_start", lambda self: pytest.fail("a scoring process was started"))
    assert compare("second") == first


def test_compare_limit_takes_the_first_clips_and_a_larger_one_continues(tmp_path: Path) -> None:
    write_paired_set(tmp_path / "set", 3)
    options = ("--models", "noisy,rnnoise", "--metrics", "si_sdr", "--add", f"theirs={tmp_path / 'set' / 'clean'}")
    arguments = ("compare", "--no-cost", *options, "--out", tmp_path / "out", tmp_path / "set")
    result = seinfer(*arguments, "--limit", 2)
    assert result.returncode == 0, result.stderr
    assert "note: only the first 2 of 3 clips, in the order of clip_id (--limit)" in result.stdout
    assert [row["clip_id"] for row in rows(tmp_path / "out" / "clips.csv")] == ["c0", "c1"]
    assert json.loads((tmp_path / "out" / "run.json").read_text())["limit"] == 2
    more = seinfer(*arguments, "--limit", 3)
    assert "9 ok (4 of them from before), 0 failed" in more.stderr
    assert "only the first" not in more.stdout
    assert [row["clip_id"] for row in rows(tmp_path / "out" / "clips.csv")] == ["c0", "c1", "c2"]
