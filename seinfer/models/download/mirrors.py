"""Files and folders that a user has, as a source of weights: files are found by hash, under any name in any folder.

A folder is listed once per process. A file is hashed at most once, and only if its size is right.
"""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ...core.errors import UsageError
from ...core.hashing import git_blob_id
from .archives import kind_of
from .checks import size_and_sha256


@dataclass(frozen=True)
class Candidate:
    """A regular file of a mirror; its digest is remembered for this path, size and time of modification."""

    path: Path
    bytes: int
    mtime_ns: int


@dataclass(frozen=True)
class Mirror:
    """The regular files of a folder, or a single file.

    Attributes:
        root: the folder or the single file.
        candidates: the files.
        unreadable: one line for each folder and file that could not be read.
    """

    root: Path
    candidates: tuple[Candidate, ...]
    unreadable: list[str]

    def find(self, sha256: str, size_bytes: int | None, name: str) -> Path | None:
        """Return a file whose digest is, or begins with, `sha256`; files of the same name are tried first."""
        fitting = [c for c in self.candidates if size_bytes is None or c.bytes == size_bytes]
        return self._first(fitting, sha256, name)

    def find_blob(self, git_sha1: str, size_bytes: int | None, name: str) -> Path | None:
        """Return a file with this id as a blob of git; files of the same name are tried first."""
        fitting = [c for c in self.candidates if c.bytes == size_bytes]
        fitting.sort(key=lambda c: c.path.name != name)
        return next((c.path for c in fitting if self._hash(_blob_id, c) == git_sha1), None)

    def find_archive(self, sha256: str, name: str) -> Path | None:
        """Return a tar or zip archive with this digest under any name; without a digest, one of this name."""
        candidates = [c for c in self.candidates if sha256 or c.path.name == name]
        return self._first([c for c in candidates if self._is_archive(c)], sha256, name)

    def _first(self, candidates: list[Candidate], sha256: str, name: str) -> Path | None:
        candidates = sorted(candidates, key=lambda c: c.path.name != name)
        return next((c.path for c in candidates if self.digest(c).startswith(sha256)), None)

    def digest(self, candidate: Candidate) -> str:
        """Return the sha256 of a file; "unreadable", which matches no digest, if it cannot be read."""
        return self._hash(_digest, candidate)

    def _hash(self, compute: Callable[[Candidate], str], candidate: Candidate) -> str:
        try:
            return compute(candidate)
        except OSError as error:
            self._record(candidate.path, error)
            return "unreadable"

    def _is_archive(self, candidate: Candidate) -> bool:
        try:
            return bool(kind_of(candidate.path))
        except OSError as error:
            self._record(candidate.path, error)
            return False

    def _record(self, path: Path, error: OSError) -> None:
        line = f"{path}: {error.strerror}"
        if line not in self.unreadable:
            self.unreadable.append(line)


def open_mirror(path: Path) -> Mirror:
    """Return the files of a folder and all its subfolders, or a single file.

    Raises:
        UsageError: there is no such file or folder.
    """
    path = path.absolute()
    if not path.exists():
        raise UsageError(
            f"--from {path}: there is no such file or folder; expected a weight file or a folder that contains some"
        )
    return _list(path)


@cache
def _list(root: Path) -> Mirror:
    unreadable: list[str] = []
    paths = _files_below(root, unreadable) if root.is_dir() else iter([root])
    return Mirror(root, tuple(filter(None, (_candidate(path, unreadable) for path in paths))), unreadable)


def _files_below(root: Path, unreadable: list[str]) -> Iterator[Path]:
    """Yield everything below a folder except folders. Links are followed, but no folder is listed twice."""
    seen: set[tuple[int, int]] = set()
    folders = [root]
    while folders:
        folder = folders.pop()
        try:
            status = folder.stat()
            entries = sorted(folder.iterdir())
        except OSError as error:
            unreadable.append(f"{folder}: {error.strerror}")
            continue
        if (status.st_dev, status.st_ino) in seen:
            continue
        seen.add((status.st_dev, status.st_ino))
        folders += [entry for entry in entries if entry.is_dir()]
        yield from (entry for entry in entries if not entry.is_dir())


def _candidate(path: Path, unreadable: list[str]) -> Candidate | None:
    """Return a regular file; None for a pipe, a socket or a device, which must not be opened."""
    try:
        status = path.stat()
    except OSError as error:  # a link to nothing or to itself
        unreadable.append(f"{path}: {error.strerror}")
        return None
    return Candidate(path, status.st_size, status.st_mtime_ns) if stat.S_ISREG(status.st_mode) else None


@cache
def _digest(candidate: Candidate) -> str:
    return size_and_sha256(candidate.path)[1]


@cache
def _blob_id(candidate: Candidate) -> str:
    return git_blob_id(candidate.path)
