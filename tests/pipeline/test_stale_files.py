"""Enhanced files of clips that are no longer part of the run: which they are, and what is removed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from seinfer.clips.discovery import estimate_path
from seinfer.core.errors import RunFolderError
from seinfer.core.hashing import sha256_of
from seinfer.core.records import Clip, Enhancement
from seinfer.pipeline.journal import RunFolder, read_journal
from seinfer.pipeline.stale_files import clean, stale_files


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[RunFolder]:
    with closing(RunFolder(tmp_path / "out")) as folder:
        yield folder


def add(folder: RunFolder, clip_id: str, model: str = "m", **fields: Any) -> Path:
    """Write an estimate and its line in the journal; return its path."""
    path = estimate_path(folder.path, model, clip_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(clip_id.encode())
    done = {"model_sample_rate": 16_000, "estimate_sha256": sha256_of(path), **fields}
    folder.add_enhancement("key", Enhancement(clip_id, model, "ok", **done))
    return path


def plan(folder: RunFolder, *clips: str, limit: int | None = None) -> None:
    folder.add_plan({"limit": limit}, [Clip(name, f"/in/{name}.wav") for name in clips])


def found(folder: RunFolder) -> list[Path]:
    return list(stale_files(folder.path, folder.journal))


def contents(folder: Path) -> Sequence[Path]:
    return sorted(path for path in (folder / "audio").rglob("*") if path.is_file())


def test_stale_files_are_those_of_clips_that_the_last_command_did_not_have(folder: RunFolder) -> None:
    plan(folder, "a", "sub/b")
    current, gone = add(folder, "a"), [add(folder, "sub/b"), add(folder, "sub/b", "other")]
    assert found(folder) == []
    plan(folder, "a")
    assert found(folder) == gone
    assert current.is_file()


def test_stale_files_without_any_plan_are_none(folder: RunFolder) -> None:
    add(folder, "a")
    assert found(folder) == []


def test_stale_files_beyond_the_limit_of_the_last_command_are_none(folder: RunFolder) -> None:
    paths = {name: add(folder, name) for name in "abcd"}
    plan(folder, "a", "c", limit=2)
    assert found(folder) == [paths["b"]]
    plan(folder, "a", "c", limit=3)  # there were no more
    assert found(folder) == [paths["b"], paths["d"]]


def test_clean_removes_only_what_seinfer_wrote_and_empty_folders(folder: RunFolder) -> None:
    own, mine = add(folder, "sub/gone"), folder.path / "audio" / "m" / "mine.wav"
    changed, external = add(folder, "changed"), add(folder, "external", "theirs", model_sample_rate=0)
    current = add(folder, "a")
    mine.write_bytes(b"mine")
    changed.write_bytes(b"edited")
    plan(folder, "a")
    before = contents(folder.path)
    folder.close()
    dry = clean(folder.path, is_dry_run=True)
    assert contents(folder.path) == before
    done = clean(folder.path)
    assert dry == done
    assert (done.removed, done.n_bytes, done.changed, done.errors) == ([own], 8, [changed], {})
    assert contents(folder.path) == sorted([changed, current, external, mine])
    assert not own.parent.exists()
    assert read_journal(folder.path).clips == (Clip("a", "/in/a.wav"),)
    assert clean(folder.path).removed == []


@pytest.mark.parametrize("name", ["../../../far", "{far}", "link/far", "link_to_file", "x\0y", "../../far/../../far"])
def test_clean_never_leaves_the_folder_of_enhanced_files(folder: RunFolder, tmp_path: Path, name: str) -> None:
    far = tmp_path / "far.wav"
    far.write_bytes(b"far")
    (folder.path / "audio" / "m").mkdir(parents=True)
    (folder.path / "audio" / "m" / "link").symlink_to(tmp_path)
    (folder.path / "audio" / "m" / "link_to_file.wav").symlink_to(far)
    clip_id = name.format(far=far.with_suffix(""))
    done = Enhancement(clip_id, "m", "ok", model_sample_rate=16_000, estimate_sha256=sha256_of(far))
    folder.add_enhancement("key", done)
    plan(folder, "a")
    folder.close()
    assert clean(folder.path).removed == []
    assert far.read_bytes() == b"far"


def test_clean_of_a_file_that_cannot_be_removed_names_the_reason(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, other = add(folder, "b"), add(folder, "c")
    plan(folder, "a")
    folder.close()
    unlink = Path.unlink

    def refuse(self: Path, missing_ok: bool = False) -> None:
        if self.name == "b.wav":
            raise PermissionError(13, "Permission denied")
        unlink(self, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", refuse)
    done = clean(folder.path)
    assert (done.removed, done.errors) == ([other], {path: "Permission denied"})


def test_clean_of_another_folder_is_an_error_and_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match="is not a run folder"):
        clean(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_clean_of_a_folder_in_use_is_an_error(folder: RunFolder) -> None:
    add(folder, "b")
    plan(folder, "a")
    with pytest.raises(RunFolderError, match="is in use by"):
        clean(folder.path)
    assert len(clean(folder.path, is_dry_run=True).removed) == 1
