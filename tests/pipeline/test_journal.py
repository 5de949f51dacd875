from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from seinfer.clips.discovery import JOURNAL
from seinfer.core.errors import RunFolderError
from seinfer.core.hashing import fingerprint
from seinfer.core.records import Clip, Enhancement, Score
from seinfer.pipeline.journal import RunFolder, read_journal

DONE = Enhancement("a/x", "m", "ok", sample_rate_in=16_000, wall_s=0.25)
FIGURES = Score("a/x", "m", 16_000, values={"sdr": 1.5}, reasons={"stoi": "too_short"}, lag_samples=0, gain_db=-0.5)


def test_run_folder_what_was_added_is_there_after_reopening(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    folder.add_plan({"run_id": "1"}, [Clip("a/x", "/in/x.wav", category={"noise": "fan"})])
    folder.add_enhancement("key", DONE)
    folder.add_score("other", FIGURES)
    folder.close()
    journal = read_journal(tmp_path / "run")
    assert journal.header == {"run_id": "1"}
    assert journal.clips == (Clip("a/x", "/in/x.wav", category={"noise": "fan"}),)
    assert journal.enhancements == {("a/x", "m"): ("key", DONE)}
    assert journal.scores == {("a/x", "m"): ("other", FIGURES)}


def test_run_folder_a_later_line_replaces_an_earlier_one(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.add_enhancement("old", Enhancement("a/x", "m", "failed", "crashed: x"))
    folder.add_enhancement("new", DONE)
    folder.close()
    assert read_journal(tmp_path).enhancements["a/x", "m"] == ("new", DONE)


@pytest.mark.parametrize("n_torn", [1, 10, 60])
def test_run_folder_a_torn_last_line_is_dropped_and_written_over(tmp_path: Path, n_torn: int) -> None:
    folder = RunFolder(tmp_path)
    folder.add_enhancement("one", DONE)
    folder.add_enhancement("two", Enhancement("b", "m", "ok"))
    folder.close()
    path = tmp_path / JOURNAL
    path.write_bytes(path.read_bytes()[:-n_torn])
    assert list(read_journal(tmp_path).enhancements) == [("a/x", "m")]
    folder = RunFolder(tmp_path)
    folder.add_enhancement("two", Enhancement("b", "m", "ok"))
    folder.close()
    assert list(read_journal(tmp_path).enhancements) == [("a/x", "m"), ("b", "m")]


def test_run_folder_a_damaged_line_in_the_middle_is_named(tmp_path: Path) -> None:
    (tmp_path / JOURNAL).write_text('{"kind": "plan"}\n{"ki\n{"kind": "plan"}\n')
    with pytest.raises(RunFolderError, match="line 2 is damaged"):
        read_journal(tmp_path)


def test_run_folder_without_resume_starts_from_nothing(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.add_enhancement("one", DONE)
    folder.close()
    folder = RunFolder(tmp_path, resume=False)
    assert folder.journal.enhancements == {}
    folder.close()


def test_run_folder_a_line_of_another_version_is_read_as_far_as_known(tmp_path: Path) -> None:
    line = {"kind": "enhancement", "key": "k", "clip_id": "x", "model": "m", "status": "ok", "from_the_future": 1}
    (tmp_path / JOURNAL).write_text(json.dumps(line) + "\n")
    assert read_journal(tmp_path).enhancements["x", "m"][1] == Enhancement("x", "m", "ok")


def test_run_folder_held_by_another_process_names_it(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from seinfer.pipeline.journal import RunFolder; "
        f"folder = RunFolder(Path({str(tmp_path)!r})); print('held', flush=True); sys.stdin.readline()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout and holder.stdout.readline() == "held\n"
        with pytest.raises(RunFolderError, match=f"in use by process {holder.pid} on "):
            RunFolder(tmp_path)
        holder.kill()
    RunFolder(tmp_path).close()


def test_run_folder_where_a_file_stands_names_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("a file")
    with pytest.raises(RunFolderError, match="choose another --out"):
        RunFolder(tmp_path / "run")


def test_read_journal_of_another_folder_says_it_is_not_a_run_folder(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match="is not a run folder"):
        read_journal(tmp_path)


def test_run_folder_odd_clip_names_survive(tmp_path: Path) -> None:
    name = "neue\nZeile/é中🎧\udcff"
    folder = RunFolder(tmp_path)
    folder.add_enhancement("k", Enhancement(name, "m", "ok"))
    folder.close()
    assert (name, "m") in read_journal(tmp_path).enhancements


def test_fingerprint_equal_values_give_equal_digests() -> None:
    assert fingerprint({"a": 1, "b": [2]}, "x") == fingerprint({"b": [2], "a": 1}, "x")
    assert fingerprint("a", "b") != fingerprint("ab")
    assert fingerprint(1) != fingerprint("1")
