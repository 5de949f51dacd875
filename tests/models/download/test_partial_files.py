"""Partial files and the lock of their folder; errors of the disk are simulated.

Tests may run as root, who may write everywhere, and cannot mount a small disk.
"""

from __future__ import annotations

import errno
import fcntl
import os
import threading
from pathlib import Path
from typing import IO, Any

import filelock
import pytest

from seinfer.core.errors import DownloadError, SeinferError
from seinfer.models.download import partial_files, pulling
from seinfer.models.download.partial_files import LOCK_NAME, PartialFile, folder_lock, resumable_file, temporary_file
from seinfer.models.weights import pull
from tests.models.toy_models import CONTENT, OTHER, file_of, names_in, served, spec_of, write

from .bad_server import BadServer

# --- Files ---


def test_partial_file_renamed_has_only_its_final_name(tmp_path: Path) -> None:
    final = tmp_path / "toy" / "net.th"
    with resumable_file(final) as partial:
        partial.write(CONTENT)
        assert not final.exists()
        partial.rename(final)
    assert final.read_bytes() == CONTENT
    assert names_in(tmp_path) == ["toy/net.th"]


def test_resumable_file_that_was_interrupted_is_continued(tmp_path: Path) -> None:
    final = tmp_path / "net.th"
    with pytest.raises(KeyboardInterrupt), resumable_file(final) as partial:
        partial.write(CONTENT[:1000])
        raise KeyboardInterrupt
    with resumable_file(final) as partial:
        assert partial.size_bytes == 1000
        partial.write(CONTENT[1000:])
        partial.rename(final)
    assert final.read_bytes() == CONTENT


def test_partial_file_that_is_empty_temporary_or_not_kept_is_removed(tmp_path: Path) -> None:
    with resumable_file(tmp_path / "net.th") as partial:
        partial.write(CONTENT)
        partial.is_kept = False
    with resumable_file(tmp_path / "empty.th"):
        pass
    with temporary_file(tmp_path / "copy.th") as partial:
        partial.write(CONTENT)
    assert names_in(tmp_path) == []


def test_temporary_files_of_one_name_are_different_files(tmp_path: Path) -> None:
    final = tmp_path / "net.th"
    with temporary_file(final) as first, temporary_file(final) as second:
        assert first.path != second.path
        for partial in (first, second):
            partial.write(CONTENT)
            partial.rename(final)
    assert final.read_bytes() == CONTENT
    assert names_in(tmp_path) == ["net.th"]


def test_write_that_accepts_only_a_part_is_repeated(tmp_path: Path) -> None:
    class Short:
        def __init__(self, file: IO[bytes]) -> None:
            self.file = file

        def write(self, data: memoryview) -> int:
            return self.file.write(data[:7])

        def __getattr__(self, name: str) -> object:
            return getattr(self.file, name)

    with temporary_file(tmp_path / "net.th") as partial:
        partial._file = Short(partial._file)  # type: ignore[assignment]
        partial.write(CONTENT[:1000])
        partial.rename(tmp_path / "net.th")
    assert (tmp_path / "net.th").read_bytes() == CONTENT[:1000]


# --- The lock of a folder ---


def test_folder_lock_second_process_waits_for_the_first(tmp_path: Path) -> None:
    final = tmp_path / "net.th"
    order = []
    is_waiting = threading.Event()

    def second() -> None:
        is_waiting.set()
        with folder_lock(tmp_path) as is_locked:
            order.append(("second", is_locked, final.exists()))

    with folder_lock(tmp_path) as is_locked, resumable_file(final) as partial:
        thread = threading.Thread(target=second)
        thread.start()
        assert is_waiting.wait(10)
        partial.write(CONTENT)
        order.append(("first", is_locked, final.exists()))
        partial.rename(final)
    thread.join(10)
    assert order == [("first", True, False), ("second", True, True)]
    assert names_in(tmp_path) == ["net.th"]


def test_folder_lock_waits_as_long_as_the_files_of_its_holder_grow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partial_files, "WAIT_S", 0.01)
    n_timeouts = 0

    with folder_lock(tmp_path), resumable_file(tmp_path / "net.th") as growing:
        acquire = filelock.FileLock.acquire

        def count(self: filelock.FileLock, **options: Any) -> object:
            nonlocal n_timeouts
            try:
                return acquire(self, **options)
            except filelock.Timeout:
                n_timeouts += 1
                if n_timeouts < 5:
                    growing.write(b"x")
                raise

        monkeypatch.setattr(filelock.FileLock, "acquire", count)
        with folder_lock(tmp_path) as is_locked:
            assert not is_locked
    assert n_timeouts == 5


