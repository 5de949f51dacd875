"""A run folder at a URL: the run works in a local copy, and its files are written to the store while it runs.

Enhanced files are written before the journal that lists them, and each file as a whole, so a copy of the store is at
any time a run folder that can be continued. Between two commands the local copy stays; it is compared with the store at
the start of the next one, and files that changed there are read again.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..audio.writing import PART_SUFFIX
from ..clips.discovery import ESTIMATES, JOURNAL, is_run_folder
from ..clips.remote import LocalCopy
from ..clips.stores import StoreError
from ..core.errors import RunFolderError, UsageError
from ..core.urls import OBJECT_STORES, redacted, url_of
from ..models.extras import require_extra
from .journal import LOCK
from .out_folder import checked_out_folder

INTERVAL_S = 30.0
"""Time between two copies of what is new to the store; ten times as long as a copy takes, if that is more."""
MARK = ".seinfer"
"""File that is written first, to find out at the start whether the store can be written."""
_THREADS = 8

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RunPlace:
    """Where a run works.

    Attributes:
        path: the local run folder.
        remote: the place that its files are written to as well; None for a local run.
    """

    path: Path
    remote: RemoteRunFolder | None = None

    @property
    def shown(self) -> str:
        """The folder as messages name it."""
        return self.remote.url if self.remote else str(self.path)


class RemoteRunFolder:
    """The run folder of a URL and its local copy.

    Attributes:
        path: the local copy.
        url: without passwords and tokens.
    """

    def __init__(self, url: str) -> None:
        """List the URL, and read the run folder that is there, if any.

        Raises:
            UsageError: the URL cannot be written by its kind.
            MissingExtraError: a package of the extra remote is not installed.
            StoreError: it cannot be listed.
        """
        if not url.startswith(tuple(f"{scheme}://" for scheme in OBJECT_STORES)):
            raise UsageError(
                f"{redacted(url)} cannot be written; expected a folder, or a URL that starts with "
                f"{', '.join(f'{scheme}://' for scheme in OBJECT_STORES)}"
            )
        require_extra("remote", redacted(url))
        self._copy = LocalCopy(url, is_run_folder=True)
        self.path, self.url = self._copy.path, self._copy.store.url
        self._written = {path: _state(path) for path in self._copy.entries if not self._is_unfinished(path)}

    def _is_unfinished(self, path: Path) -> bool:
        """Return whether the local file has changed since it was last written to the store."""
        return self._copy.is_here(path) and path.stat().st_size != self._copy.entries[path].size

    def read(self, *, with_audio: bool = True) -> None:
        """Read the files of the run folder that are in the store and not here.

        Raises:
            RunFolderError: one cannot be read, or the disk has no space.
        """
        audio = self.path / ESTIMATES
        wanted = [path for path in self._copy.entries if with_audio or not path.is_relative_to(audio)]
        for reason in self._copy.fetch(wanted).values():
            raise RunFolderError(reason)
        self._written |= {path: _state(path) for path in wanted if not self._is_unfinished(path)}

    def require_writable(self) -> None:
        """Write a small file.

        Raises:
            StoreError: the store cannot be written.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        (self.path / MARK).write_text("run folder of seinfer\n", encoding="utf-8")
        self._copy.store.write(self.path / MARK, MARK)

    def write(self) -> int:
        """Write what is new or changed; return how many files these were.

        Raises:
            StoreError: a file cannot be written; the others were tried.
        """
        audio = self.path / ESTIMATES
        changed = [path for path in self._files() if self._written.get(path) != _state(path)]
        last = [path for path in changed if path.name == JOURNAL and path.parent == self.path]
        with ThreadPoolExecutor(_THREADS) as pool:
            for group in (
                [path for path in changed if path.is_relative_to(audio)],
                [path for path in changed if not path.is_relative_to(audio) and path not in last],
                last,
            ):
                errors = [error for error in pool.map(self._write_one, group) if error]
                if errors:
                    raise errors[0]
        return len(changed)

    def _files(self) -> list[Path]:
        return [
            path
            for path in sorted(self.path.rglob("*"))
            if path.is_file() and path.name != LOCK and not path.name.endswith(PART_SUFFIX) and path.name != MARK
        ]

    def _write_one(self, path: Path) -> StoreError | None:
        state = _state(path)
        name = path.relative_to(self.path).as_posix()
        if state is None:  # replaced or removed in the meantime
            return None
        try:
            self._copy.store.write(path, name)
            entry = self._copy.store.entry(name)
        except StoreError as error:
            return error
        self._written[path] = state
        self._copy.entries[path] = entry
        self._copy.remember(path, entry)
        return None

    @contextmanager
    def mirrored(self) -> Iterator[None]:
        """Write what is new at intervals, and at the end all that is left, also after an error.

        Raises:
            RunFolderError: not all could be written; the local copy is complete and the next command writes the rest.
        """
        ended = threading.Event()
        thread = threading.Thread(target=self._write_at_intervals, args=(ended,), name="remote run folder", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
            self._write_rest()

    def _write_rest(self) -> None:
        has_failed = sys.exc_info()[0] is not None
        try:
            n_files = self.write()
            log.info("run folder written", extra={"url": self.url, "files": n_files})
        except StoreError as error:
            if has_failed:  # the first error is the one to show
                log.warning("run folder not written", extra={"url": self.url, "reason": str(error)})
                return
            raise RunFolderError(
                f"{error}; the results are complete in {self.path}: run the same command again to write the rest"
            ) from error

    def _write_at_intervals(self, ended: threading.Event) -> None:
        wait_s = 0.0
        while not ended.wait(wait_s):
            start_s = time.monotonic()
            try:
                n_files = self.write()
                log.info("run folder written", extra={"url": self.url, "files": n_files})
            except StoreError as error:  # tried again; the last attempt reports it
                log.warning("run folder not written", extra={"url": self.url, "reason": str(error)})
            wait_s = max(INTERVAL_S, 10 * (time.monotonic() - start_s))


def open_place(path: Path, *, force: bool = False, name: str = "out", remedy: str = "force=True") -> RunPlace:
    """Return the run folder of a command or call, a local one or one at a URL; see `checked_out_folder`.

    Raises:
        UsageError: it contains something else than a run, or the URL cannot be written by its kind.
        StoreError, RunFolderError: the store or the local copy cannot be read or written.
        MissingExtraError: it is a URL, and a package of the extra remote is not installed.
    """
    url = url_of(path)
    if not url or path.exists():
        return RunPlace(checked_out_folder(path, force=force, name=name, remedy=remedy))
    remote = RemoteRunFolder(url)
    try:
        checked_out_folder(remote.path, force=force, name=name, remedy=remedy)
    except UsageError as error:
        raise UsageError(str(error).replace(str(remote.path), remote.url)) from error
    remote.require_writable()
    if is_run_folder(remote.path):
        remote.read()
    return RunPlace(remote.path, remote)


def open_run(path: Path, *, with_audio: bool) -> RunPlace:
    """Return an existing run folder; one at a URL is read, and what changes is written back by `RunPlace.remote`.

    Args:
        path: the folder, or the URL.
        with_audio: whether the enhanced files are read too.

    Raises:
        UsageError: the URL cannot be written by its kind.
        StoreError, RunFolderError: it cannot be read.
        MissingExtraError: it is a URL, and a package of the extra remote is not installed.
    """
    url = url_of(path)
    if not url or path.exists():
        return RunPlace(path)
    remote = RemoteRunFolder(url)
    remote.read(with_audio=with_audio)
    return RunPlace(remote.path, remote)


def _state(path: Path) -> tuple[int, int] | None:
    """Return what changes when a file is written: its size and time; None if it is not there."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns
