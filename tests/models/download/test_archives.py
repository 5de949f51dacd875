"""Members of archives; hostile and damaged archives."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import zipfile
from pathlib import Path
from typing import IO

import pytest

from seinfer.core.errors import IntegrityError
from seinfer.models.download import archives
from seinfer.models.download.archives import kind_of, unpack
from tests.models.toy_models import CONTENT, OTHER, names_in, write

GOOD = "tmp/export/net.onnx"


def tar_of(path: Path, mode: str, *members: tuple[str, bytes | dict[str, object]]) -> Path:
    """Pack members in this order; a dict instead of the content sets fields of the header, for links and devices."""
    with tarfile.open(path, mode) as tar:  # type: ignore[call-overload]
        for name, content in members:
            info = tarfile.TarInfo(name)
            if isinstance(content, bytes):
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
            else:
                for key, value in content.items():
                    setattr(info, key, value)
                tar.addfile(info)
    return path


def zip_of(path: Path, *members: tuple[str | zipfile.ZipInfo, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, content in members:
            bundle.writestr(name, content)
    return path


def unpacked(archive: Path, *wanted: str) -> dict[str, bytes]:
    found: dict[str, bytes] = {}

    def receive(name: str, stream: IO[bytes]) -> None:
        found[name] = stream.read()

    unpack(archive, wanted, receive)
    return found


@pytest.mark.parametrize("mode", ["w:gz", "w"])
def test_unpack_tar_gives_only_the_named_members(tmp_path: Path, mode: str) -> None:
    archive = tar_of(tmp_path / "a", mode, ("tmp/other", b"no"), (GOOD, CONTENT), ("./tmp/second", OTHER))
    assert unpacked(archive, "tmp/second", GOOD) == {GOOD: CONTENT, "tmp/second": OTHER}


def test_unpack_zip_gives_only_the_named_members(tmp_path: Path) -> None:
    archive = zip_of(tmp_path / "a", ("tmp/other", b"no"), (GOOD, CONTENT), ("tmp/second", OTHER))
    assert unpacked(archive, "tmp/second", GOOD) == {GOOD: CONTENT, "tmp/second": OTHER}


def test_unpack_hostile_members_next_to_the_named_one_write_nothing(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    archive = tar_of(
        inner / "a.tar.gz",
        "w:gz",
        ("../escaped", b"evil"),
        ("/escaped", b"evil"),
        ("link", {"type": tarfile.SYMTYPE, "linkname": "../../escaped"}),
        ("link/escaped", b"evil"),
        ("device", {"type": tarfile.CHRTYPE, "devmajor": 1, "devminor": 3}),
        (GOOD, CONTENT),
    )
    assert unpacked(archive, GOOD) == {GOOD: CONTENT}
    assert names_in(tmp_path) == ["inner/a.tar.gz"]


@pytest.mark.parametrize("name", ["../escaped", "/escaped", "a/../../escaped", "a\\b", "", ".", "a//b", "./a"])
def test_unpack_name_that_points_outside_is_refused(tmp_path: Path, name: str) -> None:
    for archive in (tar_of(tmp_path / "a", "w:gz", (name, CONTENT)), zip_of(tmp_path / "z", (name or "x", CONTENT))):
        with pytest.raises(IntegrityError, match="points outside"):
            unpacked(archive, name)


@pytest.mark.parametrize(
    "header",
    [
        {"type": tarfile.SYMTYPE, "linkname": "/etc/passwd"},
        {"type": tarfile.LNKTYPE, "linkname": "first"},
        {"type": tarfile.CHRTYPE, "devmajor": 1, "devminor": 5},
        {"type": tarfile.FIFOTYPE},
        {"type": tarfile.DIRTYPE},
    ],
    ids=["symlink", "hard link", "device", "pipe", "folder"],
)
def test_unpack_tar_member_that_is_not_a_regular_file_is_refused(tmp_path: Path, header: dict[str, object]) -> None:
    archive = tar_of(tmp_path / "a", "w:gz", ("first", b"x"), (GOOD, header))
    with pytest.raises(IntegrityError, match="not a regular file"):
        unpacked(archive, GOOD)


def test_unpack_zip_link_is_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo(GOOD)
    link.create_system, link.external_attr = 3, 0o120777 << 16
    with pytest.raises(IntegrityError, match="not a regular file"):
        unpacked(zip_of(tmp_path / "a", (link, b"/etc/passwd")), GOOD)


def test_unpack_zip_encrypted_member_is_refused(tmp_path: Path) -> None:
    archive = zip_of(tmp_path / "a", (GOOD, CONTENT))
    data = bytearray(archive.read_bytes())
    at = data.index(b"PK\x01\x02") + 8
    data[at : at + 2] = struct.pack("<H", 1)
    archive.write_bytes(data)
    with pytest.raises(IntegrityError, match="not a regular file"):
        unpacked(archive, GOOD)


def test_unpack_missing_member_is_an_error(tmp_path: Path) -> None:
    for archive in (tar_of(tmp_path / "a", "w:gz", ("net.onnx", b"x")), zip_of(tmp_path / "z", ("net.onnx", b"x"))):
        with pytest.raises(IntegrityError, match=f"no member '{GOOD}'"):
            unpacked(archive, GOOD)


def test_unpack_truncated_archive_is_an_error(tmp_path: Path) -> None:
    for archive in (tar_of(tmp_path / "a", "w:gz", (GOOD, CONTENT)), zip_of(tmp_path / "z", (GOOD, CONTENT))):
        for part in (0.5, 0.9, 0.999):
            cut = write(tmp_path / "cut", archive.read_bytes()[: int(archive.stat().st_size * part)])
            with pytest.raises(IntegrityError, match=r"cannot be unpacked"):
                unpacked(cut, GOOD)


@pytest.mark.parametrize("at", [40, 1000, 100_000])
def test_unpack_flipped_bits_in_a_zip_are_an_error(tmp_path: Path, at: int) -> None:
    data = bytearray(zip_of(tmp_path / "z", (GOOD, CONTENT)).read_bytes())
    data[at] ^= 0xFF
    with pytest.raises(IntegrityError):
        unpacked(write(tmp_path / "damaged", bytes(data)), GOOD)


def test_unpack_file_that_is_not_an_archive_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(IntegrityError, match=r"is not a tar, tar\.gz or zip archive"):
        unpacked(write(tmp_path / "a", CONTENT), GOOD)


def test_unpack_tar_that_unpacks_to_more_than_the_limit_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "MAX_UNPACKED_BYTES", 1 << 20)
    bomb = tar_of(tmp_path / "a", "w:gz", ("zeros", bytes(8 << 20)), (GOOD, CONTENT))
    assert bomb.stat().st_size < 300_000
    with pytest.raises(IntegrityError, match=r"unpacks to more than 1,048,576 bytes"):
        unpacked(bomb, GOOD)


def test_kind_of_depends_on_content_not_on_the_name(tmp_path: Path) -> None:
    assert kind_of(tar_of(tmp_path / "a.bin", "w:gz", ("x", b"x"))) == "tar.gz"
    assert kind_of(tar_of(tmp_path / "b.bin", "w", ("x", b"x"))) == "tar"
    assert kind_of(zip_of(tmp_path / "c.bin", ("x", b"x"))) == "zip"
    assert kind_of(write(tmp_path / "d.zip", CONTENT)) == ""
    assert kind_of(write(tmp_path / "e.zip", b"")) == ""


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME])
def test_unpack_tar_with_a_huge_extended_header_is_refused_without_reading_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: bytes
) -> None:
    info = tarfile.TarInfo("long")
    info.type, info.size = kind, 64 << 20
    path = tmp_path / "a.tar.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(info.tobuf())
        file.write(bytes(info.size))
    read_bytes = 0
    read = archives._Limited.read

    def counted_read(stream: archives._Limited, size: int = -1) -> bytes:
        nonlocal read_bytes
        data = read(stream, size)
        read_bytes += len(data)
        return data

    monkeypatch.setattr(archives._Limited, "read", counted_read)
    with pytest.raises(IntegrityError, match=r"a\.tar\.gz: .*extended header has 67,108,864 bytes"):
        unpacked(path, GOOD)
    assert read_bytes < archives.MAX_HEADER_BYTES
