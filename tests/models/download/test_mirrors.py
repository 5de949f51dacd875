"""Folders and files of the user as a source of weights."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from seinfer.core.errors import UsageError
from seinfer.models.download import checks, mirrors
from seinfer.models.download.mirrors import open_mirror
from tests.models.toy_models import CONTENT, OTHER, sha256, write

from .test_archives import tar_of


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record the names of the files that are hashed."""
    names: list[str] = []
    measure = checks.size_and_sha256

    def record(path: Path) -> tuple[int, str]:
        names.append(path.name)
        return measure(path)

    monkeypatch.setattr(mirrors, "size_and_sha256", record)
    return names


def test_find_renamed_file_in_a_deep_folder_is_found_by_hash(tmp_path: Path) -> None:
    write(tmp_path / "a" / "other.bin", OTHER)
    there = write(tmp_path / "a" / "b" / "c" / "renamed", CONTENT)
    mirror = open_mirror(tmp_path)
    assert mirror.find(sha256(CONTENT), len(CONTENT), "net.th") == there
    assert mirror.find(sha256(CONTENT)[:8], None, "net.th") == there
    assert mirror.find(sha256(b"none"), None, "net.th") is None


def test_find_single_file_is_a_mirror_of_one(tmp_path: Path) -> None:
    there = write(tmp_path / "x", CONTENT)
    write(tmp_path / "y", OTHER)
    assert open_mirror(there).find(sha256(CONTENT), None, "net.th") == there
    assert open_mirror(there).find(sha256(OTHER), None, "net.th") is None


def test_find_hashes_only_what_fits_and_only_once(tmp_path: Path, hashed: list[str]) -> None:
    write(tmp_path / "long", CONTENT + b"x")
    write(tmp_path / "right", CONTENT)
    for _ in range(3):
        assert open_mirror(tmp_path).find(sha256(CONTENT), len(CONTENT), "net.th") is not None
    assert hashed == ["right"]


def test_find_looks_first_at_the_file_of_the_same_name(tmp_path: Path, hashed: list[str]) -> None:
    for number in range(5):
        write(tmp_path / f"a{number}", OTHER)
    write(tmp_path / "z" / "net.th", CONTENT)
    assert open_mirror(tmp_path).find(sha256(CONTENT), None, "net.th") == tmp_path / "z" / "net.th"
    assert hashed == ["net.th"]


def test_open_mirror_lists_a_folder_once(tmp_path: Path) -> None:
    write(tmp_path / "x", CONTENT)
    first = open_mirror(tmp_path)
    assert open_mirror(tmp_path) is first


def test_open_mirror_links_are_followed_and_circular_links_end(tmp_path: Path) -> None:
    outside = write(tmp_path / "outside" / "net.th", CONTENT)
    inside = tmp_path / "inside"
    (inside / "sub").mkdir(parents=True)
    (inside / "sub" / "back").symlink_to(inside)
    (inside / "folder").symlink_to(outside.parent)
    (inside / "self").symlink_to("self")
    (inside / "dangling").symlink_to("nowhere")
    mirror = open_mirror(inside)
    assert [c.path for c in mirror.candidates] == [inside / "folder" / "net.th"]
    assert sorted(line.partition(": ")[0] for line in mirror.unreadable) == [
        str(inside / "dangling"),
        str(inside / "self"),
    ]


def test_open_mirror_pipes_and_sockets_are_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
    assert open_mirror(tmp_path).candidates == ()


def test_find_file_that_cannot_be_read_is_recorded_and_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Root may read everything, so the error of the system is simulated.
    write(tmp_path / "closed", CONTENT)
    there = write(tmp_path / "open", CONTENT)
    measure = checks.size_and_sha256

    def refuse(path: Path) -> tuple[int, str]:
        if path.name == "closed":
            raise PermissionError(13, "Permission denied", str(path))
        return measure(path)

    monkeypatch.setattr(mirrors, "size_and_sha256", refuse)
    mirror = open_mirror(tmp_path)
    assert mirror.find(sha256(CONTENT), None, "net.th") == there
    assert mirror.unreadable == [f"{tmp_path / 'closed'}: Permission denied"]


def test_find_archive_is_found_under_any_name(tmp_path: Path, hashed: list[str]) -> None:
    archive = tar_of(tmp_path / "model.bin", "w:gz", ("x", CONTENT))
    write(tmp_path / "weights.tar.gz", OTHER)
    assert open_mirror(tmp_path).find_archive(sha256(archive.read_bytes()), "weights.tar.gz") == archive
    assert hashed == ["model.bin"]


def test_open_mirror_missing_folder_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file or folder"):
        open_mirror(tmp_path / "nowhere")
