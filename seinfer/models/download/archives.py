"""Single members out of a tar, tar.gz or zip archive.

The rule: the archive's own hash, where one is known, is checked before it is opened here; only members that are asked
for by their full name are read, as streams that the caller names and checks; nothing is ever extracted to a path that
the archive chooses.
"""

from __future__ import annotations

import gzip
import io
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Collection
from pathlib import Path, PurePosixPath
from typing import IO, Protocol

from ...core.errors import IntegrityError

# No published denoiser comes near it: what claims to be larger is a decompression bomb.
MAX_UNPACKED_BYTES = 4 << 30
Receive = Callable[[str, IO[bytes]], None]
_DAMAGE = (tarfile.TarError, zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, EOFError)
_MAGIC = {b"\x1f\x8b": "tar.gz", b"PK\x03\x04": "zip"}


class _Readable(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


def kind_of(path: Path) -> str:
    """Return "tar.gz", "zip" or "tar" by a file's first bytes, "" when it is none of them.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        head = file.read(263)
    kinds = [kind for magic, kind in _MAGIC.items() if head.startswith(magic)]
    return kinds[0] if kinds else "tar" if head[257:262] == b"ustar" else ""


def unpack(archive: Path, wanted: Collection[str], receive: Receive, *, origin: str = "") -> None:
    """Hand (name, stream) of each wanted member to `receive`, in the archive's order.

    Args:
        archive: the file.
        wanted: full names of members.
        receive: reads the stream, which is good until it returns.
        origin: what error messages call the archive; its path where empty.

    Raises:
        IntegrityError: a member is not there or is no plain file, its name leads elsewhere, or the archive is damaged.
    """
    origin = origin or str(archive)
    missing = set(wanted)

    def note(name: str, stream: IO[bytes]) -> None:
        missing.discard(name)
        receive(name, stream)

    for name in wanted:
        _refuse_escape(origin, name)
    try:
        _read(archive, wanted, note, origin)
    except _DAMAGE as error:
        raise IntegrityError(f"{origin}: the archive cannot be unpacked ({error}); fetch it anew") from error
    if missing:
        raise IntegrityError(f"{origin}: there is no member {min(missing)!r} in it; the model's table is wrong")


def _read(archive: Path, wanted: Collection[str], receive: Receive, origin: str) -> None:
    kind = kind_of(archive)
    if kind == "zip":
        _read_zip(archive, wanted, receive, origin)
    elif kind == "tar.gz":
        with gzip.open(archive) as raw:
            _read_tar(raw, wanted, receive, origin)
    elif kind == "tar":
        with archive.open("rb") as raw:
            _read_tar(raw, wanted, receive, origin)
    else:
        raise IntegrityError(f"{origin}: is neither tar, tar.gz nor zip; the model's table is wrong")


def _read_tar(raw: _Readable, wanted: Collection[str], receive: Receive, origin: str) -> None:
    # Read as a stream: one pass, and no seeking back into a compressed file.
    with tarfile.open(fileobj=_Capped(raw, origin), mode="r|") as tar:
        for info in tar:
            name = str(PurePosixPath(info.name))
            if name in wanted:
                stream = tar.extractfile(info) if info.isreg() else None
                if stream is None:
                    raise IntegrityError(_not_plain(origin, name))
                receive(name, stream)


def _read_zip(archive: Path, wanted: Collection[str], receive: Receive, origin: str) -> None:
    with zipfile.ZipFile(archive) as bundle:
        for info in bundle.infolist():
            if info.filename in wanted:
                if not _is_plain(info):
                    raise IntegrityError(_not_plain(origin, info.filename))
                with bundle.open(info) as stream:
                    receive(info.filename, stream)


def _is_plain(info: zipfile.ZipInfo) -> bool:
    kind = stat.S_IFMT(info.external_attr >> 16)  # 0 where the packer wrote no Unix mode
    is_encrypted = bool(info.flag_bits & 1)
    is_common = info.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
    return kind in (0, stat.S_IFREG) and not info.is_dir() and not is_encrypted and is_common


class _Capped(io.RawIOBase):
    """A stream that ends in an error where the unpacked archive grows absurd."""

    def __init__(self, raw: _Readable, origin: str) -> None:
        self._raw, self._origin, self._left_bytes = raw, origin, MAX_UNPACKED_BYTES

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes, all that is left when negative."""
        limit = self._left_bytes + 1
        data = self._raw.read(min(size, limit) if size >= 0 else limit)
        self._left_bytes -= len(data)
        if self._left_bytes < 0:
            raise IntegrityError(
                f"{self._origin}: unpacks to more than {MAX_UNPACKED_BYTES:,} bytes, which no weights do; not unpacked"
            )
        return data


def _refuse_escape(origin: str, name: str) -> None:
    path = PurePosixPath(name)
    if not path.parts or path.is_absolute() or ".." in path.parts or "\\" in name or str(path) != name:
        raise IntegrityError(f"{origin}: the member name {name!r} leads elsewhere; expected a plain path inside it")


def _not_plain(origin: str, name: str) -> str:
    return f"{origin}: the member {name!r} is no plain file (a link, folder, device or encrypted); not taken"
