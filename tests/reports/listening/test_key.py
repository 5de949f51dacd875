"""The key: what it commits to, where it may be written, and that a wrong or edited one is refused."""

from __future__ import annotations

import hashlib
import json
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from seinfer.core.errors import IntegrityError, UsageError
from seinfer.core.records import to_json
from seinfer.reports.listening.key import (
    commitment,
    default_key_path,
    opaque_id,
    read_key,
    refuse_key_path,
    sealed,
    verify,
    write_key,
)
from seinfer.reports.listening.records import Item, Key, PublicSession, PublicTest, PublicTrial, Rules

SALT = "ab" * 32
TRIALS = (PublicTrial(("01" * 5,)), PublicTrial(("02" * 5,), is_training=True))
TEST = PublicTest("feedbeef00", "", "p835", (PublicSession("5e55101234", TRIALS, True),), 48_000, 96_000, 1)
ITEMS = (
    Item("01" * 5, "talk", "good", "test", gain_db=-3.25, delay_samples=4),
    Item("02" * 5, "talk", "clean", "gold", {"OVRL": (4, 5)}),
)
KEY = sealed(Key(SALT, 3, ("noisy", "good"), ITEMS, {"5e55101234": ("test", "training")}, TEST, Rules(), "p56:-26"))


def test_commitment_is_the_digest_of_the_salt_and_of_the_canonical_json_without_itself() -> None:
    document = json.loads(json.dumps(to_json(KEY)))
    document["test"]["key_sha256"] = ""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"))
    assert commitment(KEY) == hashlib.sha256(bytes.fromhex(SALT) + text.encode()).hexdigest()
    assert KEY.test.key_sha256 == commitment(KEY)
    assert commitment(replace(KEY, salt="cd" * 32)) != commitment(KEY)


def test_key_written_and_read_is_the_same_and_private(tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    write_key(path, KEY)
    assert read_key(path) == KEY
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"seed": 3', '"seed": 4'),
        ('"good"', '"best"'),
        ('"max_gold_errors": 0', '"max_gold_errors": 9'),
        (SALT, "cd" * 32),
    ],
)
def test_read_key_of_an_edited_file_is_an_integrity_error(tmp_path: Path, old: str, new: str) -> None:
    path = tmp_path / "key.json"
    write_key(path, KEY)
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(IntegrityError, match="was edited") as error:
        read_key(path)
    assert error.value.exit_code == 4


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"salt": 1}', '{"salt": "xyz"}', "[" * 100_000])
def test_read_key_of_another_file_is_an_integrity_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "key.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(IntegrityError, match=r"key\.json"):
        read_key(path)


def test_read_key_of_an_absent_file_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_key(tmp_path / "absent.json")


def test_verify_accepts_the_test_of_the_key() -> None:
    verify(KEY, KEY.test)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (replace(KEY.test, test_id="0000000000"), "key is that of the test feedbeef00, expected 0000000000"),
        (replace(KEY.test, key_sha256="0" * 64), "does not fit"),
        (replace(KEY.test, title="Other"), "was edited after"),
        (replace(KEY.test, sessions=()), "was edited after"),
    ],
)
def test_verify_of_another_or_an_edited_test_is_an_integrity_error(changed: PublicTest, message: str) -> None:
    with pytest.raises(IntegrityError, match=message):
        verify(KEY, changed)


def test_verify_of_an_edited_key_is_an_integrity_error() -> None:
    with pytest.raises(IntegrityError, match="does not fit"):
        verify(replace(KEY, models=("good", "noisy")), KEY.test)


def test_default_key_path_is_beside_the_test_folder(tmp_path: Path) -> None:
    assert default_key_path(tmp_path / "test") == tmp_path / "test.key.json"
    assert default_key_path(tmp_path / "a.b" / "") == tmp_path / "a.b.key.json"


def test_refuse_key_path_inside_the_test_folder_is_a_usage_error_also_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "test").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "test")
    for path in ("test/key.json", "test/deep/key.json", "test", "link/key.json", "other/../test/key.json"):
        with pytest.raises(UsageError, match="inside the test folder"):
            refuse_key_path(tmp_path / path, tmp_path / "test")
    refuse_key_path(tmp_path / "key.json", tmp_path / "test")


def test_refuse_key_path_that_exists_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "key.json").touch()
    (tmp_path / "broken").symlink_to(tmp_path / "absent")
    for name in ("key.json", "broken"):
        with pytest.raises(UsageError, match="never overwritten"):
            refuse_key_path(tmp_path / name, tmp_path / "test")


def test_opaque_id_depends_on_the_salt_and_on_every_part() -> None:
    ids = {opaque_id(SALT, "a", "b"), opaque_id(SALT, "a|b"), opaque_id(SALT, "ab", ""), opaque_id("cd" * 32, "a", "b")}
    assert len(ids) == 4
    assert all(len(one) == 10 and int(one, 16) >= 0 for one in ids)
    assert opaque_id(SALT, "a", "b") == opaque_id(SALT, "a", "b")
