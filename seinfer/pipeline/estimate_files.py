"""Put the enhanced files of one run folder into another: as hard links, or as copies."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ..audio.writing import PART_SUFFIX
from ..core.errors import RunFolderError
from ..core.hashing import sha256_of
from ..core.progress import Progress

_STAGE = "files"
"""Name of the progress stage."""
_THREADS = 8  # on a network file system each link waits for the server
_NO_LINKS = (errno.EXDEV, errno.EPERM, errno.EACCES, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK, errno.ENOSYS)
"""Errors of a file system that has no hard links, of another one, of one that forbids them, and of too many links."""


@dataclass(frozen=True)
class EstimateFile:
    """One enhanced file.

    Attributes:
        source, target: paths.
        sha256: digest that its journal states.
    """

    source: Path
    target: Path
    sha256: str


def place_all(files: Sequence[EstimateFile], progress: Progress, *, link: bool | None) -> None:
    """Put files in place; those that are in place already are kept.

    Args:
        files: the files; no two have the same target.
        progress: is told how many are in place.
        link: True for hard links, False for copies, None for links where the file system allows it.

    Raises:
        RunFolderError: a file is missing or was changed, or cannot be written.
    """
    progress.start(_STAGE, len(files))
    for folder in sorted({file.target.parent for file in files}):
        _make(folder)
    with ThreadPoolExecutor(_THREADS) as threads:
        for _ in threads.map(lambda file: _place(file, link), files):
            progress.advance(_STAGE)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunFolderError(f"the folder {folder} cannot be created: {error.strerror or error}") from error


def _place(file: EstimateFile, link: bool | None) -> None:
    part = file.target.parent / f".seinfer-{os.getpid()}-{abs(hash(file.target)):x}{PART_SUFFIX}"
    try:
        if _is_in_place(file, link):
            return
        if link is False or not _linked(file.source, part, is_required=bool(link)):
            shutil.copyfile(file.source, part)
            if sha256_of(part) != file.sha256:
                raise RunFolderError(
                    f"{file.source} was changed after its run; run the shard again, it repairs the file"
                )
        part.replace(file.target)
    except OSError as error:
        raise RunFolderError(_message(file, error, is_link=bool(link))) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _is_in_place(file: EstimateFile, link: bool | None) -> bool:
    """Return whether the target is a link to the source, or a copy of it, as far as that is wanted."""
    try:
        if os.path.samestat(file.source.stat(), file.target.stat()):
            return link is not False
    except FileNotFoundError:
        return False
    return not link and sha256_of(file.target) == file.sha256


def _linked(source: Path, target: Path, *, is_required: bool) -> bool:
    """Make a hard link; return False if the file system does not allow it and it is not required."""
    try:
        os.link(source, target)
    except OSError as error:
        if is_required or error.errno not in _NO_LINKS:
            raise
        return False
    return True


def _message(file: EstimateFile, error: OSError, *, is_link: bool) -> str:
    if not file.source.exists():
        return f"{file.source} is missing, and its journal lists it; run the shard again, it repairs the file"
    remedy = "; leave out --link, so that the file is copied" if is_link and error.errno in _NO_LINKS else ""
    return f"{file.target} cannot be written: {error.strerror or error}{remedy}"