def test_pull_while_another_process_holds_the_lock_without_progress_uses_a_temporary_file(
    server: BadServer, final: Path, partial: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partial_files, "WAIT_S", 0.05)
    with folder_lock(final.parent), resumable_file(final) as stuck:
        stuck.write(OTHER[:1000])
        pull(served(server, "ok"))
        assert final.read_bytes() == CONTENT
        assert partial.read_bytes() == OTHER[:1000]


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.EOPNOTSUPP])
def test_folder_lock_on_a_file_system_without_locks_is_not_obtained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def refuse(file: object, operation: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with folder_lock(tmp_path) as is_locked:
        assert not is_locked


@pytest.mark.filterwarnings("ignore:flock not supported")
def test_pull_on_a_file_system_that_has_no_flock_succeeds(
    server: BadServer, weights_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(file: object, operation: int) -> None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))

    monkeypatch.setattr(fcntl, "flock", refuse)
    assert pull(served(server, "ok"))["net.th"].read_bytes() == CONTENT
    assert names_in(weights_folder) == ["toy/net.th"]


def test_folder_lock_removes_old_temporary_files_and_keeps_new_and_resumable_ones(tmp_path: Path) -> None:
    old = write(tmp_path / "net.th.0123abcd.part", CONTENT)
    new = write(tmp_path / "net.th.4567cdef.part", CONTENT)
    resumable = write(tmp_path / "net.th.part", CONTENT)
    for path in (old, resumable):
        os.utime(path, (0, 0))
    with folder_lock(tmp_path):
        assert not old.exists() and new.exists() and resumable.exists()
    assert (tmp_path / LOCK_NAME).stat().st_size == 0


# --- Errors of the disk ---


class FullDisk:
    """A file on a disk that has room for `room` more bytes."""

    def __init__(self, file: IO[bytes], room: int) -> None:
        self.file, self.room = file, room

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)

    def write(self, data: bytes) -> int:
        if not self.room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written = self.file.write(data[: self.room])
        self.room -= written
        return written


def test_pull_on_a_full_disk_names_free_and_needed_bytes_and_keeps_the_bytes_received(
    server: BadServer, partial: Path, weights_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    complete = write(weights_folder / "toy" / "second.th", OTHER)

    def on_full_disk(final: Path) -> PartialFile:
        opened = resumable_file(final)
        opened._file = FullDisk(opened._file, 70_000)  # type: ignore[assignment]
        return opened

    spec = spec_of(file_of(OTHER, name="second.th"), *served(server, "ok").files)
    with monkeypatch.context() as patch:
        patch.setattr(pulling, "resumable_file", on_full_disk)
        with pytest.raises(DownloadError, match=r"disk is full \([\d,]+ bytes free, 130,000 more are needed\)"):
            pull(spec)
    assert complete.read_bytes() == OTHER
    assert partial.read_bytes() == CONTENT[:70_000]
    # Not the bytes that the server sent: it may still be sending the first answer.
    assert pull(spec)["net.th"].read_bytes() == CONTENT
    assert server.requests[-1] == ("/ok/net.th", "bytes=70000-")


@pytest.mark.parametrize("code", [errno.EROFS, errno.EACCES])
def test_pull_into_a_folder_without_write_permission_is_an_error(
    server: BadServer, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def refuse(self: Path, *args: object, **kwargs: object) -> None:
        raise OSError(code, os.strerror(code), str(self))

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(DownloadError, match=rf"cannot be written to \({os.strerror(code)}\).*SEINFER_WEIGHTS_DIR"):
        pull(served(server, "ok"))
    assert server.requests == []


def test_pull_with_a_file_in_place_of_the_folder_is_an_error(server: BadServer, weights_folder: Path) -> None:
    write(weights_folder, b"a file")
    with pytest.raises(SeinferError, match=r"cannot be used.*SEINFER_WEIGHTS_DIR"):
        pull(served(server, "ok"))
    assert weights_folder.read_bytes() == b"a file"


def test_pull_whose_last_write_fails_leaves_no_final_name(
    server: BadServer, final: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(descriptor: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(DownloadError, match="Input/output error"):
        pull(served(server, "ok"))
    assert not final.exists()
