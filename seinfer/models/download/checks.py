"""What a weight file must be, and whether it is.

The rule: nothing is used that is not what a full sha256 says. Where the authors publish the first digits only
(facebookresearch/denoiser has them in its file names, the convention of torch.hub) or none (santi-pdp/segan_pytorch),
the full digest of the first file that was taken is pinned in `<file>.pin.json` beside it, and every later use must
match the pin.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ...core.errors import IntegrityError
from ...core.records import WeightFile
from .partials import private

Status = Literal["ok", "missing", "unreadable", "wrong size", "wrong hash", "not pinned"]
CHUNK_BYTES = 1 << 20
FULL_DIGITS = 64
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class FileCheck:
    """What was found of one file.

    Attributes:
        name: file name in the model's table.
        status: "ok", or what is wrong.
        sha256: digest of what lies there; empty where nothing could be read.
        expected_sha256: what it must be or begin with; empty where nothing is known yet.
        bytes: size of what lies there.
        problem: what is wrong in words; empty when nothing is.
    """

    name: str
    path: Path
    status: Status
    sha256: str = ""
    expected_sha256: str = ""
    bytes: int = 0
    problem: str = ""


def check(file: WeightFile, path: Path) -> FileCheck:
    """Read a file once, from end to end, and say whether it is what it must be. Writes nothing.

    Raises:
        IntegrityError: its pin cannot be read.
    """
    expected = expected_sha256(file, path)
    try:
        size_bytes, digest = measure(path)
    except FileNotFoundError:
        return FileCheck(file.name, path, "missing", "", expected, 0, f"{path} is not there")
    except OSError as error:
        problem = f"{path} cannot be read ({error.strerror})"
        return FileCheck(file.name, path, "unreadable", "", expected, 0, problem)
    status, problem = _judge(file, path, size_bytes, digest, expected)
    return FileCheck(file.name, path, status, digest, expected, size_bytes, problem)


def _judge(file: WeightFile, path: Path, size_bytes: int, digest: str, expected: str) -> tuple[Status, str]:
    if file.bytes is not None and size_bytes != file.bytes:
        return "wrong size", f"{path} has {size_bytes:,} bytes, expected {file.bytes:,}"
    if not digest.startswith(expected):
        return (
            "wrong hash",
            f"{path} has sha256 {digest}, expected {in_words(expected)}{_of_pin(expected, file, path)}",
        )
    if needs_pin(file) and len(expected) < FULL_DIGITS:
        known = f"begins with {expected} as published" if expected else "and no hash is published"
        return "not pinned", f"{path} has sha256 {digest} ({known}), expected it to be pinned in {pin_path(path)}"
    return "ok", ""


def in_words(sha256: str) -> str:
    """Word an expected digest, which may be a prefix or unknown."""
    if not sha256:
        return "(any)"
    return sha256 if len(sha256) == FULL_DIGITS else f"{sha256}... (no more of it is published)"


def _of_pin(expected: str, file: WeightFile, path: Path) -> str:
    return "" if expected == file.sha256 else f" (pinned in {pin_path(path)} when it first came)"


def measure(path: Path) -> tuple[int, str]:
    """Return size in bytes and sha256 of a file, both of the same reading.

    Raises:
        OSError: it cannot be read.
    """
    digest, size_bytes = hashlib.sha256(), 0
    with path.open("rb", buffering=0) as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
            size_bytes += len(chunk)
    return size_bytes, digest.hexdigest()


def expected_sha256(file: WeightFile, path: Path) -> str:
    """Return the digest that a file must have: the published one in full, else the pinned one, else what is published.

    A pin that contradicts the published digits belongs to a former edition of the table, and does not count.
    """
    pin = read_pin(path) if needs_pin(file) else ""
    return pin if pin and pin.startswith(file.sha256) else file.sha256


def needs_pin(file: WeightFile) -> bool:
    """Return whether less than a full digest is published. A user's own file is his own affair."""
    return not file.path and len(file.sha256) < FULL_DIGITS


def pin_path(path: Path) -> Path:
    """Return where the pin of a weight file stands."""
    return path.with_name(path.name + ".pin.json")


def read_pin(path: Path) -> str:
    """Return the pinned sha256 of a weight file, "" where none is pinned.

    Raises:
        IntegrityError: the pin is there and cannot be made sense of.
    """
    pin = pin_path(path)
    try:
        digest = json.loads(pin.read_text(encoding="utf-8"))["sha256"]
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise IntegrityError(_bad_pin(pin, repr(error))) from error
    if not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
        raise IntegrityError(_bad_pin(pin, repr(digest)))
    return digest


def _bad_pin(pin: Path, seen: str) -> str:
    return (
        f"{pin}: is no pin ({seen}); expected JSON with a sha256 of {FULL_DIGITS} hex digits; "
        "restore it, or delete it together with its file and pull the model again"
    )


def write_pin(path: Path, sha256: str, size_bytes: int, origin: str) -> None:
    """Pin the digest of a weight file for all later uses.

    Args:
        path: the weight file.
        sha256: its full digest.
        size_bytes: its size.
        origin: where it came from, for a reader of the pin.
    """
    text = json.dumps({"sha256": sha256, "bytes": size_bytes, "origin": origin}, indent=1) + "\n"
    with private(pin_path(path)) as partial:
        partial.write(text.encode())
        partial.place(pin_path(path))
