"""Writing verified files into the weights folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from seinfer.core.errors import DownloadError, IntegrityError
from seinfer.models.download.pins import read_pin
from seinfer.models.download.store import store_copy, store_members
from tests.models.toy_models import CONTENT, OTHER, file_of, names_in, sha256, spec_of, write

from .test_archives import tar_of


def test_store_copy_of_the_expected_file_has_its_final_name(weights_folder: Path, tmp_path: Path, final: Path) -> None:
    spec = spec_of(file_of(CONTENT))
    store_copy(spec, spec.files[0], write(tmp_path / "renamed", CONTENT))
    assert final.read_bytes() == CONTENT
    assert names_in(weights_folder) == ["toy/net.th"]


def test_store_copy_of_a_file_without_full_hash_is_pinned(tmp_path: Path, final: Path) -> None:
    spec = spec_of(file_of(CONTENT, sha256=sha256(CONTENT)[:16]))
    store_copy(spec, spec.files[0], write(tmp_path / "renamed", CONTENT))
    assert read_pin(final) == sha256(CONTENT)


@pytest.mark.parametrize("content", [OTHER, CONTENT[1:], CONTENT + b"x"], ids=["other", "shorter", "longer"])
def test_store_copy_of_another_file_leaves_nothing(weights_folder: Path, tmp_path: Path, content: bytes) -> None:
    spec = spec_of(file_of(CONTENT))
    with pytest.raises(IntegrityError, match="not used"):
        store_copy(spec, spec.files[0], write(tmp_path / "renamed", content))
    assert names_in(weights_folder) == []


def test_store_copy_of_a_file_that_cannot_be_read_names_it(weights_folder: Path, tmp_path: Path) -> None:
    spec = spec_of(file_of(CONTENT))
    with pytest.raises(DownloadError, match=r"gone: cannot be read \(No such file or directory\); correct this"):
        store_copy(spec, spec.files[0], tmp_path / "gone")


def test_store_members_of_an_archive_are_the_named_ones(weights_folder: Path, tmp_path: Path) -> None:
    archive = tar_of(tmp_path / "a.tar.gz", "w:gz", ("export/net", CONTENT), ("export/other", OTHER))
    spec = spec_of(file_of(CONTENT, member="export/net"))
    store_members(spec, spec.files, archive, "the archive")
    assert names_in(weights_folder) == ["toy/net.th"]
