"""Comparison of one weight file with its table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from seinfer.core.errors import IntegrityError, MissingWeightsError
from seinfer.models.download.checks import check, content_hint, describe_sha256, require_ok, size_and_sha256
from tests.models.toy_models import CONTENT, OTHER, file_of, sha256, spec_of, write

PREFIX = sha256(CONTENT)[:16]


@pytest.mark.parametrize(
    ("content", "changes", "status"),
    [
        (CONTENT, {}, "ok"),
        (OTHER, {}, "wrong hash"),
        (CONTENT[1:], {}, "wrong size"),
        (CONTENT[1:], {"bytes": None}, "wrong hash"),
        (CONTENT, {"sha256": PREFIX}, "not pinned"),
        (OTHER, {"sha256": PREFIX}, "wrong hash"),
        (OTHER, {"sha256": ""}, "not pinned"),
    ],
)
def test_check_file_gives_status_size_and_hash(
    tmp_path: Path, content: bytes, changes: dict[str, Any], status: str
) -> None:
    found = check(file_of(CONTENT, **changes), write(tmp_path / "net.th", content))
    assert (found.status, found.bytes, found.sha256) == (status, len(content), sha256(content))
    assert bool(found.problem) is (status != "ok")


def test_check_file_that_is_missing_or_a_folder_has_no_hash(tmp_path: Path) -> None:
    assert check(file_of(CONTENT), tmp_path / "net.th").status == "missing"
    found = check(file_of(CONTENT), tmp_path)
    assert (found.status, found.sha256) == ("unreadable", "")


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        (None, MissingWeightsError, "net.th is not there; run `seinfer models pull toy`"),
        (OTHER, IntegrityError, "run `seinfer models pull toy`"),
    ],
)
def test_require_ok_raises_with_the_command(
    tmp_path: Path, content: bytes | None, error: type[Exception], message: str
) -> None:
    file, path = file_of(CONTENT), tmp_path / "net.th"
    if content is not None:
        write(path, content)
    with pytest.raises(error, match=message):
        require_ok(spec_of(file), check(file, path))
    require_ok(spec_of(file), check(file, write(path, CONTENT)))


def test_size_and_sha256_are_those_of_the_content(tmp_path: Path) -> None:
    large = CONTENT * 11  # more than one block
    assert size_and_sha256(write(tmp_path / "x", large)) == (len(large), sha256(large))


def test_describe_sha256_shows_whether_digits_are_missing() -> None:
    assert describe_sha256("") == "(any)"
    assert describe_sha256(PREFIX) == f"{PREFIX}... (no more digits are published)"
    assert describe_sha256(sha256(CONTENT)) == sha256(CONTENT)


@pytest.mark.parametrize(
    ("begin", "hint"),
    [
        (b"<!DOCTYPE html>", "web page"),
        (b"\xef\xbb\xbf \r\n<html>", "web page"),
        (b"version https://git-lfs.github.com/spec/v1", "Git LFS pointer"),
        (b"PK\x03\x04", ""),
        (b"", ""),
    ],
)
def test_content_hint_names_other_kinds_of_files(begin: bytes, hint: str) -> None:
    assert hint in content_hint(begin)
    assert bool(content_hint(begin)) is bool(hint)
