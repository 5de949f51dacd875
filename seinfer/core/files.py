"""Text files that are whole or not there."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from .errors import RunFolderError


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 with Unix line ends under a temporary name, then rename.

    Raises:
        RunFolderError: it cannot be written; an older file of that name is untouched.
    """
    part = path.parent / f".seinfer-{os.getpid()}-{path.name}.part"
    try:
        with open(part, "w", encoding="utf-8", newline="\n", errors="backslashreplace") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        with suppress(OSError):
            part.unlink()
        raise RunFolderError(
            f"{path} cannot be written: {error.strerror or error}; free space or choose another --out, then run again"
        ) from error


def write_json(path: Path, document: Mapping[str, Any]) -> None:
    """Write a JSON document that people can read."""
    write_text(path, json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
