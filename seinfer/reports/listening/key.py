"""The key of a listening test: opaque ids, the salted commitment, and the file, which raters must not see.

The commitment is SHA-256(salt + canonical JSON of the key), where the field `test.key_sha256` is empty. The salt is 32
random bytes: without it, somebody could try all likely contents of the key until the digest fits. Canonical JSON has
sorted keys, no spaces and only ASCII characters.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...core.errors import IntegrityError, UsageError
from ...core.files import write_text
from ...core.records import to_json
from .documents import key_from_json
from .records import Key, PublicTest

KEY_SUFFIX = ".key.json"
_ID_DIGITS = 10


def default_key_path(test_folder: Path) -> Path:
    """Return the path of the key beside a test folder: `<TEST_DIR>.key.json`."""
    folder = test_folder.absolute()
    return folder.parent / f"{folder.name}{KEY_SUFFIX}"


def opaque_id(salt: str, *parts: object) -> str:
    """Return 10 hex digits that name something and reveal nothing about it without the salt.

    Args:
        salt: hex digits.
        parts: what is named, such as clip, model and role; as JSON, so that no two lists of parts are the same text.
    """
    message = json.dumps(parts, separators=(",", ":"))
    return hmac.new(bytes.fromhex(salt), message.encode(), hashlib.sha256).hexdigest()[:_ID_DIGITS]


def commitment(key: Key) -> str:
    """Return the SHA-256 by which a test folder and every rating file name their key; see the module."""
    document = to_json(replace(key, test=replace(key.test, key_sha256="")))
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(bytes.fromhex(key.salt) + text.encode()).hexdigest()


def sealed(key: Key) -> Key:
    """Return the key with its own commitment in `test.key_sha256`."""
    return replace(key, test=replace(key.test, key_sha256=commitment(key)))


def refuse_key_path(path: Path, test_folder: Path) -> None:
    """Check where a key is about to be written.

    Raises:
        UsageError: it is inside the test folder, also through a link, or the file exists.
    """
    real, folder = path.resolve(), test_folder.resolve()
    if real == folder or real.is_relative_to(folder):
        raise UsageError(
            f"--key {path} is inside the test folder {test_folder}, which raters get; choose a path outside of it"
        )
    if path.exists() or path.is_symlink():
        raise UsageError(f"--key {path} exists already; a key is never overwritten: choose another --key")


def write_key(path: Path, key: Key) -> None:
    """Write a key that only its owner may read (mode 0600).

    Raises:
        RunFolderError: it cannot be written.
    """
    write_text(path, json.dumps(to_json(key), indent=2, sort_keys=True, allow_nan=False) + "\n", mode=0o600)


def read_key(path: Path) -> Key:
    """Read a key and check its own commitment.

    Raises:
        UsageError: the file cannot be read.
        IntegrityError: it is not a key, or it was edited.
    """
    key = key_from_json(_read_object(path, "--key"), str(path))
    if commitment(key) != key.test.key_sha256:
        raise IntegrityError(
            f"{path} was edited: its content has the digest {commitment(key)[:12]}, and it states "
            f"{key.test.key_sha256[:12]}; use the file that `seinfer blind make` wrote"
        )
    return key


def verify(key: Key, test: PublicTest) -> None:
    """Check that a key belongs to a test.

    Raises:
        IntegrityError: it is the key of another test, or the key or the test was edited.
    """
    if key.test.test_id != test.test_id:
        raise IntegrityError(
            f"the key is that of the test {key.test.test_id}, expected {test.test_id}; use its own key"
        )
    if commitment(key) != test.key_sha256:
        raise IntegrityError(
            f"the key does not fit the test {test.test_id}: its digest is {commitment(key)[:12]}, expected "
            f"{test.key_sha256[:12]}; the key or the test was edited after it was made"
        )
    if replace(key.test, key_sha256=test.key_sha256) != test:
        raise IntegrityError(
            f"the test {test.test_id} differs from the one in its key: it was edited after it was made; make it again"
        )


def _read_object(path: Path, option: str) -> Mapping[str, Any]:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{option} {path} cannot be read: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise IntegrityError(f"{path} is not a JSON file ({error}); expected a file of `seinfer blind make`") from error
    if not isinstance(values, dict):
        raise IntegrityError(f"{path} is not a JSON object; expected a file of `seinfer blind make`")
    return values
