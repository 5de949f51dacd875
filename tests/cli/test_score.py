"""`seinfer score`: folders of other programs, resume, score cache."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from seinfer.core.errors import UsageError
from seinfer.scoring.pool import ScoringPool
from tests.helpers import invoke, rows, seinfer, write_audio, write_paired_set


def test_score_each_folder_is_one_row(tmp_path: Path) -> None:
    write_paired_set(tmp_path, 3)
    for index in range(2):  # the third is missing in this folder
        write_audio(
            tmp_path / "theirs" / f"c{index}.wav", 0.9 * soundfile.read(tmp_path / "clean" / f"c{index}.wav")[0]
        )
    result = seinfer("score", "--clean", "clean", "--out", "out", "noisy", "theirs", cwd=tmp_path)
    assert result.returncode == 5, result.stderr
    found = {(row["clip_id"], row["model"]): row for row in rows(tmp_path / "out" / "per_clip.csv")}
    assert float(found["c0", "theirs"]["si_sdr"]) > 40 > float(found["c0", "noisy"]["si_sdr"])  # dB
    assert found["c2", "theirs"]["error"].startswith("missing: ")
    summary = {(row["model"], row["metric"]): row for row in rows(tmp_path / "out" / "summary.csv")}
    assert summary["noisy", "sdr"]["n"] == "3"
    assert summary["noisy", "sdr"]["n_common"] == "2"
    assert summary["theirs", "sdr"]["n_failed"] == "1"


def test_score_without_out_writes_no_files(tmp_path: Path) -> None:
    write_paired_set(tmp_path, 1)
    before = sorted(tmp_path.rglob("*"))
    result = seinfer("score", "--clean", "clean", "noisy", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert sorted(tmp_path.rglob("*")) == before


def test_score_estimates_that_cannot_be_scored_are_failed(tmp_path: Path) -> None:
    write_paired_set(tmp_path, 2)
    for name, samples in {"zero": np.zeros(24_000), "nan": np.full(24_000, np.nan)}.items():
        shutil.copytree(tmp_path / "noisy", tmp_path / name)
        write_audio(tmp_path / name / "c1.wav", samples, subtype="FLOAT")
    result = seinfer(
        *("score", "--clean", "clean", "--noisy", "noisy", "--metrics", "sdr,pesq_wb", "--out", "out", "--json"),
        *("zero", "nan"),
        cwd=tmp_path,
    )
    assert result.returncode == 5, result.stderr
    assert "4 ok, 2 failed, see out/failures.csv; written to out" in result.stderr
    found = {(row["clip_id"], row["model"]): row for row in rows(tmp_path / "out" / "per_clip.csv")}
    assert (found["c1", "zero"]["status"], found["c1", "zero"]["error"].partition(":")[0]) == ("failed", "silent_est")
    assert (found["c1", "nan"]["status"], found["c1", "nan"]["error"].partition(":")[0]) == ("failed", "nonfinite")
    assert found["c1", "zero"]["ref_status"] == "sdr: silent_est; pesq_wb: silent_est"
    models = {model["model"]: model for model in json.loads(result.stdout)["models"]}
    assert {name: (model["n_ok"], model["n_failed"]) for name, model in models.items()} == {
        "noisy": (2, 0),
        "zero": (1, 1),
        "nan": (1, 1),
    }
    assert models["zero"]["figures"]["sdr"]["win_rate"] == 0.25  # half of a tie, and a lost clip
    assert models["noisy"]["figures"]["sdr"]["summary"]["n"] == 1  # the clip that all have


def test_score_limit_scores_the_first_clips_only(tmp_path: Path) -> None:
    write_paired_set(tmp_path, 3)
    result = seinfer("score", "--clean", "clean", "--limit", 2, "--out", "out", "noisy", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert [row["clip_id"] for row in rows(tmp_path / "out" / "per_clip.csv")] == ["c0", "c1"]


def refuse_to_start(*_: object) -> None:
    raise AssertionError("a scoring process was started")


def test_score_again_starts_no_scoring_process_unless_a_file_changed_or_the_cache_is_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_paired_set(tmp_path, 2)
    monkeypatch.setenv("SEINFER_CACHE_DIR", str(tmp_path / "cache"))

    def score(out: str, *options: str) -> list[dict[str, str]]:
        command = ("score", "--clean", tmp_path / "clean", "--metrics", "sdr,stoi", "--out", tmp_path / out)
        result = invoke(*command, *options, tmp_path / "noisy")
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == 0, result.output
        return [
            {key: cell for key, cell in row.items() if key != "run_id"} for row in rows(tmp_path / out / "per_clip.csv")
        ]

    first = score("first")
    monkeypatch.setattr(ScoringPool, "_start", refuse_to_start)
    assert score("second") == first
    assert score("first", "--no-score-cache") == first  # the run folder has the scores
    with pytest.raises(AssertionError, match="a scoring process was started"):
        score("third", "--no-score-cache")
    (tmp_path / "clean" / "c0.wav").write_bytes((tmp_path / "clean" / "c1.wav").read_bytes())
    with pytest.raises(AssertionError, match="a scoring process was started"):
        score("fourth")


def test_score_html_without_out_is_a_usage_error_and_with_it_writes_the_page(tmp_path: Path) -> None:
    write_paired_set(tmp_path, 1)
    folders = ("--clean", tmp_path / "clean", "--metrics", "si_sdr", "--html", tmp_path / "noisy")
    error = invoke("score", *folders).exception
    assert isinstance(error, UsageError)
    assert "--out" in str(error)
    result = invoke("score", *folders, "--out", tmp_path / "out")
    assert result.exit_code == 0, result.exception
    assert (tmp_path / "out" / "report.html").read_text(encoding="utf-8").count("<audio controls") == 2
