"""Pulling files that are members of a published archive."""

from __future__ import annotations

import dataclasses
import hashlib
import zipfile
from pathlib import Path
from typing import Any

import pytest

from seinfer.core.errors import DownloadError, IntegrityError
from seinfer.core.records import ModelSpec, WeightFile
from seinfer.models.weights import locate, pull
from tests.models.toy_models import CONTENT, OTHER, names_in, sha256, spec_of, write

from .bad_server import BadServer
from .test_archives import tar_of, zip_of

pytestmark = pytest.mark.usefixtures("server")


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    folder = tmp_path / "mirror"
    folder.mkdir()
    return folder


def archived(server: BadServer, archive: Path, **changes: str) -> ModelSpec:
    """Return a model of two members of an archive that the server has."""
    content = archive.read_bytes()
    server.files["weights.tar.gz"] = content
    fields: dict[str, Any] = {"archive_sha256": sha256(content), "url": server.url("ok", "weights.tar.gz"), **changes}
    return spec_of(
        WeightFile("net.th", sha256=sha256(CONTENT), member="tmp/export/net", **fields),
        WeightFile("second.th", sha256=sha256(OTHER), bytes=len(OTHER), member="tmp/export/second", **fields),
    )


def packed(folder: Path) -> Path:
    return tar_of(
        folder / "packed", "w:gz", ("../evil", b"x"), ("tmp/export/second", OTHER), ("tmp/export/net", CONTENT)
    )


def test_pull_archive_is_downloaded_once_and_removed(weights_folder: Path, server: BadServer, tmp_path: Path) -> None:
    spec = archived(server, packed(tmp_path))
    paths = pull(spec)
    assert (paths["net.th"].read_bytes(), paths["second.th"].read_bytes()) == (CONTENT, OTHER)
    assert len(server.requests) == 1
    assert names_in(weights_folder) == ["toy/net.th", "toy/second.th"]
    assert locate(spec) == paths


def test_pull_archive_only_the_missing_member_is_replaced(
    weights_folder: Path, server: BadServer, tmp_path: Path
) -> None:
    spec = archived(server, packed(tmp_path))
    paths = pull(spec)
    paths["second.th"].unlink()
    before = paths["net.th"].stat().st_mtime_ns
    pull(spec)
    assert paths["net.th"].stat().st_mtime_ns == before
    assert paths["second.th"].read_bytes() == OTHER


def test_pull_archive_with_a_wrong_hash_is_not_opened(weights_folder: Path, server: BadServer, tmp_path: Path) -> None:
    with pytest.raises(IntegrityError, match=sha256(b"another")):
        pull(archived(server, packed(tmp_path), archive_sha256=sha256(b"another")))
    assert names_in(weights_folder) == []


@pytest.mark.parametrize("digits", [0, 16])
def test_pull_archive_without_a_hash_and_a_member_without_a_full_one_is_not_downloaded(
    server: BadServer, tmp_path: Path, digits: int
) -> None:
    spec = archived(server, packed(tmp_path), archive_sha256="")
    unpinned = dataclasses.replace(spec.files[0], sha256=spec.files[0].sha256[:digits])
    with pytest.raises(IntegrityError, match=r"no archive_sha256 and no full sha256 of net\.th, expected"):
        pull(dataclasses.replace(spec, files=(unpinned, spec.files[1])))
    assert server.requests == []


def test_pull_archive_without_a_hash_gives_members_with_a_hash(
    weights_folder: Path, server: BadServer, tmp_path: Path
) -> None:
    paths = pull(archived(server, packed(tmp_path), archive_sha256=""))
    assert (paths["net.th"].read_bytes(), paths["second.th"].read_bytes()) == (CONTENT, OTHER)
    assert len(server.requests) == 1
    assert names_in(weights_folder) == ["toy/net.th", "toy/second.th"]


def test_pull_archive_without_a_hash_and_with_another_member_keeps_no_part_of_it(
    weights_folder: Path, server: BadServer, tmp_path: Path
) -> None:
    archive = tar_of(tmp_path / "packed", "w:gz", ("tmp/export/second", OTHER), ("tmp/export/net", OTHER))
    with pytest.raises(IntegrityError, match=f"member tmp/export/net: .* expected sha256 {sha256(CONTENT)}"):
        pull(archived(server, archive, archive_sha256=""))
    assert names_in(weights_folder) == ["toy/second.th"]


