"""SHA-256 of files and of values, and the ids that git gives to files."""

from __future__ import annotations

import hashlib
import json
import os
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


def git_blob_id(path: Path) -> str:
    """Return the id of a file as a blob of git, in hex: SHA-1 of "blob <size>", a null byte and the content.

    SHA-1 no longer resists somebody who can choose both files of a pair. It is used only where a repository publishes
    nothing else, and together with the size of the file.

    Source: Chacon and Straub, "Pro Git", 2nd edition, section 10.2.

    Raises:
        OSError: the file cannot be read completely.
    """
    with path.open("rb", buffering=0) as file:
        digest = hashlib.sha1(b"blob %d\0" % os.fstat(file.fileno()).st_size, usedforsecurity=False)
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def fingerprint(*parts: Any) -> str:
    """Return 32 hexadecimal digits of the SHA-256 of JSON values; equal values give equal digits on every machine."""
    text = json.dumps(parts, sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
