"""Files: text and CSV files that are whole or not there, and opening what is to be read.

CSV files are UTF-8 with comma, dot and Unix line ends. An empty cell is "not applicable"; "nan" and "inf" are never
written.
"""

from __future__ import annotations

import csv
import io
import json
import math
import os
import stat
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from .errors import AudioError, RunFolderError

Cell = str | int | float | bool | None


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


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, Cell]]) -> None:
    """Write rows; a key that is no column is a mistake and raises ValueError."""
    text = _UnixLines()
    writer = csv.DictWriter(text, columns, lineterminator="\r\n", restval="")
    writer.writeheader()
    writer.writerows({key: csv_cell(value) for key, value in row.items()} for row in rows)
    write_text(path, text.getvalue())


class _UnixLines(io.StringIO):
    """Takes rows that end in CR LF and ends them in LF: csv quotes a CR within a cell only where it ends rows."""

    def write(self, row: str, /) -> int:
        return super().write(row.removesuffix("\r\n") + "\n")


def csv_cell(value: Cell) -> str:
    """Return a value as the text of a cell."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.6f}" if math.isfinite(value) else ""
    return str(value)


def open_regular(path: Path) -> BinaryIO:
    """Open a file for reading, unbuffered; what is no file, such as a named pipe, is refused and not waited for.

    Raises:
        AudioError: it cannot be opened.
    """
    try:
        file: BinaryIO = open(path, "rb", buffering=0, opener=_without_waiting)  # noqa: SIM115 the caller's
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            file.close()
            raise AudioError("unreadable", f"{path} is no regular file; expected an audio file")
    except OSError as error:
        raise AudioError("unreadable", f"{path} cannot be read: {error.strerror or error}") from error
    return file


def _without_waiting(name: str, flags: int) -> int:
    return os.open(name, flags | os.O_NONBLOCK)
