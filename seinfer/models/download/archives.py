"""Reading single members of a tar, tar.gz or zip archive.

The rule: if the archive's own hash is known, the caller checks it before the archive is opened here. Only members that
are requested by their full name are read, as streams that the caller names and checks. Nothing is extracted to a path
that the archive chooses.
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

# No published denoiser is nearly as large: a larger archive is a decompression bomb.
MAX_UNPACKED_BYTES = 4 << 30
MAX_HEADER_BYTES = 1 << 20
"""Largest extended header of a tar archive, which has one long name; tarfile reads it into memory as a whole."""
Receive = Callable[[str, IO[bytes]], None]
_DAMAGED = (tarfile.TarError, zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, EOFError)
_EXTENDED_TYPES = (
    *(tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK),
)
_MAGIC = {b"\x1f\x8b": "tar.gz", b"PK\x03\x04": "zip"}


class _Readable(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


def kind_of(path: Path) -> str:
    """Return "tar.gz", "zip" or "tar" by a file's first bytes, "" if it is none of them.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        head = file.read(263)
    kinds = [kind for magic, kind in _MAGIC.items() if head.startswith(magic)]
    return kinds[0] if kinds else "tar" if head[257:262] == b"ustar" else ""


def unpack(archive: Path, wanted: Collection[str], receive: Receive, *, origin: str = "") -> None:
    """Call `receive` with the name and stream of each wanted member, in the archive's order.

    Args:
        archive: the file.
        wanted: full names of members.
        receive: reads the stream, which is valid until `receive` returns.
        origin: the archive's name in error messages; empty for its path.

    Raises:
        IntegrityError: a member is missing or not a regular file, its name points outside, or the archive is damaged.
    """
    origin = origin or str(archive)
    missing = set(wanted)

    def record(name: str, stream: IO[bytes]) -> None:
        missing.discard(name)
        receive(name, stream)

    for name in wanted:
        _refuse_path_outside(origin, name)
    try:
        _read(archive, wanted, record, origin)
    except _DAMAGED as error:
        raise IntegrityError(f"{origin}: the archive cannot be unpacked ({error}); download it again") from error
    if missing:
        raise IntegrityError(f"{origin}: it has no member {min(missing)!r}; the model's table is wrong")


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
        raise IntegrityError(f"{origin}: is not a tar, tar.gz or zip archive; the model's table is wrong")


def _read_tar(raw: _Readable, wanted: Collection[str], receive: Receive, origin: str) -> None:
    # Read as a stream: in one pass, without seeking back in a compressed file.
    with tarfile.open(fileobj=_Limited(raw, origin), mode="r|", tarinfo=_SmallHeader) as tar:
        for info in tar:
            name = str(PurePosixPath(info.name))
            if name in wanted:
                stream = tar.extractfile(info) if info.isreg() else None
                if stream is None:
                    raise IntegrityError(_not_regular(origin, name))
                receive(name, stream)


class _SmallHeader(tarfile.TarInfo):
    """A header that is refused if the long name or the attributes after it are larger than any name."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> _SmallHeader:
        """Parse the 512 bytes of a header."""
        info = super().frombuf(buf, encoding, errors)
        if info.type in _EXTENDED_TYPES and info.size > MAX_HEADER_BYTES:
            # Not a HeaderError: tarfile ignores some of those and reads on.
            raise tarfile.TarError(f"an extended header has {info.size:,} bytes, expected at most {MAX_HEADER_BYTES:,}")
        return info


def _read_zip(archive: Path, wanted: Collection[str], receive: Receive, origin: str) -> None:
    with zipfile.ZipFile(archive) as bundle:
        for info in bundle.infolist():
            if info.filename in wanted:
                if not _is_regular(info):
                    raise IntegrityError(_not_regular(origin, info.filename))
                with bundle.open(info) as stream:
                    receive(info.filename, stream)


def _is_regular(info: zipfile.ZipInfo) -> bool:
    kind = stat.S_IFMT(info.external_attr >> 16)  # 0 if the archive contains no Unix mode
    is_encrypted = bool(info.flag_bits & 1)
    is_supported = info.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
    return kind in (0, stat.S_IFREG) and not info.is_dir() and not is_encrypted and is_supported


class _Limited(io.RawIOBase):
    """A stream that raises an error if the unpacked archive is larger than any weights."""

    def __init__(self, raw: _Readable, origin: str) -> None:
        self._raw, self._origin, self._left_bytes = raw, origin, MAX_UNPACKED_BYTES

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes, the whole rest if negative."""
        limit = self._left_bytes + 1
        data = self._raw.read(min(size, limit) if size >= 0 else limit)
        self._left_bytes -= len(data)
        if self._left_bytes < 0:
            raise IntegrityError(
                f"{self._origin}: unpacks to more than {MAX_UNPACKED_BYTES:,} bytes, expected no more; not unpacked"
            )
        return data


def _refuse_path_outside(origin: str, name: str) -> None:
    path = PurePosixPath(name)
    if not path.parts or path.is_absolute() or ".." in path.parts or "\\" in name or str(path) != name:
        raise IntegrityError(
            f"{origin}: the member name {name!r} points outside the archive; expected a plain path inside it"
        )


def _not_regular(origin: str, name: str) -> str:
    return f"{origin}: the member {name!r} is not a regular file (a link, folder, device or encrypted); not used"
