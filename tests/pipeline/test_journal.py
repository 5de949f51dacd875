"""The journal of a run folder: every line survives a crash, and a damaged journal is reported."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from seinfer.clips.discovery import JOURNAL
from seinfer.core.errors import RunFolderError
from seinfer.core.hashing import fingerprint
from seinfer.core.records import Clip, Enhancement, Score
from seinfer.pipeline.journal import RunFolder, read_journal

DONE = Enhancement("a/x", "m", "ok", sample_rate_in=16_000, wall_s=0.25)
SCORE = Score("a/x", "m", 16_000, values={"sdr": 1.5}, reasons={"stoi": "too_short"}, lag_samples=0, gain_db=-0.5)


def test_run_folder_added_records_are_read_after_reopening(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    folder.add_plan({"run_id": "1"}, [Clip("a/x", "/in/x.wav", category={"noise": "fan"})])
    folder.add_enhancement("key", DONE)
    folder.add_score("other", SCORE)
    folder.close()
    journal = read_journal(tmp_path / "run")
    assert journal.header == {"run_id": "1"}
    assert journal.clips == (Clip("a/x", "/in/x.wav", category={"noise": "fan"}),)
    assert journal.enhancements == {("a/x", "m"): ("key", DONE)}
    assert journal.scores == {("a/x", "m"): ("other", SCORE)}


def test_run_folder_later_line_replaces_an_earlier_one(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.add_enhancement("old", Enhancement("a/x", "m", "failed", "crashed: x"))
    folder.add_enhancement("new", DONE)
    folder.close()
    assert read_journal(tmp_path).enhancements["a/x", "m"] == ("new", DONE)


def test_run_folder_scores_of_another_file_are_dropped(tmp_path: Path) -> None:
    score, other = Score("a/x", "m", 16_000, {"sdr": 1.0}), replace(DONE, estimate_sha256="another")
    folder = RunFolder(tmp_path)
    folder.add_enhancement("one", DONE)
    folder.add_score("s", score)
    folder.add_enhancement("one", DONE)
    assert folder.journal.scores == {("a/x", "m"): ("s", score)}
    folder.add_enhancement("two", other)
    assert folder.journal.scores == read_journal(tmp_path).scores == {}
    folder.close()


@pytest.mark.parametrize("n_missing", [1, 10, 60])
def test_run_folder_incomplete_last_line_is_dropped_and_overwritten(tmp_path: Path, n_missing: int) -> None:
    folder = RunFolder(tmp_path)
    folder.add_enhancement("one", DONE)
    folder.add_enhancement("two", Enhancement("b", "m", "ok"))
    folder.close()
    path = tmp_path / JOURNAL
    path.write_bytes(path.read_bytes()[:-n_missing])
    assert list(read_journal(tmp_path).enhancements) == [("a/x", "m")]
    folder = RunFolder(tmp_path)
    folder.add_enhancement("two", Enhancement("b", "m", "ok"))
    folder.close()
    assert list(read_journal(tmp_path).enhancements) == [("a/x", "m"), ("b", "m")]


def test_read_journal_damaged_line_in_the_middle_is_an_error_with_its_number(tmp_path: Path) -> None:
    (tmp_path / JOURNAL).write_text('{"kind": "plan"}\n{"ki\n{"kind": "plan"}\n')
    with pytest.raises(RunFolderError, match="line 2 is damaged"):
        read_journal(tmp_path)


PLAN: dict[str, Any] = {
    "kind": "plan",
    "header": {"models": {"m": {"license_code": "MIT", "license_weights": "MIT"}}, "lost_models": {}},
    "clips": [{"clip_id": "x", "noisy_path": "/in/x.wav"}],
}


def with_header(**keys: object) -> str:
    return json.dumps({**PLAN, "header": {**PLAN["header"], **keys}})


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("[" * 100_000, "maximum recursion depth exceeded"),
        ("[]", "the line is [], expected an object"),
        ('{"kind": "plan", "header": []}', "'header' is [], expected an object"),
        ('{"kind": "plan", "clips": 5}', "'clips' is 5, expected a list"),
        ('{"kind": "plan", "clips": [{"clip_id": "x", "noisy_path": 1}]}', "clip 'noisy_path' is 1, expected a text"),
        (with_header(models=5), "'models' is 5, expected an object"),
        (with_header(models={"m": []}), "'m' is [], expected an object"),
        (with_header(models={"m": {}}), "the model 'm' has no license_code"),
        (with_header(notes="x"), "'notes' is 'x', expected a list"),
        (with_header(report={"by": [1]}), "'by' item 1 is 1, expected a text"),
        ('{"kind": 5}', "its kind is 5, expected a text"),
        ('{"kind": "score", "key": "", "clip_id": "x", "model": "m"}', "missing 1 required positional argument"),
        ('{"kind": "score", "key": "", "clip_id": "x", "model": "m", "sample_rate": NaN}', "'sample_rate' is nan"),
        (
            '{"kind": "score", "key": "", "clip_id": "x", "model": "m", "sample_rate": 1, "values": {"sdr": 1e999}}',
            "'sdr' is inf, expected a number up to 1e+15",
        ),
    ],
)
def test_read_journal_line_in_another_form_is_damaged(tmp_path: Path, line: str, message: str) -> None:
    (tmp_path / JOURNAL).write_text(f"{json.dumps(PLAN)}\n{line}\n")
    with pytest.raises(RunFolderError, match=rf"line 2 is damaged \(.*{re.escape(message)}") as caught:
        read_journal(tmp_path)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            '{"kind": "verdict"}',
            "cannot be read by seinfer .*: it is of the kind 'verdict'; it needs seinfer 9.8",
        ),
        (json.dumps({**PLAN, "format": 2, "seinfer": "9.9"}), "it has the format 2; it needs seinfer 9.9: install it"),
    ],
)
def test_read_journal_of_a_later_version_names_the_version(tmp_path: Path, line: str, message: str) -> None:
    (tmp_path / JOURNAL).write_text(f"{json.dumps({**PLAN, 'format': 1, 'seinfer': '9.8'})}\n{line}\n")
    with pytest.raises(RunFolderError, match=message):
        read_journal(tmp_path)


def test_read_journal_unknown_kind_in_a_folder_without_a_version_needs_a_later_one(tmp_path: Path) -> None:
    (tmp_path / JOURNAL).write_text(f'{json.dumps(PLAN)}\n{{"kind": "verdict"}}\n')
    with pytest.raises(RunFolderError, match=f"it needs a version later than {version('seinfer')}"):
        read_journal(tmp_path)


def test_read_journal_without_a_format_is_readable(tmp_path: Path) -> None:
    (tmp_path / JOURNAL).write_text(f"{json.dumps(PLAN)}\n")
    assert read_journal(tmp_path).results().models == ("m",)


def test_run_folder_plan_states_format_and_version(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.add_plan({}, [])
    folder.close()
    plan = json.loads((tmp_path / JOURNAL).read_text())
    assert (plan["format"], plan["seinfer"]) == (1, version("seinfer"))


@pytest.mark.parametrize("text", ["", '{"kind": "plan"}\n', '{"kind": "plan", "header": {}, "clips": []}\n'])
def test_results_of_a_journal_without_a_run_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / JOURNAL).write_text(text)
    with pytest.raises(RunFolderError, match="lists no clips: the run was stopped before it began"):
        _ = read_journal(tmp_path).clips
    with pytest.raises(RunFolderError, match="lists no models: the run was stopped before it began"):
        read_journal(tmp_path).results()


def test_run_folder_without_resume_starts_empty(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.add_enhancement("one", DONE)
    folder.close()
    folder = RunFolder(tmp_path, resume=False)
    assert folder.journal.enhancements == {}
    folder.close()


def test_read_journal_line_of_another_version_is_read_without_unknown_fields(tmp_path: Path) -> None:
    line = {"kind": "enhancement", "key": "k", "clip_id": "x", "model": "m", "status": "ok", "unknown_field": 1}
    (tmp_path / JOURNAL).write_text(json.dumps(line) + "\n")
    assert read_journal(tmp_path).enhancements["x", "m"][1] == Enhancement("x", "m", "ok")


def test_run_folder_in_use_by_another_process_is_refused_with_its_id(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from seinfer.pipeline.journal import RunFolder; "
        f"folder = RunFolder(Path({str(tmp_path)!r})); print('open', flush=True); sys.stdin.readline()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout and holder.stdout.readline() == "open\n"
        with pytest.raises(RunFolderError, match=f"in use by process {holder.pid} on "):
            RunFolder(tmp_path)
        holder.kill()
    RunFolder(tmp_path).close()


def test_run_folder_path_of_a_file_is_refused_with_a_hint(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("a file")
    with pytest.raises(RunFolderError, match="choose another --out"):
        RunFolder(tmp_path / "run")


def test_read_journal_of_another_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match="is not a run folder"):
        read_journal(tmp_path)


def test_run_folder_clip_name_with_any_characters_is_read_back(tmp_path: Path) -> None:
    name = "neue\nZeile/é中🎧\udcff"
    folder = RunFolder(tmp_path)
    folder.add_enhancement("k", Enhancement(name, "m", "ok"))
    folder.close()
    assert (name, "m") in read_journal(tmp_path).enhancements


def test_fingerprint_equal_values_give_equal_digests() -> None:
    assert fingerprint({"a": 1, "b": [2]}, "x") == fingerprint({"b": [2], "a": 1}, "x")
    assert fingerprint("a", "b") != fingerprint("ab")
    assert fingerprint(1) != fingerprint("1")
