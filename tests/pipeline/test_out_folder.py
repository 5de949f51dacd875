"""Which folders a run may write to."""

from __future__ import annotations

from pathlib import Path

import pytest

from seinfer.clips.discovery import JOURNAL
from seinfer.core.errors import RunFolderError, UsageError
from seinfer.pipeline.journal import LOCK
from seinfer.pipeline.out_folder import checked_out_folder


def create(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_out_folder_with_other_files_is_refused_with_their_names(tmp_path: Path) -> None:
    create(tmp_path / "noisy" / "x.wav", tmp_path / "notes.txt")
    with pytest.raises(UsageError, match=r"^out .* is neither empty nor a run folder: it contains noisy/, notes\.txt;"):
        checked_out_folder(tmp_path)
    with pytest.raises(UsageError, match=r"^--out .*; choose another folder, or give --force to write"):
        checked_out_folder(tmp_path, name="--out", remedy="--force")


def test_out_folder_with_other_files_is_accepted_by_force(tmp_path: Path) -> None:
    create(tmp_path / "notes.txt")
    assert checked_out_folder(tmp_path, force=True) == tmp_path


@pytest.mark.parametrize("names", [(), (LOCK,), (".DS_Store",), (JOURNAL, "notes.txt"), (f"demo/{JOURNAL}",)])
def test_out_folder_that_is_empty_or_of_a_run_is_accepted(tmp_path: Path, names: tuple[str, ...]) -> None:
    create(*(tmp_path / name for name in names))
    assert checked_out_folder(tmp_path) == tmp_path


def test_out_folder_with_folders_of_models_only_is_accepted(tmp_path: Path) -> None:
    create(tmp_path / "audio" / "rnnoise" / "x.wav")  # a run folder that was removed while a model was writing
    assert checked_out_folder(tmp_path) == tmp_path
    create(tmp_path / "audio" / "speaker" / "x.wav")
    with pytest.raises(UsageError, match="it contains audio/"):
        checked_out_folder(tmp_path)


def test_out_folder_that_does_not_exist_is_accepted_and_not_created(tmp_path: Path) -> None:
    assert not checked_out_folder(tmp_path / "new").exists()


def test_out_folder_that_cannot_be_listed_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(RunFolderError, match="cannot be used as run folder: Permission denied"):
        checked_out_folder(tmp_path)
