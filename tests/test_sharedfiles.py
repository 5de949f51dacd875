from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from seinfer.core.records import WeightFile
from tests import sharedfiles

PRESENT, LOST = hashlib.sha256(b"present").hexdigest(), hashlib.sha256(b"lost").hexdigest()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "weights/net").mkdir(parents=True)
    (tmp_path / "weights/net/other-name.bin").write_bytes(b"present")
    (tmp_path / "SOURCES.tsv").write_text(f"weights/net/other-name.bin\t{PRESENT}\t7\nweights/net/b\t{LOST}\t4\n")
    return tmp_path


@pytest.mark.parametrize("digest", [PRESENT, PRESENT[:16]])
def test_find_by_hash_or_its_prefix_gives_the_file_whatever_its_name(folder: Path, digest: str) -> None:
    assert sharedfiles.find(folder, WeightFile("a", sha256=digest)) == folder / "weights/net/other-name.bin"


@pytest.mark.parametrize("digest", [LOST, ""])
def test_find_of_another_hash_or_none_gives_nothing(folder: Path, digest: str) -> None:
    assert sharedfiles.find(folder, WeightFile("a", sha256=digest)) is None


def test_promise_covers_the_list_and_nothing_else(folder: Path) -> None:
    assert sharedfiles.is_promised(folder, WeightFile("b", sha256=LOST))
    assert not sharedfiles.is_promised(folder, WeightFile("c", sha256="0" * 64))
    assert not sharedfiles.is_promised(folder, WeightFile("c"))


def test_shared_folder_that_is_absent_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SEINFER_SHARED", str(tmp_path / "nowhere"))
    assert sharedfiles.shared_folder() is None
    monkeypatch.setenv("SEINFER_SHARED", str(tmp_path))
    assert sharedfiles.shared_folder() == tmp_path
