"""Local copies of the files behind URLs, so that all other code reads local files.

`local` lists a URL and returns a local folder in which each listed file is an empty file: discovery and pairing need
only the names. `fetch` then reads the files that a run uses, several at a time, each atomically. A file that has not
changed since an earlier command is not read again.

Names in a store may be anything. A part of a name that would be unsafe in a local path ("..", empty, control
characters) is percent-encoded, so a file never leaves its folder and none is dropped.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from hashlib import sha256
from pathlib import Path, PurePosixPath
from urllib.parse import quote, urlsplit

from ..audio.reading import SUFFIXES
from ..core.counts import counted
from ..core.errors import RunFolderError, SeinferError, UsageError
from ..core.records import Clip
from ..core.urls import url_of
from .stores import LISTS, Entry, Store, StoreError

_MAX_LIST_BYTES = 64 * 2**20
_MAX_PART_BYTES = 200
_KEPT_FREE_BYTES = 256 * 2**20
_THREADS = 16
_INDEX = "index.jsonl"


def cache_folder() -> Path:
    """Return the folder of all local copies: remote/ in SEINFER_CACHE_DIR, else in the user's cache.

    Raises:
        SeinferError: it cannot be determined, because this user has no home folder.
    """
    import platformdirs

    own = os.environ.get("SEINFER_CACHE_DIR", "")
    try:
        parent = Path(own).expanduser() if own else platformdirs.user_cache_path("seinfer", appauthor=False)
    except RuntimeError as error:
        raise SeinferError(
            f"the folder for copies cannot be determined ({error}): set SEINFER_CACHE_DIR or HOME"
        ) from error
    return parent.absolute() / "remote"


def safe_name(name: str) -> str:
    """Return a relative path for a name in a store that stays below its folder and that every program can show."""
    return "/".join(map(_safe_part, name.split("/")))


def _safe_part(part: str) -> str:
    if part in ("", ".", ".."):
        return part.replace(".", "%2E") or "%"
    safe = re.sub(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]", lambda found: quote(found[0], errors="surrogatepass"), part)
    if len(safe.encode()) <= _MAX_PART_BYTES:
        return safe
    suffix = PurePosixPath(safe).suffix[:16]
    start = safe.encode()[: _MAX_PART_BYTES - 40].decode(errors="ignore")
    return f"{start}~{sha256(part.encode()).hexdigest()[:16]}{suffix}"


class LocalCopy:
    """The local folder of one URL.

    Attributes:
        url: with its credentials, never to be written or shown.
        store: the files behind the URL; its `url` may be shown.
        path: the local folder, or the local file if the URL names one file.
    """

    def __init__(self, url: str, *, is_run_folder: bool = False) -> None:
        """List a URL and make the local folder.

        Args:
            url: the URL.
            is_run_folder: take all files; otherwise hidden files, and files other than audio and lists, are left out.

        Raises:
            StoreError: it cannot be listed.
            UsageError: two names have the same local path, or packages are missing.
            RunFolderError: the local folder cannot be written.
        """
        self.url = url
        self.store = Store(url)
        self._is_run_folder = is_run_folder
        parts = urlsplit(url)
        address = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path.rstrip('/')}"
        kind = "runs" if is_run_folder else "inputs"
        self._base = cache_folder() / kind / sha256(address.encode()).hexdigest()[:16]
        folder = self._base / safe_name(PurePosixPath(parts.path).name or parts.netloc.rpartition("@")[2] or "files")
        self._lock = threading.Lock()
        listed = self.store.list()
        is_file = not is_run_folder and len(listed) == 1 and next(iter(listed)) == PurePosixPath(folder).name
        self.folder = folder.parent / "file" if is_file else folder
        self.path = self.folder / folder.name if is_file else folder
        self.entries = {
            self._local(name): entry for name, entry in listed.items() if is_run_folder or _is_of_input(name)
        }
        if len(self.entries) < sum(is_run_folder or _is_of_input(name) for name in listed):
            raise UsageError(f"{self.store.url}: two names have the same local name; rename one")
        try:
            self._prepare()
        except OSError as error:
            raise RunFolderError(
                f"{error.filename or self._base} cannot be written: {error.strerror or error}; set SEINFER_CACHE_DIR "
                "to a folder with space for copies of the files"
            ) from error

    def _local(self, name: str) -> Path:
        return self.folder / safe_name(name)

    def _prepare(self) -> None:
        """Make an empty file for each listed one that is not here yet, and remove those that are no longer listed."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._fetched = self._read_index()
        if not self._is_run_folder:  # a run folder may hold results that could not be written to the store yet
            for path in self.folder.rglob("*"):
                if path not in self.entries and not path.is_dir():
                    path.unlink(missing_ok=True)
        folders: set[Path] = set()
        for path in self.entries:
            if path.parent not in folders:
                path.parent.mkdir(parents=True, exist_ok=True)
                folders.add(path.parent)
            if not self.is_here(path) and (not path.exists() or path in self._fetched):
                path.write_bytes(b"")

    def is_here(self, path: Path) -> bool:
        """Return whether the local file is a copy of the listed one; in a run folder, also if it is a later state."""
        entry = self.entries[path]
        if not entry.version or self._fetched.get(path) != (entry.key, entry.version, entry.size):
            return False
        return path.is_file() and (self._is_run_folder or path.stat().st_size == entry.size)

    def fetch(self, paths: Iterable[Path]) -> dict[Path, str]:
        """Read the files that are not here yet.

        Returns:
            Path -> reason, for each that could not be read.

        Raises:
            RunFolderError: the disk has no space for them, or cannot be written.
        """
        missing = [path for path in dict.fromkeys(paths) if path in self.entries and not self.is_here(path)]
        self._require_space(missing)
        with ThreadPoolExecutor(_THREADS) as pool:
            reasons = list(pool.map(self._fetch_one, missing))
        return {path: reason for path, reason in zip(missing, reasons, strict=True) if reason}

    def _require_space(self, paths: Sequence[Path]) -> None:
        needed = sum(self.entries[path].size or 0 for path in paths)
        free = shutil.disk_usage(self.folder).free
        if needed > max(0, free - _KEPT_FREE_BYTES):
            raise RunFolderError(
                f"{self.store.url}: {counted(len(paths), 'file')} of together {needed / 1e9:.1f} GB are needed, and "
                f"{self.folder} has {free / 1e9:.1f} GB free; set SEINFER_CACHE_DIR to a folder with more space, or "
                "give --shard or --limit"
            )

    def _fetch_one(self, path: Path) -> str:
        entry = self.entries[path]
        part = path.parent / f".seinfer-{os.getpid()}-{threading.get_ident()}.part"
        try:
            self.store.read(entry, part)
            part.replace(path)
        except StoreError as error:
            with suppress(OSError):
                part.unlink()
            return str(error)
        except OSError as error:
            with suppress(OSError):
                part.unlink()
            raise RunFolderError(
                f"{path} cannot be written: {error.strerror or error}; free space, or set SEINFER_CACHE_DIR"
            ) from error
        self.remember(path, entry)
        return ""

    def remember(self, path: Path, entry: Entry) -> None:
        """Record that a local file is a copy of a file in the store."""
        line = [path.relative_to(self.folder).as_posix(), entry.key, entry.version, entry.size]
        if not entry.version:  # it could not be recognised later; and an address may contain a password
            return
        with self._lock, open(self._base / _INDEX, "ab", buffering=0) as index:
            index.write(json.dumps(line).encode() + b"\n")
            self._fetched[path] = (entry.key, entry.version, entry.size)

    def _read_index(self) -> dict[Path, tuple[str, str, int | None]]:
        found = {}
        with suppress(FileNotFoundError), open(self._base / _INDEX, "rb") as index:
            for line in index:
                with suppress(ValueError):  # the incomplete last line of a command that was ended
                    name, key, version, size = json.loads(line)
                    found[self.folder / name] = (key, version, size)
        return found