def test_pull_from_folder_finds_an_archive_without_a_hash_by_its_name_only(
    weights_folder: Path, server: BadServer, mirror: Path, tmp_path: Path
) -> None:
    archive = packed(tmp_path)
    spec = archived(server, archive, archive_sha256="")
    write(mirror / "renamed" / "other.tar.gz", archive.read_bytes())
    with pytest.raises(DownloadError, match="the network is off"):
        pull(spec, sources=[mirror / "renamed"], offline=True)
    write(mirror / "same-name" / "weights.tar.gz", archive.read_bytes())
    pull(spec, sources=[mirror / "same-name"], offline=True)
    assert names_in(weights_folder) == ["toy/net.th", "toy/second.th"]


def test_pull_archive_member_with_a_wrong_hash_is_refused(
    weights_folder: Path, server: BadServer, tmp_path: Path
) -> None:
    archive = tar_of(tmp_path / "a", "w:gz", ("tmp/export/net", OTHER), ("tmp/export/second", OTHER))
    with pytest.raises(IntegrityError, match=r"member tmp/export/net.*not used"):
        pull(archived(server, archive))
    assert names_in(weights_folder) == []


def test_pull_archive_member_longer_than_stated_is_stopped(
    weights_folder: Path, server: BadServer, tmp_path: Path
) -> None:
    archive = zip_of(tmp_path / "a", ("tmp/export/net", CONTENT), ("tmp/export/second", bytes(50 << 20)))
    with pytest.raises(
        IntegrityError, match=r"weights\.tar\.gz, member tmp/export/second: is longer than 200,000 bytes"
    ):
        pull(archived(server, archive))
    assert names_in(weights_folder) == ["toy/net.th"]


def test_pull_archive_without_the_member_names_its_url_and_leaves_nothing(
    weights_folder: Path, server: BadServer, tmp_path: Path
) -> None:
    archive = tar_of(tmp_path / "a", "w:gz", ("tmp/export/other", OTHER))
    with pytest.raises(IntegrityError, match=f"{server.url('ok', 'weights.tar.gz')}: it has no member"):
        pull(archived(server, archive))
    assert names_in(weights_folder) == []


def test_pull_archive_interrupted_is_continued(weights_folder: Path, server: BadServer, tmp_path: Path) -> None:
    archive = packed(tmp_path)
    with pytest.raises(DownloadError, match="ended early"):
        pull(archived(server, archive, url=server.url("cut-50000", "weights.tar.gz")))
    (left,) = names_in(weights_folder)
    assert left.startswith("toy/archive-") and left.endswith(".part")
    pull(archived(server, archive))
    assert server.requests[-1][1].startswith("bytes=")
    assert names_in(weights_folder) == ["toy/net.th", "toy/second.th"]


def test_pull_from_folder_finds_members_in_the_published_archive(
    weights_folder: Path, server: BadServer, mirror: Path
) -> None:
    archive = packed(mirror)
    pull(archived(server, archive), sources=[mirror], offline=True)
    assert names_in(weights_folder) == ["toy/net.th", "toy/second.th"]
    assert archive.exists()


def test_pull_from_folder_finds_unpacked_members_and_ignores_other_archives(
    weights_folder: Path, server: BadServer, mirror: Path, tmp_path: Path
) -> None:
    write(mirror / "x", CONTENT)
    write(mirror / "y", OTHER)
    with zipfile.ZipFile(mirror / "other.zip", "w") as other:
        other.writestr("tmp/export/net", OTHER)
    pull(archived(server, packed(tmp_path)), sources=[mirror], offline=True)
    assert names_in(weights_folder) == ["toy/net.th", "toy/second.th"]


def test_pull_from_file_may_be_the_archive(weights_folder: Path, server: BadServer, mirror: Path) -> None:
    archive = packed(mirror)
    pull(archived(server, archive), sources=[archive], offline=True)
    assert names_in(weights_folder) == ["toy/net.th", "toy/second.th"]


def test_pull_real_archive_gives_the_published_members(weights_folder: Path, shared: Path, server: BadServer) -> None:
    folder = shared / "weights" / "deepfilternet3"
    archive = folder / "DeepFilterNet3_onnx-repacked.tar.gz"
    server.files[archive.name] = archive.read_bytes()
    names = ("config.ini", "df_dec.onnx", "enc.onnx", "erb_dec.onnx")
    digests = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}
    spec = spec_of(
        *(
            WeightFile(
                name,
                url=server.url("ok", archive.name),
                archive_sha256=sha256(server.files[archive.name]),
                member=f"tmp/export/{name}",
                sha256=digests[name],
            )
            for name in names
        )
    )
    paths = pull(spec)
    assert {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in paths.items()} == digests
    assert len(server.requests) == 1
    assert names_in(weights_folder) == sorted(f"toy/{name}" for name in names)
