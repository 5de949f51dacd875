"""Pins: the full hash that is recorded at the first download."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from seinfer.core.errors import IntegrityError
from seinfer.models.download.pins import expected_sha256, needs_pin, pin_path, read_pin, write_pin
from tests.models.toy_models import CONTENT, OTHER, file_of, names_in, sha256

PREFIX = sha256(CONTENT)[:16]


def test_write_pin_is_read_again_and_leaves_one_file(tmp_path: Path) -> None:
    path = tmp_path / "net.th"
    write_pin(path, sha256(CONTENT), len(CONTENT), "https://example.org/net.th")
    assert read_pin(path) == sha256(CONTENT)
    assert names_in(tmp_path) == ["net.th.pin.json"]
    written = json.loads(pin_path(path).read_text(encoding="utf-8"))
    assert (written["bytes"], written["origin"]) == (200_000, "https://example.org/net.th")


def test_read_pin_without_a_pin_is_empty(tmp_path: Path) -> None:
    assert read_pin(tmp_path / "net.th") == ""
    assert read_pin(tmp_path / "no-folder" / "net.th") == ""


@pytest.mark.parametrize("text", ["", "{", "[]", '{"sha256": 1}', '{"sha256": "abc"}'])
def test_read_pin_that_is_damaged_is_an_error(tmp_path: Path, text: str) -> None:
    pin_path(tmp_path / "net.th").write_text(text)
    with pytest.raises(IntegrityError, match="is not a valid pin"):
        read_pin(tmp_path / "net.th")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [({}, False), ({"sha256": PREFIX}, True), ({"sha256": ""}, True), ({"sha256": PREFIX, "path": "/my/file"}, False)],
    ids=["full hash", "prefix", "no hash", "own file"],
)
def test_needs_pin_depends_on_the_published_digits(changes: dict[str, str], expected: bool) -> None:
    assert needs_pin(file_of(CONTENT, **changes)) is expected


def test_expected_sha256_is_the_pin_unless_it_contradicts_the_published_digits(tmp_path: Path) -> None:
    path, file = tmp_path / "net.th", file_of(CONTENT, sha256=PREFIX)
    assert expected_sha256(file, path) == PREFIX
    write_pin(path, sha256(CONTENT), len(CONTENT), "")
    assert expected_sha256(file, path) == sha256(CONTENT)
    write_pin(path, sha256(OTHER), len(OTHER), "")
    assert expected_sha256(file, path) == PREFIX
    assert expected_sha256(file_of(CONTENT), path) == sha256(CONTENT)
