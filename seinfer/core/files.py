"""Writing text, JSON and CSV files atomically, and opening regular files for reading.

Atomic: the file is complete under its name, or an older file of that name is unchanged. CSV files are UTF-8 with comma,
decimal point and Unix line ends. An empty cell means "not applicable"; "nan" and "inf" are never written.
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
from .numbers import fixed

Cell = str | int | float | bool | None


# --- Atomic writing


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 with Unix line ends under a temporary name, flush it to disk, then rename it.

    Raises:
        RunFolderError: the file cannot be written; an older file of that name is unchanged.
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
    """Write an indented JSON document; see `write_text`.

    Raises:
        RunFolderError: the file cannot be written.
        ValueError: a number is NaN or infinite.
    """
    write_text(path, json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


# --- CSV


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, Cell]]) -> None:
    """Write a CSV file with a header; see `write_text`.

    Args:
        path: the file.
        columns: names, in order.
        rows: column -> value; a missing column is an empty cell.

    Raises:
        RunFolderError: the file cannot be written.
        ValueError: a row has a key that is not in `columns`.
    """
    text = _UnixLines()
    writer = csv.DictWriter(text, columns, lineterminator="\r\n", restval="")
    writer.writeheader()
    writer.writerows({key: csv_cell(value) for key, value in row.items()} for row in rows)
    write_text(path, text.getvalue())


class _UnixLines(io.StringIO):
    """Replaces the CR LF at the end of each row by LF. csv writes CR LF, because it then quotes a CR inside a cell."""

    def write(self, row: str, /) -> int:
        return super().write(row.removesuffix("\r\n") + "\n")


def csv_cell(value: Cell) -> str:
    """Return the text of a cell: floats with 6 decimals; empty for None, NaN and infinity."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return fixed(value, 6) if math.isfinite(value) else ""
    return str(value)


# --- Reading


def open_regular(path: Path) -> BinaryIO:
    """Open a regular file for reading, unbuffered. Anything else, such as a named pipe, is refused without waiting.

    Raises:
        AudioError: `unreadable`, it cannot be opened or is not a regular file.
    """
    try:
        file: BinaryIO = open(path, "rb", buffering=0, opener=_open_without_waiting)  # noqa: SIM115 the caller closes it
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            file.close()
            raise AudioError("unreadable", f"{path} is not a regular file; expected an audio file")
    except OSError as error:
        raise AudioError("unreadable", f"{path} cannot be read: {error.strerror or error}") from error
    return file


def _open_without_waiting(name: str, flags: int) -> int:
    return os.open(name, flags | os.O_NONBLOCK)
