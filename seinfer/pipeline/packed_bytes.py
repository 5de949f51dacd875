"""Many byte strings: the last ones in memory, the others in a temporary file without a name.

The system removes the file when the process ends, for any reason. Its folder is that of `tempfile`: TMPDIR, else /tmp.
"""

from __future__ import annotations

import os
import struct
import tempfile
import threading
import weakref

from ..core.errors import RunFolderError

_IN_MEMORY = 4 << 20
"""Bytes that are kept in memory before they are written: most runs need no file."""
_PIECE = 1 << 20
"""Bytes that are written at once."""
_USUAL = 320
"""Bytes that are read at once: more than most strings have."""
_HEAD = struct.Struct("<QI")  # place of the string that this one replaces, or its own; length


class PackedBytes:
    """Place -> byte string; several threads may use it. A string that was replaced keeps its bytes in the file."""

    def __init__(self, in_memory: int = _IN_MEMORY) -> None:
        """Prepare an empty store that keeps up to `in_memory` bytes in memory."""
        self._lock = threading.Lock()
        self._limit = in_memory
        self._last = bytearray()
        self._n_written = 0
        self._descriptor = -1

    def add(self, packed: bytes, first: int | None = None) -> int:
        """Keep a byte string and return its place, at least 0.

        Args:
            packed: the bytes.
            first: `first_place` of the string that it replaces; None for a new one.

        Raises:
            RunFolderError: the temporary file cannot be written.
        """
        with self._lock:
            if len(self._last) > self._limit:
                self._write()
            place = self._n_written + len(self._last)
            self._last += _HEAD.pack(place if first is None else first, len(packed))
            self._last += packed
            return place

    def get(self, place: int) -> bytes:
        """Return the byte string of a place, which may be followed by other bytes.

        Raises:
            RunFolderError: the temporary file cannot be read.
        """
        found = self._read(place, _USUAL)
        size = _HEAD.size + _HEAD.unpack_from(found)[1]
        return (found if size <= len(found) else self._read(place, size))[_HEAD.size :]

    def first_place(self, place: int) -> int:
        """Return the place of the first of the strings that replaced each other, up to this one.

        Raises:
            RunFolderError: the temporary file cannot be read.
        """
        first: int = _HEAD.unpack(self._read(place, _HEAD.size))[0]
        return first

    def _read(self, place: int, size: int) -> bytes:
        with self._lock:
            start = place - self._n_written
            if start >= 0:
                return bytes(self._last[start : start + size])
        try:
            return os.pread(self._descriptor, size, place)  # what is in the file does not change
        except OSError as error:
            raise _unusable("read", error) from error

    def _write(self) -> None:
        """Move the strings in memory to the end of the file."""
        try:
            if self._descriptor < 0:
                file = tempfile.TemporaryFile(prefix="seinfer-", buffering=0)  # noqa: SIM115 open until the end
                weakref.finalize(self, file.close)
                self._descriptor = file.fileno()
            n_done = 0
            while n_done < len(self._last):  # a disk that becomes full accepts a part at first
                piece = bytes(self._last[n_done : n_done + _PIECE])
                n_done += os.pwrite(self._descriptor, piece, self._n_written + n_done)
        except OSError as error:
            raise _unusable("written", error) from error
        self._n_written += n_done
        self._last.clear()


def _unusable(action: str, error: OSError) -> RunFolderError:
    try:
        folder = tempfile.gettempdir()
    except OSError:
        folder = "the folders for temporary files"
    return RunFolderError(
        f"a temporary file in {folder} cannot be {action}: {error.strerror or error}; it holds the results of a large "
        "run; finished work is kept: free some space there, or set TMPDIR to a folder of a larger disk, and run the "
        "same command again"
    )
