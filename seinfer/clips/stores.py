"""Files behind a URL: listing, reading and writing through fsspec, with the errors of all stores as our own.

Credentials are found by the packages of the store itself (environment variables, profiles, roles); none is kept here.
Source of the interface: fsspec.spec.AbstractFileSystem of fsspec 2026.9.0.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

from ..audio.reading import SUFFIXES
from ..core.counts import counted
from ..core.errors import SeinferError, UsageError
from ..core.urls import redacted

T = TypeVar("T")
ATTEMPTS = 3
FIRST_WAIT_S = 0.5
"""Time before the second attempt; doubled before each further one."""

LISTS = frozenset((".csv", ".json", ".lst", ".scp", ".tsv", ".txt"))
"""Suffixes of the files that pairing reads besides audio."""
_WEB = ("http", "https")
_REFUSED = (400, 401, 403, 404, 410)
"""Answers of a web server that do not change when the request is repeated."""
# Modules whose errors are not OSErrors, with the names of the base classes of these.
_ERROR_CLASSES = {
    "aiohttp": ("ClientError",),
    "botocore.exceptions": ("BotoCoreError", "ClientError"),
    "gcsfs.retry": ("HttpError",),
}


class StoreError(SeinferError):
    """A store did not do what was asked for. Its message contains no password or token."""


@dataclass(frozen=True)
class Entry:
    """One file of a store.

    Attributes:
        key: its name in the store.
        size: in bytes; None if the listing does not say.
        version: changes when the file changes: its ETag, else its time; "" if the listing has neither.
    """

    key: str
    size: int | None
    version: str


_PACKAGES = {"s3": "s3fs", "s3a": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "http": "aiohttp", "https": "aiohttp"}
"""Scheme -> package that fsspec needs for it."""


class Store:
    """The files below one URL, or the one file that the URL names.

    Attributes:
        url: without passwords and tokens, for messages.
    """

    def __init__(self, url: str) -> None:
        """Open a store; reads nothing yet.

        Args:
            url: with a scheme of `core.urls.SCHEMES`.

        Raises:
            UsageError: the packages for this scheme refuse the URL, or are not installed.
        """
        import fsspec

        self.url = redacted(url)
        self._scheme = url.partition("://")[0]
        try:
            # Without the cache of listings: a large folder would be in memory twice, and changes would go unnoticed.
            self._fs, self._root = fsspec.url_to_fs(url, skip_instance_cache=True, use_listings_cache=False)
        except ImportError as error:
            package = _PACKAGES[self._scheme.lower()]
            raise UsageError(
                f"{self.url} needs the package {package}, which is not installed here; install with: "
                f"python -m pip install {package}"
            ) from error
        except ValueError as error:
            raise UsageError(f"{self.url} cannot be used: {redacted(str(error))}") from error
        self._root = self._root.rstrip("/")

    def list(self) -> dict[str, Entry]:
        """Return name -> file for all files below the URL; names are relative to it, with "/".

        Raises:
            StoreError: it cannot be listed.
        """
        if self._is_web_file():
            return {_web_name(self._root): Entry(self._root, None, "")}
        found: Mapping[str, Mapping[str, Any]] = self._try("listed", self._find)
        return {
            self._name(key): Entry(key, info.get("size"), _version(info))
            for key, info in sorted(found.items())
            if info["type"] == "file" and not key.endswith("/") and self._is_below(key)
        }

    def _find(self) -> Any:
        if self._scheme in _WEB:  # a folder below it that cannot be listed would otherwise be left out
            return self._fs.find(f"{self._root}/", detail=True, on_error="raise")
        return self._fs.find(self._root, detail=True)

    def entry(self, name: str) -> Entry:
        """Return the present state of a file.

        Raises:
            StoreError: it cannot be read.
        """
        return self._state(self.key(name))

    def read(self, entry: Entry, target: Path) -> None:
        """Copy a file to this machine and check that it is the listed one. A connection that ends early is tried again.

        Raises:
            StoreError: it cannot be read, or is another file than when it was listed.
            OSError: the local file cannot be written.
        """
        target.touch()  # an error of the local disk is not one of the store
        self._try("read", lambda: self._read_once(entry, target), entry.key)

    def _read_once(self, entry: Entry, target: Path) -> None:
        self._fs.get_file(entry.key, str(target))
        n_bytes = target.stat().st_size
        now = self._state(entry.key) if entry.version else entry
        if now.version != entry.version or entry.size not in (None, n_bytes):
            raise StoreError(
                f"{redacted(self._shown(entry.key))} changed after it was listed ({_difference(entry.size, n_bytes)}); "
                "run the command again when the files are complete"
            )

    def write(self, source: Path, name: str) -> None:
        """Copy a local file into the store. A reader sees the old file or the new one as a whole.

        Raises:
            StoreError: it cannot be written.
        """
        self._try("written", lambda: self._fs.put_file(str(source), self.key(name)), self.key(name))

    def key(self, name: str) -> str:
        """Return the key of a file below the URL."""
        return f"{self._root}/{name}"

    def _state(self, key: str) -> Entry:
        info = self._try("read", lambda: self._fs.info(key, **({"refresh": True} if "s3" in self._scheme else {})), key)
        return Entry(key, info.get("size"), _version(info))

    def _is_web_file(self) -> bool:
        """Return whether an address of a web server names a file, by its suffix; other addresses are folders."""
        if self._scheme not in _WEB:
            return False
        return PurePosixPath(urlsplit(self._root).path).suffix.lower() in SUFFIXES | LISTS

    def _is_below(self, key: str) -> bool:
        """Leave out what pages of web servers also link to: other folders, and orders of the same list."""
        if self._scheme not in _WEB:
            return True
        return key.startswith(f"{self._root}/") and "?" not in key and "#" not in key

    def _name(self, key: str) -> str:
        if key == self._root:  # the URL is that of one file
            return PurePosixPath(key).name
        name = key[len(self._root) + 1 :]
        return unquote(name) if self._scheme in _WEB else name

    def _shown(self, key: str) -> str:
        return key if self._scheme in _WEB else f"{self._scheme}://{key.lstrip('/')}"

    def _try(self, action: str, call: Callable[[], T], key: str | None = None) -> T:
        """Call the store, several times if the connection fails.

        Raises:
            StoreError: it fails each time, or the file is missing or forbidden.
        """
        where = redacted(self._shown(self._root if key is None else key))
        for attempt in range(ATTEMPTS):
            try:
                return call()
            except FileNotFoundError as error:
                raise StoreError(f"{where} does not exist, or its bucket does not; check the URL") from error
            except PermissionError as error:
                raise StoreError(
                    f"{where} may not be {action}: {_reason(error)}; check the credentials and their permissions"
                ) from error
            except _error_classes() as error:
                if attempt == ATTEMPTS - 1 or getattr(error, "status", 0) in _REFUSED:
                    raise StoreError(
                        f"{where} cannot be {action} ({counted(attempt + 1, 'attempt')}): {_reason(error)}; check the "
                        "connection and run the command again"
                    ) from error
                time.sleep(FIRST_WAIT_S * 2**attempt)
        raise AssertionError  # the last attempt returned or raised


def _web_name(url: str) -> str:
    return unquote(PurePosixPath(urlsplit(url).path).name)


def _version(info: Mapping[str, Any]) -> str:
    keys = ("ETag", "etag", "md5Hash", "LastModified", "created", "mtime")
    value = next((info[key] for key in keys if info.get(key)), "")
    if isinstance(value, datetime):  # a listing of memory:// has a number instead
        value = value.timestamp()
    return f"{value:.6f}" if isinstance(value, float) else str(value)


def _difference(listed: int | None, n_bytes: int) -> str:
    if listed is None or listed == n_bytes:
        return "other content of the same size"
    return f"{listed} bytes then, {n_bytes} now"


def _reason(error: BaseException) -> str:
    return redacted(" ".join(str(error).split())) or type(error).__name__


def _error_classes() -> tuple[type[BaseException], ...]:
    """Return the classes of errors that the loaded packages of stores raise."""
    found: list[type[BaseException]] = [OSError, EOFError, ValueError, asyncio.TimeoutError]
    for module, names in _ERROR_CLASSES.items():
        if module in sys.modules:
            found += [getattr(sys.modules[module], name) for name in names]
    return tuple(found)