def _is_of_input(name: str) -> bool:
    """Return whether discovery or pairing may need a file: audio, lists, and the marks of a run folder."""
    parts = PurePosixPath(name)
    is_hidden = any(part.startswith(".") and part not in (".", "..") for part in parts.parts)
    return not is_hidden and parts.suffix.lower() in SUFFIXES | LISTS | {".jsonl"}


class RemoteFiles:
    """The URLs among the inputs of one command."""

    def __init__(self) -> None:
        self._copies: list[LocalCopy] = []

    def local(self, path: Path) -> Path:
        """Return a local path for an input: the path itself, or the local folder of a URL, which is listed.

        Raises:
            UsageError: there is nothing at the URL, or a package for it is not installed.
            StoreError: it cannot be listed.
        """
        url = url_of(path)
        if not url or path.exists():
            return path
        for copy in self._copies:
            if url == copy.url or url.startswith(f"{copy.url.rstrip('/')}/"):
                return copy.folder / safe_name(url[len(copy.url.rstrip("/")) + 1 :]) if url != copy.url else copy.path
        copy = LocalCopy(url)
        if not copy.entries:
            raise UsageError(f"{copy.store.url}: no audio files there; expected the URL of a folder of clips or a file")
        self._copies.append(copy)
        lists = [
            file
            for file, entry in copy.entries.items()
            if file.suffix.lower() in LISTS and (entry.size or 0) <= _MAX_LIST_BYTES
        ]
        for reason in copy.fetch(lists).values():
            raise UsageError(reason)
        return copy.path

    def fetch(self, paths: Iterable[Path]) -> dict[Path, str]:
        """Read files that a run uses; see `LocalCopy.fetch`. Local files are left out."""
        wanted = list(paths)
        failed: dict[Path, str] = {}
        for copy in self._copies:
            failed |= copy.fetch(wanted)
        return failed

    def fetch_clips(self, clips: Sequence[Clip], others: Iterable[Path] = ()) -> list[Clip]:
        """Read the files of clips, and others; a clip whose file cannot be read gets the reason as its `problem`."""
        if not self._copies:
            return list(clips)
        paths = [Path(path) for clip in clips for path in (clip.noisy_path, clip.clean_path) if path]
        failed = self.fetch([*paths, *others])
        for path in failed:
            path.unlink(missing_ok=True)  # so that nothing takes the empty file for a recording
        return [_with_problem(clip, failed) for clip in clips]

    @property
    def sources(self) -> dict[str, str]:
        """Return local folder -> URL without credentials, for run.json."""
        return {str(copy.path): copy.store.url for copy in self._copies}


def _with_problem(clip: Clip, failed: dict[Path, str]) -> Clip:
    reasons = [failed[Path(path)] for path in (clip.noisy_path, clip.clean_path) if path and Path(path) in failed]
    return replace(clip, problem=f"unreadable: {reasons[0]}") if reasons else clip
