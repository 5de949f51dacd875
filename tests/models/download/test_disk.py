"""A disk that refuses: played, since tests may run as root, whom permissions do not stop, and cannot mount a disk."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import IO, Any

import pytest

from seinfer.core.errors import DownloadError, SeinferError
from seinfer.models.download import partials
from seinfer.models.weights import pull
from tests.models.toy_models import CONTENT, OTHER, file_of, served, spec_of, write

from .bad_server import BadServer

# No test here may touch the weights folder, the hosts or the patience of the real world.
pytestmark = pytest.mark.usefixtures("server")


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


def test_download_full_disk_tells_room_and_need_and_keeps_what_came(
    server: BadServer, partial: Path, weights_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = write(weights_folder / "toy" / "second.th", OTHER)
    made = partials._resumable

    def on_full_disk(final: Path) -> partials.Partial | None:
        found = made(final)
        assert found is not None
        found._file = FullDisk(found._file, 70_000)  # type: ignore[assignment]
        return found

    monkeypatch.setattr(partials, "_resumable", on_full_disk)
    spec = spec_of(file_of(OTHER, name="second.th"), *served(server, "ok").files)
    with pytest.raises(DownloadError, match=r"disk is full \([\d,]+ bytes free, 130,000 more are needed\)"):
        pull(spec)
    assert done.read_bytes() == OTHER
    assert partial.read_bytes() == CONTENT[:70_000]
    monkeypatch.setattr(partials, "_resumable", made)
    server.sent_bytes = 0
    assert pull(spec)["net.th"].read_bytes() == CONTENT
    assert server.sent_bytes == 130_000


@pytest.mark.parametrize("code", [errno.EROFS, errno.EACCES])
def test_download_folder_that_cannot_be_written_to_says_so(
    server: BadServer, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def refuse(self: Path, *args: object, **kwargs: object) -> None:
        raise OSError(code, os.strerror(code), str(self))

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(DownloadError, match=rf"cannot be written to \({os.strerror(code)}\).*SEINFER_WEIGHTS_DIR"):
        pull(served(server, "ok"))
    assert server.requests == []


def test_download_file_in_place_of_the_folder_says_so(server: BadServer, weights_folder: Path) -> None:
    write(weights_folder, b"a file")
    with pytest.raises(SeinferError, match=r"cannot be used.*SEINFER_WEIGHTS_DIR"):
        pull(served(server, "ok"))
    assert weights_folder.read_bytes() == b"a file"


def test_download_rename_that_fails_leaves_no_final_name(
    server: BadServer, final: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(descriptor: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(DownloadError, match="Input/output error"):
        pull(served(server, "ok"))
    assert not final.exists()
