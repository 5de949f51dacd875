"""SHA-256 of files and of values."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import pytest

from seinfer.core.errors import AudioError
from seinfer.core.hashing import fingerprint, git_blob_id, sha256_of, size_and_sha256


@pytest.mark.parametrize("n_bytes", [0, 3, 1 << 20, (1 << 20) + 1])
def test_sha256_of_a_file_equals_hashlib(tmp_path: Path, n_bytes: int) -> None:
    content = bytes(range(256)) * (n_bytes // 256 + 1)
    (tmp_path / "a").write_bytes(content[:n_bytes])
    assert sha256_of(tmp_path / "a") == hashlib.sha256(content[:n_bytes]).hexdigest()


@pytest.mark.parametrize("n_blocks", [0, 1, 8200])
def test_git_blob_id_equals_that_of_git(tmp_path: Path, n_blocks: int) -> None:
    (tmp_path / "a").write_bytes(bytes(range(256)) * n_blocks)
    git = subprocess.run(["git", "hash-object", "--no-filters", "a"], cwd=tmp_path, capture_output=True, text=True)
    assert git_blob_id(tmp_path / "a") == git.stdout.strip()


def test_size_and_sha256_starts_at_the_current_position(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"header" + b"body")
    with open(tmp_path / "a", "rb") as file:
        file.seek(6)
        assert size_and_sha256(file) == (4, hashlib.sha256(b"body").hexdigest())


def test_sha256_of_a_missing_file_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(AudioError) as caught:
        sha256_of(tmp_path / "missing")
    assert caught.value.reason == "unreadable"


def test_fingerprint_never_changes() -> None:
    # The score cache and the journal of a run folder contain such values.
    assert fingerprint("a", 1, {"b": None}) == "489279946cab925136dd485392c2424a"


def test_fingerprint_ignores_the_order_of_keys_only() -> None:
    assert fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})
    assert fingerprint([1, 2]) != fingerprint([2, 1])
    assert fingerprint(1) != fingerprint("1")
    assert fingerprint("a", "b") != fingerprint("ab")
