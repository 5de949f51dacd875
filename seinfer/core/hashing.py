"""SHA-256 of files and of values."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, BinaryIO

from .files import open_regular

_BLOCK_BYTES = 1 << 20


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file as hexadecimal text.

    Raises:
        AudioError: it cannot be opened.
        OSError: it cannot be read completely.
    """
    with open_regular(path) as file:
        return size_and_sha256(file)[1]


def size_and_sha256(file: BinaryIO) -> tuple[int, str]:
    """Return the number of bytes from the current position of a file to its end, and their SHA-256.

    Raises:
        OSError: it cannot be read completely.
    """
    digest, size_bytes = hashlib.sha256(), 0
    while block := file.read(_BLOCK_BYTES):
        digest.update(block)
        size_bytes += len(block)
    return size_bytes, digest.hexdigest()


def fingerprint(*parts: Any) -> str:
    """Return 32 hexadecimal digits of the SHA-256 of JSON values; equal values give equal digits on every machine."""
    text = json.dumps(parts, sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
