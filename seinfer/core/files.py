"""Writing text, JSON and CSV files atomically, and opening regular files for reading.

Atomic: the file is complete under its name, or an older file of that name is unchanged. CSV files are UTF-8 with comma,
decimal point and Unix line ends. An empty cell means "not applicable"; "nan" and "inf" are never written.

A spreadsheet runs a cell such as "=cmd|..." as a formula. So a text that starts with = + - @, a tab or a carriage
return and is not a number is written with an apostrophe before it, and `read_csv` takes the apostrophe off again. A
text that already has apostrophes before one of these characters gets one more: every text is read back exactly.
"""

from __future__ import annotations

import csv
import io
import math
import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from .errors import AudioError, RunFolderError
from .escape import as_json
from .numbers import fixed

Cell = str | int | float | bool | None
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


# --- Atomic writing


def write_text(path: Path, text: str, *, mode: int = 0o666) -> None:
    """Write UTF-8 with Unix line ends under a temporary name, flush it to disk, then rename it.

    Args:
        path: the file.
        text: its content.
        mode: permissions of the file, from which those that the process masks (umask) are taken away.

    Raises:
        RunFolderError: the file cannot be written; an older file of that name is unchanged.
    """
    write_bytes(path, text.encode("utf-8", errors="backslashreplace"), mode=mode)


def write_bytes(path: Path, data: bytes, *, mode: int = 0o666) -> None:
    """Write data under a temporary name, flush it to disk, then rename it.

    Args:
        path: the file.
        data: its content.
        mode: permissions, see `write_text`.

    Raises:
        RunFolderError: the file cannot be written; an older file of that name is unchanged.
    """
    with _written_atomically(path, mode) as file:
        file.write(data)


@contextmanager
def _written_atomically(path: Path, mode: int = 0o666) -> Iterator[BinaryIO]:
    """Open a file under a temporary name; it is flushed to disk and renamed at the end of the `with` block.

    Raises:
        RunFolderError: the file cannot be written; an older file of that name is unchanged.
    """
    part = path.parent / f".seinfer-{os.getpid()}-{path.name}.part"
    try:
        with open(part, "wb", opener=partial(os.open, mode=mode)) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        raise RunFolderError(
            f"{path} cannot be written: {error.strerror or error}; free space or choose another --out, then run again"
        ) from error
    finally:
        with suppress(OSError):
            part.unlink()


def make_folder(path: Path) -> None:
    """Create a folder and its parents, if it does not exist.

    Raises:
        RunFolderError: it cannot be created.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunFolderError(
            f"the folder {path} cannot be created: {error.strerror or error}; choose another --out"
        ) from error


def write_json(path: Path, document: Mapping[str, Any]) -> None:
    """Write an indented JSON document; see `write_text`.

    Raises:
        RunFolderError: the file cannot be written.
        ValueError: a number is NaN or infinite.
    """
    write_text(path, as_json(document) + "\n")


# --- CSV


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, Cell]]) -> None:
    """Write a CSV file with a header, row by row; see `write_text`.

    Args:
        path: the file.
        columns: names, in order.
        rows: column -> value; a missing column is an empty cell.

    Raises:
        RunFolderError: the file cannot be written.
        ValueError: a row has a key that is not in `columns`.
    """
    with _written_atomically(path) as file:
        text = io.TextIOWrapper(file, encoding="utf-8", errors="backslashreplace", newline="")
        _write_rows(text, columns, rows)
        text.detach()  # writes the rest of its buffer


def csv_text(columns: Sequence[str], rows: Iterable[Mapping[str, Cell]]) -> str:
    """Return the content of a CSV file; see `write_csv`.

    Raises:
        ValueError: a row has a key that is not in `columns`.
    """
    text = io.StringIO()
    _write_rows(text, columns, rows)
    return text.getvalue()


def _write_rows(file: TextIO, columns: Sequence[str], rows: Iterable[Mapping[str, Cell]]) -> None:
    writer = csv.DictWriter(_UnixLines(file), columns, lineterminator="\r\n", restval="")
    writer.writerow({name: csv_cell(name) for name in columns})
    writer.writerows({key: csv_cell(value) for key, value in row.items()} for row in rows)


class _UnixLines:
    """Replaces the CR LF at the end of each row by LF. csv writes CR LF, because it then quotes a CR inside a cell."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, row: str, /) -> int:
        return self._file.write(row.removesuffix("\r\n") + "\n")


def csv_cell(value: Cell) -> str:
    """Return the text of a cell: floats with 6 decimals; empty for None, NaN and infinity; no formulas."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return fixed(value, 6) if math.isfinite(value) else ""
    text = str(value)
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


# --- Reading


def read_csv(path: Path) -> list[dict[str, str]]:
    """Read the rows of a CSV file with a header, ours or another; see the module on apostrophes before = + - @.

    Returns:
        Column -> text for each row; "" where a row is too short. Cells beyond the header are left out.

    Raises:
        OSError: it cannot be read.
        UnicodeDecodeError, csv.Error: it is not a CSV in UTF-8.
    """
    return [row for _, row in read_numbered_csv(path)]


def read_numbered_csv(path: Path) -> list[tuple[int, dict[str, str]]]:
    """Read the rows of a CSV file as `read_csv`, each with the number of its last line in the file, from 1."""
    with open(path, newline="", encoding="utf-8-sig") as file:
        reader = csv.reader(file)
        lines = [(reader.line_num, [_without_apostrophe(cell) for cell in line]) for line in reader if line]
    if not lines:
        return []
    columns = lines[0][1]
    return [
        (number, dict(zip(columns, [*line, *[""] * (len(columns) - len(line))], strict=False)))
        for number, line in lines[1:]
    ]


def _without_apostrophe(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


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
