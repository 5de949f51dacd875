"""`seinfer.compare` and `seinfer.score`: the same results as the commands, exceptions instead of exit codes."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

import seinfer
from seinfer.core.errors import MissingWeightsError, PairingError, UsageError
from seinfer.pipeline import api
from tests.helpers import RATE, rows, speech_like, tables, write_audio, write_paired_set
from tests.helpers import seinfer as run_command


@pytest.fixture
def paired(tmp_path: Path) -> Path:
    return write_paired_set(tmp_path / "set", 3)


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder in which temporary run folders are made."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def test_compare_writes_the_tables_that_the_command_writes(paired: Path, tmp_path: Path) -> None:
    options = ("--models", "noisy,rnnoise", "--metrics", "si_sdr,stoi", "--add", f"theirs={paired / 'clean'}")
    by_command = run_command(
        "compare", "--no-cost", *options, "--by", "duration", "--out", tmp_path / "command", paired
    )
    assert by_command.returncode == 0, by_command.stderr
    result = seinfer.compare(
        paired,
        ["noisy", "rnnoise"],
        metrics=["si_sdr", "stoi"],
        add={"theirs": paired / "clean"},
        by=["duration"],
        out=tmp_path / "call",
    )
    assert result.path == tmp_path / "call"
    assert tables(tmp_path / "call") == tables(tmp_path / "command")
    assert result.failures == {}


def test_compare_into_a_folder_with_other_files_is_refused_without_force(paired: Path) -> None:
    with pytest.raises(UsageError, match=r"^out .* contains clean/, noisy/; choose another folder, or give force=True"):
        seinfer.compare("anything", "noisy", out=paired)
    with pytest.raises(UsageError, match="is neither empty nor a run folder"):
        seinfer.score(paired / "noisy", paired / "clean", out=paired)
    result = seinfer.score(paired / "noisy", paired / "clean", metrics="si_sdr", out=paired, force=True)
    assert len(result.per_clip) == 3


def test_compare_result_has_the_rows_of_the_files(paired: Path, tmp_path: Path) -> None:
    result = seinfer.compare(paired, "rnnoise", metrics="si_sdr", limit=2, out=tmp_path / "out")
    for name in ("per_clip", "summary", "pairwise"):
        written = rows(tmp_path / "out" / f"{name}.csv")
        table = getattr(result, name)
        assert (len(table), list(table.columns)) == (len(written), list(written[0]))
        metric = "si_sdr" if name == "per_clip" else "n"
        assert [float(row[metric]) for row in written] == pytest.approx([row[metric] for row in table], abs=1e-6)
    assert [row["clip_id"] for row in result.per_clip] == ["c0", "c0", "c1", "c1"]
    assert [row["model"] for row in result.leaderboard] == ["noisy", "rnnoise"]
    assert any("only the first 2 of 3 clips" in note for note in json_of(result)["notes"])
    assert json_of(result)["argv"] == ["seinfer.compare", str(paired), "models=rnnoise", "metrics=si_sdr"]


def json_of(result: seinfer.RunResult) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((result.path / "run.json").read_text())
    return document


def test_compare_continues_what_the_command_did(paired: Path, tmp_path: Path) -> None:
    options = ("--models", "rnnoise", "--metrics", "si_sdr", "--limit", "2", "--out", tmp_path / "out")
    assert run_command("compare", "--no-cost", *options, paired).returncode == 0
    result = seinfer.compare(paired, "rnnoise", metrics="si_sdr", out=tmp_path / "out")
    assert (json_of(result)["n_kept"], len(result.per_clip)) == (4, 6)


def test_compare_without_out_uses_a_temporary_folder_that_lives_as_long_as_the_result(
    paired: Path, tmp_path: Path, temporary: Path
) -> None:
    result = seinfer.compare(paired, "noisy", metrics="si_sdr", limit=1)
    assert result.path.parent == temporary and (result.path / "audio" / "noisy" / "c0.wav").is_file()
    saved = result.save(tmp_path / "saved")
    with pytest.raises(seinfer.SeinferError, match="saved exists already"):
        result.save(saved)
    del result
    assert list(temporary.iterdir()) == []
    assert run_command("report", saved).returncode == 0


def test_compare_a_failed_clip_is_a_row_with_its_reason(tmp_path: Path) -> None:
    write_audio(tmp_path / "in" / "good.wav", speech_like(0.5, RATE))
    (tmp_path / "in" / "bad.wav").write_text("no audio")
    write_audio(tmp_path / "clean" / "good.wav", speech_like(0.5, RATE))
    write_audio(tmp_path / "clean" / "bad.wav", speech_like(0.5, RATE))
    result = seinfer.compare(tmp_path / "in", "noisy", clean=tmp_path / "clean", metrics="si_sdr")
    assert list(result.failures) == [("bad", "noisy")]
    assert result.failures["bad", "noisy"].startswith("unreadable: ")
    assert "1 failed" in repr(result)


def test_compare_all_names_the_models_that_did_not_run(
    paired: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEINFER_WEIGHTS_DIR", str(tmp_path / "none"))
    result = seinfer.compare(paired, metrics="si_sdr", limit=1)
    assert result.models == ("noisy", "rnnoise", "wiener", "spectral-gating", "wpe")
    assert "seinfer models pull dpcrn-quant" in result.not_run["dpcrn-quant"]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"models": ["rnoise"]}, UsageError, "did you mean rnnoise"),
        ({"models": []}, UsageError, "names no model"),
        ({"models": "dpcrn-quant"}, MissingWeightsError, "seinfer models pull dpcrn-quant"),
        ({"folder": "nowhere"}, UsageError, "nowhere does not exist"),
        ({"metrics": ["pesk"]}, UsageError, "no metric called 'pesk'"),
        ({"metrics": "si_sdr", "clean": "other"}, PairingError, "has no noisy partner"),
        ({"by": ["nois"]}, UsageError, "did you mean noise"),
        ({"limit": 0}, UsageError, "limit is 0; expected at least 1"),
        ({"threads": 0}, UsageError, "threads is 0"),
        ({"jobs": -1}, UsageError, "jobs is -1"),
        ({"score_rate": 100}, UsageError, "score_rate is '100'; expected native, or Hz"),
        ({"subtype": "MP3"}, UsageError, "subtype is 'MP3'"),
        ({"device": "tpu"}, UsageError, "tpu"),
        ({"options": {"dry": 0.1}}, UsageError, "none of the chosen models has it"),
        ({"add": {"rnnoise": "set/clean"}}, UsageError, "'rnnoise' is a model"),
        ({"engine": "spark"}, UsageError, "engine is 'spark'; expected local or ray"),
        ({"models_files": ["bad.toml"]}, seinfer.SeinferError, "bad.toml: cannot be read"),
    ],
)
def test_compare_with_an_invalid_argument_raises_and_leaves_no_folder(
    paired: Path,
    tmp_path: Path,
    temporary: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: dict[str, Any],
    error: type[Exception],
    message: str,
) -> None:
    write_audio(tmp_path / "other" / "y.wav", speech_like(0.2, RATE))
    monkeypatch.setenv("SEINFER_WEIGHTS_DIR", str(tmp_path / "none"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=message):
        seinfer.compare(**{"folder": paired, "models": "noisy", **arguments})
    assert list(temporary.iterdir()) == []


def test_compare_interrupted_passes_the_interrupt_and_leaves_no_temporary_folder(
    paired: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(api, "execute_here", interrupt)
    with pytest.raises(KeyboardInterrupt):
        seinfer.compare(paired, "noisy")
    assert list(temporary.iterdir()) == []


def test_score_writes_the_tables_that_the_command_writes(paired: Path, tmp_path: Path) -> None:
    options = ("--metrics", "si_sdr", "--noisy", paired / "noisy", "--clean", paired / "clean")
    shutil.copytree(paired / "clean", tmp_path / "theirs")
    assert run_command("score", *options, "--out", tmp_path / "command", tmp_path / "theirs").returncode == 0
    result = seinfer.score(
        tmp_path / "theirs", paired / "clean", noisy=paired / "noisy", metrics=["si_sdr"], out=tmp_path / "call"
    )
    assert tables(tmp_path / "call") == tables(tmp_path / "command")
    assert result.models == ("noisy", "theirs")


def test_score_several_folders_are_rows_named_by_folder(paired: Path) -> None:
    result = seinfer.score(
        [str(paired / "noisy"), str(paired / "clean")], str(paired / "clean"), metrics="stoi", limit=1
    )
    assert [(row["model"], row["clip_id"]) for row in result.per_clip] == [("clean", "c0"), ("noisy", "c0")]
    with pytest.raises(UsageError, match="same name"):
        seinfer.score([paired / "noisy", paired / "noisy"], paired / "clean")


def test_compare_in_a_script_without_a_main_guard_runs_and_prints_nothing(paired: Path, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import seinfer\n"
        f"result = seinfer.compare({str(paired)!r}, 'rnnoise', metrics='si_sdr', jobs=2, out={str(tmp_path / 'o')!r})\n"
        "assert len(result.per_clip) == 6, result\n"
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_compare_with_cost_measures_each_model_alone(paired: Path, tmp_path: Path) -> None:
    result = seinfer.compare(paired, "noisy", metrics="si_sdr", limit=1, cost=True, out=tmp_path / "out")
    assert result.leaderboard[0]["rtf_source"] in ("alone", "alone, busy machine")
    assert [row["model"] for row in rows(tmp_path / "out" / "costs.csv")] == ["noisy"]


def test_compare_with_html_writes_the_page_and_without_it_there_is_none(paired: Path, tmp_path: Path) -> None:
    asked = {"models": "noisy", "metrics": "si_sdr", "limit": 1, "out": tmp_path / "out"}
    page = seinfer.compare(paired, **asked, html=True).html
    assert page == tmp_path / "out" / "report.html"
    assert "<audio controls" in page.read_text(encoding="utf-8")
    assert seinfer.compare(paired, **asked).html is None
