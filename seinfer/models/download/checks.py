"""Whether a weight file is the expected one.

The rule: a file is used only if its full sha256 is the expected one: the published one, or the pinned one (`pins`) if
less than a full hash is published. If the id that git gives to the file is published, it must be that one too.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ...core import hashing
from ...core.errors import IntegrityError, MissingWeightsError
from ...core.records import ModelSpec, WeightFile
from .paths import pull_command
from .pins import FULL_DIGITS, expected_sha256, needs_pin, pin_path

Status = Literal["ok", "missing", "unreadable", "wrong size", "wrong hash", "not pinned"]


@dataclass(frozen=True)
class FileCheck:
    """Result of checking one file.

    Attributes:
        name: file name in the model's table.
        path: of the file.
        status: "ok", or what is wrong.
        sha256: digest of the file; empty if it cannot be read.
        expected_sha256: the digest that it must have, or the first digits; empty if nothing is known yet.
        bytes: size of the file.
        problem: what is wrong, as text; empty if nothing is.
    """

    name: str
    path: Path
    status: Status
    sha256: str = ""
    expected_sha256: str = ""
    bytes: int = 0
    problem: str = ""


def check(file: WeightFile, path: Path) -> FileCheck:
    """Read a file from beginning to end, and compare it with the model's table. Writes nothing.

    Raises:
        IntegrityError: its pin cannot be read.
    """
    expected = expected_sha256(file, path)
    try:
        size_bytes, digest = size_and_sha256(path)
        git_id = hashing.git_blob_id(path) if file.git_sha1 else ""
    except FileNotFoundError:
        return FileCheck(file.name, path, "missing", "", expected, 0, f"{path} is not there")
    except OSError as error:
        problem = f"{path} cannot be read ({error.strerror})"
        return FileCheck(file.name, path, "unreadable", "", expected, 0, problem)
    status, problem = _compare(file, path, size_bytes, digest, expected, git_id)
    return FileCheck(file.name, path, status, digest, expected, size_bytes, problem)


def _compare(
    file: WeightFile, path: Path, size_bytes: int, digest: str, expected: str, git_id: str
) -> tuple[Status, str]:
    if file.bytes is not None and size_bytes != file.bytes:
        return "wrong size", f"{path} has {size_bytes:,} bytes, expected {file.bytes:,}"
    if not digest.startswith(expected):
        pinned = "" if expected == file.sha256 else f" (pinned in {pin_path(path)} at the first download)"
        return "wrong hash", f"{path} has sha256 {digest}, expected {describe_sha256(expected)}{pinned}"
    if git_id != file.git_sha1:
        return "wrong hash", f"{path} has the git blob id {git_id}, expected {file.git_sha1}"
    if needs_pin(file) and len(expected) < FULL_DIGITS:
        published = "and the published git blob id" if file.git_sha1 else "and no hash is published"
        known = f"begins with {expected} as published" if expected else published
        return "not pinned", f"{path} has sha256 {digest} ({known}), expected it to be pinned in {pin_path(path)}"
    return "ok", ""


def require_ok(spec: ModelSpec, found: FileCheck) -> None:
    """Do nothing for a file that is the expected one.

    Raises:
        MissingWeightsError: it does not exist, or cannot be read.
        IntegrityError: it is another file.
    """
    if found.status == "ok":
        return
    error = MissingWeightsError if found.status in ("missing", "unreadable") else IntegrityError
    raise error(f"weights of {spec.name}: {found.problem}; {_remedy(spec, found)}")


def _remedy(spec: ModelSpec, found: FileCheck) -> str:
    file = next(file for file in spec.files if file.name == found.name)
    command = pull_command(spec)
    if file.path:
        return "correct path, sha256 or bytes in your models file, or put the right file there"
    if found.status == "unreadable":
        return "correct its permissions, or choose another folder with SEINFER_WEIGHTS_DIR"
    if found.status == "not pinned" and not has_hash(file):
        return f"if you trust it, pin it with `{command} --from {found.path}`; if not, delete it and run `{command}`"
    return f"run `{command}`"


def has_hash(file: WeightFile) -> bool:
    """Return whether anything is published by which the file can be recognised."""
    return bool(file.sha256 or file.git_sha1)


def size_and_sha256(path: Path) -> tuple[int, str]:
    """Return the size in bytes and the sha256 of a file, both from the same reading.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb", buffering=0) as file:
        return hashing.size_and_sha256(file)


def describe_sha256(sha256: str) -> str:
    """Return an expected digest as text; it may be a prefix, or empty if unknown."""
    if not sha256:
        return "(any)"
    return sha256 if len(sha256) == FULL_DIGITS else f"{sha256}... (no more digits are published)"


def describe_hash(sha256: str, git_sha1: str) -> str:
    """Return by which hashes a file is recognised, as text."""
    if git_sha1 and not sha256:
        return f"the git blob id {git_sha1}"
    return f"sha256 {describe_sha256(sha256)}{f' and the git blob id {git_sha1}' if git_sha1 else ''}"


def content_hint(begin: bytes) -> str:
    """Return what a file that should be weights seems to be, by its first bytes; "" if they tell nothing."""
    if begin.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return "; it begins like a web page: a login or error page in place of the file"
    if begin.startswith(b"version https://git-lfs"):
        return "; it is a Git LFS pointer in place of the file"
    return ""
