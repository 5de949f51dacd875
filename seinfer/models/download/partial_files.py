"""Partial files: no file has its final name before it is complete, verified and on the disk.

A download is written to `<name>.part`, so that the next try can continue it. One process at a time writes to the
partial files of a folder: it holds the lock file `.lock` there (filelock), which the operating system releases when the
process ends, however it ends. Another process waits while the files grow. If they do not grow, or if the file system
supports no locks, it writes to a temporary file of its own. In each case the last step is one rename of a file that one
process wrote.
"""

from __future__ import annotations

import errno
import logging
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING

from ...core.errors import DownloadError

if TYPE_CHECKING:
    from filelock import BaseFileLock

log = logging.getLogger(__name__)

LOCK_NAME = ".lock"
WAIT_S = 45.0
"""Longer than a download may stay without progress, so that a stalled process has given up before."""
ABANDONED_S = 86_400.0
_DISK_FULL = (errno.ENOSPC, errno.EDQUOT)
_NOT_ALLOWED = (errno.EACCES, errno.EPERM, errno.EROFS)


class PartialFile:
    """A file next to its final name, open for appending, written by this process alone.

    Attributes:
        path: of the partial file.
        needed_bytes: its size when complete, None while unknown; for the message about a full disk.
        is_kept: whether its content is kept for the next try.
    """

    def __init__(self, path: Path, *, is_kept: bool) -> None:
        self.path = path
        self.needed_bytes: int | None = None
        self.is_kept = is_kept
        with _disk_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file: IO[bytes] = path.open("ab", buffering=0)

    def __enter__(self) -> PartialFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if not (self.is_kept and self.size_bytes):
            self.path.unlink(missing_ok=True)  # a file that got its final name is not there any more
        self._file.close()

    @property
    def size_bytes(self) -> int:
        """Number of bytes in the file."""
        return os.fstat(self._file.fileno()).st_size

    @property
    def position(self) -> str:
        """Return "N of M bytes", for messages."""
        total = "unknown" if self.needed_bytes is None else f"{self.needed_bytes:,}"
        return f"{self.size_bytes:,} of {total} bytes"

    def write(self, data: bytes) -> None:
        """Append all of `data`.

        Raises:
            DownloadError: the disk is full, or writing is not allowed.
        """
        view = memoryview(data)
        with _disk_errors(self.path, self):
            while view:
                view = view[self._file.write(view) :]

    def restart(self) -> None:
        """Remove the content."""
        with _disk_errors(self.path):
            self._file.truncate(0)

    def rename(self, final: Path) -> None:
        """Give the file its final name, in one step, after its content was written to the disk.

        Raises:
            DownloadError: the disk is full, or writing is not allowed.
        """
        with _disk_errors(self.path):
            os.fsync(self._file.fileno())
            self.path.replace(final)


def resumable_file(final: Path) -> PartialFile:
    """Open `<final>.part` with the content that an earlier try left. The caller holds the folder's lock."""
    return PartialFile(final.with_name(f"{final.name}.part"), is_kept=True)


def temporary_file(final: Path) -> PartialFile:
    """Open a new file next to `final` that no other process uses; it is removed if it does not get a final name."""
    return PartialFile(final.with_name(f"{final.name}.{secrets.token_hex(4)}.part"), is_kept=False)


@contextmanager
def folder_lock(folder: Path) -> Iterator[bool]:
    """Hold the lock of a folder; yield whether it was obtained.

    It is not obtained if its holder makes no progress for WAIT_S, or if the file system supports no locks. The caller
    must check again which files are missing: another process may have downloaded them.

    Raises:
        DownloadError: the folder cannot be written to.
    """
    import filelock

    with _disk_errors(folder / LOCK_NAME):
        folder.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(folder)
    lock = filelock.FileLock(folder / LOCK_NAME)
    is_held = _acquire(lock, folder)
    try:
        yield is_held
    finally:
        if is_held:
            lock.release()


def _acquire(lock: BaseFileLock, folder: Path) -> bool:
    import filelock

    size_bytes = -1
    while (now_bytes := _partial_bytes(folder)) != size_bytes:
        size_bytes = now_bytes
        try:
            lock.acquire(timeout=WAIT_S)
            return True
        except filelock.Timeout:
            continue
        except (OSError, NotImplementedError) as error:
            # A network file system without locks, or a lock file of another user: a temporary file needs no lock.
            log.info("no lock", extra={"folder": str(folder), "error": str(error)})
            return False
    return False


def _partial_bytes(folder: Path) -> int:
    total = 0
    for path in folder.glob("*.part"):
        with suppress(FileNotFoundError):  # renamed meanwhile
            total += path.stat().st_size
    return total


def _remove_abandoned(folder: Path) -> None:
    """Remove temporary files that a killed process left long ago."""
    for path in folder.glob("*.????????.part"):
        with suppress(FileNotFoundError):  # another process removes them too
            if time.time() - path.stat().st_mtime > ABANDONED_S:
                path.unlink()


@contextmanager
def _disk_errors(path: Path, partial: PartialFile | None = None) -> Iterator[None]:
    """Turn an error of the operating system into a DownloadError that names the folder of `path`."""
    try:
        yield
    except OSError as error:
        missing = partial.needed_bytes - partial.size_bytes if partial and partial.needed_bytes else None
        raise DownloadError(_disk_message(error, path, missing)) from error


def _disk_message(error: OSError, path: Path, missing_bytes: int | None) -> str:
    if error.errno in _DISK_FULL:
        need = "" if missing_bytes is None else f", {missing_bytes:,} more are needed"
        problem = f"the disk is full ({shutil.disk_usage(path.parent).free:,} bytes free{need})"
        remedy = "free space there and run the command again: complete files are kept, and a download is continued"
    elif error.errno in _NOT_ALLOWED:
        problem = f"it cannot be written to ({error.strerror})"
        remedy = "let a user who has write permission run the same command"
    else:
        problem = f"it cannot be used ({error})"
        remedy = "check that it is a folder with write permission"
    return f"weights folder {path.parent}: {problem}; {remedy}, or choose another folder with SEINFER_WEIGHTS_DIR"
