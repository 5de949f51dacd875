"""The last line that a run prints, and its exit code."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from seinfer.analysis.results import Results
from seinfer.cli.execute import closing_line, exit_code, stale_line
from seinfer.core.exit_codes import ALL_DONE, PARTLY_FAILED, USAGE
from seinfer.core.records import Enhancement
from tests.analysis.test_recommend import NOISY, compared
from tests.helpers import rows, seinfer, write_paired_set

from .conftest import run_main


def with_failure(results: Results) -> Results:
    slot, row = next(iter(results.rows.items()))
    failed = replace(row, enhancement=Enhancement(row.clip.clip_id, row.model, "failed", "crashed: x"))
    return replace(results, rows={**results.rows, slot: failed})


def test_closing_line_counts_rows_and_names_the_folder() -> None:
    results = compared({"noisy": NOISY}, n_clips=6)
    assert closing_line(results, Path("out")) == "6 ok, 0 failed; written to out"
    assert closing_line(results, None) == "6 ok, 0 failed"


def test_closing_line_with_failures_names_the_file_that_lists_them() -> None:
    results = with_failure(compared({"noisy": NOISY}, n_clips=6))
    assert closing_line(results, Path("out")) == "5 ok, 1 failed, see out/failures.csv; written to out"


def test_closing_line_counts_kept_rows_and_lost_models() -> None:
    results = compared({"noisy": NOISY}, n_clips=6)
    results = replace(results, header={**results.header, "n_kept": 4, "lost_models": {"a": "why"}})
    assert closing_line(results, None) == "6 ok (4 of them from before), 1 failed"


@pytest.mark.parametrize(
    "command",
    [
        ("run", "--model", "noisy", "set/noisy"),
        ("compare", "--models", "noisy", "set"),
        ("score", "--clean", "set/clean", "set/noisy"),
        ("demo",),
    ],
    ids=lambda command: command[0],
)
def test_out_folder_with_other_files_is_refused_and_unchanged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    write_paired_set(tmp_path / "set", 1)
    write_paired_set(tmp_path / "base", 1)
    before = sorted(tmp_path.rglob("*"))
    assert run_main(monkeypatch, *command, "--out", "base") == USAGE
    assert "--out base is neither empty nor a run folder: it contains clean/, noisy/;" in capsys.readouterr().err
    assert sorted(tmp_path.rglob("*")) == before


def test_run_with_force_among_clips_leaves_them_to_be_compared(tmp_path: Path) -> None:
    write_paired_set(tmp_path / "base", 2)
    write_paired_set(tmp_path / "set", 1)
    result = seinfer("run", "--model", "noisy", "--force", "--out", "base", "set/noisy", cwd=tmp_path)
    assert result.returncode == ALL_DONE, result.stderr
    assert (tmp_path / "base" / "audio" / "noisy" / "c0.wav").is_file()
    result = seinfer("compare", "--no-cost", "--models", "noisy", "--metrics", "si_sdr", "base", cwd=tmp_path)
    assert result.returncode == ALL_DONE, result.stderr
    found = rows(tmp_path / "seinfer-out" / "clips.csv")
    assert [(row["clip_id"], row["has_ref"]) for row in found] == [("c0", "true"), ("c1", "true")]


def test_stale_line_gives_the_number_of_files_and_the_command() -> None:
    results = compared({"noisy": NOISY}, n_clips=6)
    assert stale_line(results, Path("out")) == ""
    results = replace(results, header={**results.header, "n_stale_files": 1})
    assert stale_line(results, Path("my out")) == (
        "note: my out/audio also contains 1 file of clips that this run did not have; to remove: seinfer clean 'my out'"
    )


def test_exit_code_is_partly_failed_for_a_failed_clip_or_a_lost_model() -> None:
    results = compared({"noisy": NOISY}, n_clips=6)
    assert exit_code(results) == ALL_DONE
    assert exit_code(with_failure(results)) == PARTLY_FAILED
    assert exit_code(replace(results, header={**results.header, "lost_models": {"a": "why"}})) == PARTLY_FAILED
