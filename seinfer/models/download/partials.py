"""Files under construction: nothing stands under its final name before it is complete, verified and on the disk.

A download grows in `<name>.part`, so that the next try can go on from there. Who holds the file is the kernel's
business: an advisory lock (flock) on the open file itself, which ends with its process however that ends, so that there
is no lock file to go stale. Another process waits while the file grows; where it stands still, or where the file system
knows no locks, it builds a private file of its own. Either way the last step is one rename of a file that one process
wrote.
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from ...core.errors import DownloadError

WAIT_S = 45.0  # longer than a download may stand still, so that a stalled holder has given up by then
POLL_S = 0.1
LITTER_S = 86_400.0
_FULL = (errno.ENOSPC, errno.EDQUOT)
_REFUSED = (errno.EACCES, errno.EPERM, errno.EROFS)


class Partial:
    """A file beside its final name, open for appending, written by this process alone.

    Attributes:
        path: where it lies.
        needed_bytes: its size when complete, None while that is unknown; for the message of a full disk.
        is_kept: whether what it holds is worth keeping for the next try.
    """

    def __init__(self, path: Path, file: IO[bytes], *, is_kept: bool) -> None:
        self.path = path
        self.needed_bytes: int | None = None
        self.is_kept = is_kept
        self._file = file

    @property
    def size_bytes(self) -> int:
        """Bytes that it holds."""
        return os.fstat(self._file.fileno()).st_size

    def write(self, data: bytes) -> None:
        """Append all of `data`.

        Raises:
            DownloadError: the disk is full or refuses.
        """
        view = memoryview(data)
        with _disk_trouble(self.path, self._missing_bytes):
            while view:
                view = view[self._file.write(view) :]

    def restart(self) -> None:
        """Drop what it holds."""
        with _disk_trouble(self.path):
            self._file.truncate(0)

    def place(self, final: Path) -> None:
        """Give the file its final name, in one step and only once it is on the disk.

        Raises:
            DownloadError: the disk is full or refuses.
        """
        with _disk_trouble(self.path):
            os.fsync(self._file.fileno())
            self.path.replace(final)

    def release(self) -> None:
        """Close it, and remove it unless it is worth keeping. A file that was placed has left already."""
        # Unlinked while the lock is still held: whoever opened it meanwhile sees that its name is gone.
        if not (self.is_kept and self.size_bytes):
            self.path.unlink(missing_ok=True)
        self._file.close()

    def _missing_bytes(self) -> int | None:
        return None if self.needed_bytes is None else self.needed_bytes - self.size_bytes


@contextmanager
def claim(final: Path) -> Iterator[Partial]:
    """Hold `<final>.part` together with what an earlier try left in it, or a private file where that is not to be had.

    The caller must look again whether `final` is there by now: another process may have been at it.

    Raises:
        DownloadError: the folder cannot be written to.
    """
    with _disk_trouble(final):
        final.parent.mkdir(parents=True, exist_ok=True)
        _sweep(final.parent)
        partial = _resumable(final) or _private(final)
    try:
        yield partial
    finally:
        partial.release()


@contextmanager
def private(final: Path) -> Iterator[Partial]:
    """Hold a new file beside `final` that no one else knows of; what is not placed is removed.

    Raises:
        DownloadError: the folder cannot be written to.
    """
    with _disk_trouble(final):
        final.parent.mkdir(parents=True, exist_ok=True)
        partial = _private(final)
    try:
        yield partial
    finally:
        partial.release()


@contextmanager
def _disk_trouble(path: Path, missing_bytes: Callable[[], int | None] = lambda: None) -> Iterator[None]:
    """Turn what the disk says into a DownloadError that names `path`'s folder."""
    try:
        yield
    except OSError as error:
        raise DownloadError(_disk_message(error, path, missing_bytes())) from error


def _disk_message(error: OSError, path: Path, missing_bytes: int | None) -> str:
    if error.errno in _FULL:
        need = "" if missing_bytes is None else f", {missing_bytes:,} more are needed"
        what = f"the disk is full ({_free_bytes(path):,} bytes free{need})"
        way = "make room there and run it again: what is complete stays, and a download goes on where it stopped"
    elif error.errno in _REFUSED:
        what = f"it cannot be written to ({error.strerror})"
        way = "let someone who may write there run the same command"
    else:
        what = f"it cannot be used ({error})"
        way = "see that it is a folder that you may write to"
    return f"weights folder {path.parent}: {what}; {way}, or choose another folder with SEINFER_WEIGHTS_DIR"


def _free_bytes(path: Path) -> int:
    return shutil.disk_usage(path.parent).free


def _private(final: Path) -> Partial:
    path = final.with_name(f"{final.name}.{secrets.token_hex(4)}.part")
    return Partial(path, path.open("xb", buffering=0), is_kept=False)


def _resumable(final: Path) -> Partial | None:
    """Return `<final>.part`, locked; None where another process holds it and stands still, or where no lock is had."""
    path = final.with_name(final.name + ".part")
    size_bytes, since = -1, time.monotonic()
    while True:
        file = path.open("ab", buffering=0)
        locked = _lock(file)
        if locked and _is_still(path, file):
            return Partial(path, file, is_kept=True)
        seen_bytes = os.fstat(file.fileno()).st_size
        file.close()
        if locked:
            continue  # placed or removed by its holder between our open and our lock
        if seen_bytes != size_bytes:
            size_bytes, since = seen_bytes, time.monotonic()
        if locked is None or time.monotonic() - since > WAIT_S:
            return None
        time.sleep(POLL_S)


def _lock(file: IO[bytes]) -> bool | None:
    """Return whether we hold the file now, or None where this system has no such locks."""
    try:
        import fcntl
    except ImportError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # network file systems mounted without locks: ENOLCK, ENOSYS, EOPNOTSUPP
        return None
    return True


def _is_still(path: Path, file: IO[bytes]) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


def _sweep(folder: Path) -> None:
    """Remove private files that a killed process left behind long ago."""
    for path in folder.glob("*.????????.part"):
        with suppress(FileNotFoundError):  # another process sweeps too
            if time.time() - path.stat().st_mtime > LITTER_S:
                path.unlink()
