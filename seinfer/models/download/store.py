"""Writing files into the weights folder: verified first, then pinned if needed, then renamed to the final name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO

from ...core.errors import DownloadError, IntegrityError
from ...core.hashing import git_blob_id
from ...core.records import ModelSpec, WeightFile
from .archives import MAX_UNPACKED_BYTES, unpack
from .checks import content_hint, describe_hash, size_and_sha256
from .partial_files import PartialFile, temporary_file
from .paths import path_of
from .pins import expected_sha256, needs_pin, write_pin

BLOCK_BYTES = 1 << 20


def store_copy(spec: ModelSpec, file: WeightFile, source: Path) -> None:
    """Copy a local file into the weights folder.

    Raises:
        IntegrityError: it is not the expected file.
        DownloadError: it cannot be read, or the copy cannot be written.
    """

    def copy() -> None:
        with source.open("rb") as stream:
            _store_stream(spec, file, stream, str(source))

    _read_source(source, copy)


def store_members(spec: ModelSpec, files: Iterable[WeightFile], archive: Path, origin: str) -> None:
    """Copy the members of an archive that the files name into the weights folder.

    Args:
        spec: the model.
        files: those of its files that are members of the archive.
        archive: path of the archive.
        origin: what error messages call the archive.

    Raises:
        IntegrityError: the archive is damaged, or a member is missing or not the expected file.
        DownloadError: the archive cannot be read, or a file cannot be written.
    """
    by_member = {file.member: file for file in files}

    def receive(member: str, stream: IO[bytes]) -> None:
        _store_stream(spec, by_member[member], stream, f"{origin}, member {member}")

    _read_source(archive, lambda: unpack(archive, by_member, receive, origin=origin))


def _read_source(source: Path, work: Callable[[], None]) -> None:
    """Run work that reads `source`; errors of the weights folder are DownloadErrors already."""
    try:
        work()
    except OSError as error:
        raise DownloadError(
            f"{source}: cannot be read ({error.strerror or error}); correct this or use another copy"
        ) from error


def _store_stream(spec: ModelSpec, file: WeightFile, stream: IO[bytes], origin: str) -> None:
    limit_bytes = MAX_UNPACKED_BYTES if file.bytes is None else file.bytes
    with temporary_file(path_of(spec, file)) as partial:
        partial.needed_bytes = file.bytes
        while block := stream.read(BLOCK_BYTES):
            partial.write(block)
            if partial.size_bytes > limit_bytes:
                raise IntegrityError(f"{origin}: is longer than {limit_bytes:,} bytes, expected no more; not used")
        store_partial(spec, file, partial, *size_and_sha256(partial.path), origin)


def store_partial(
    spec: ModelSpec, file: WeightFile, partial: PartialFile, size_bytes: int, digest: str, origin: str
) -> None:
    """Give a complete partial file its final name.

    Args:
        spec: the model.
        file: which of its files this is.
        partial: the complete file.
        size_bytes: its size.
        digest: its sha256.
        origin: where it came from.

    Raises:
        IntegrityError: it is not the expected file.
        DownloadError: it cannot be written.
    """
    path = path_of(spec, file)
    expected = expected_sha256(file, path)
    with partial.path.open("rb") as content:
        hint = content_hint(content.read(64))
    is_other = bool(file.git_sha1) and git_blob_id(partial.path) != file.git_sha1
    is_other = is_other or not digest.startswith(expected) or file.bytes not in (None, size_bytes)
    if is_other or (hint and not (expected or file.git_sha1)):
        size = "" if file.bytes is None else f" and {file.bytes:,} bytes"
        raise IntegrityError(
            f"{origin}: {file.name} there has sha256 {digest} and {size_bytes:,} bytes, "
            f"expected {describe_hash(expected, file.git_sha1)}{size}{hint}; not used"
        )
    if needs_pin(file):
        write_pin(path, digest, size_bytes, origin)
    partial.rename(path)
