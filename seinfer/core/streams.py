"""The standard streams: printing to them, and making them usable however the process was started.

Everything is printed by the functions of this module or by the console of reports/terminal.py, so that no control
character from a clip name, a path or another text from outside reaches a terminal (see core/escape.py). A closed
stream, a reader that stops reading (such as `head`) or a locale without UTF-8 must not end a run or change its file
names.
"""

from __future__ import annotations

import csv
import errno
import io
import os
import sys
from collections.abc import Collection
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TextIO

from .escape import as_json, visible, visible_lines

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

# Standard output: a reader that stops reading, such as `head`, is not an error.
_BROKEN_PIPE = frozenset((errno.EPIPE,))
# Standard error: if it cannot be written, there is no other place for messages, and the run continues.
_ALL_ERRORS = frozenset(errno.errorcode)


# --- Printing


def print_line(text: object) -> None:
    """Print one line of data to standard output; a line break in the text becomes an escape."""
    print(visible(text), file=sys.stdout)


def print_message(text: object) -> None:
    """Print one line for the user to standard error; a line break in the text becomes an escape."""
    print(visible(text), file=sys.stderr)


def print_json(document: Any) -> None:
    """Print a JSON document to standard output; see `escape.as_json`."""
    print(as_json(document), file=sys.stdout)


def print_lines(text: str) -> None:
    """Print a text of several lines to standard output, as it is; see `escape.visible_lines`."""
    print(visible_lines(text), end="", file=sys.stdout)


def print_csv(text: str) -> None:
    """Print a CSV to standard output: unchanged into a file or a program, with escapes in its cells on a terminal."""
    if not sys.stdout.isatty():
        styled(sys.stdout).write(text)
        return
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerows(map(visible, cells) for cells in csv.reader(io.StringIO(text, newline="")))


def styled(stream: TextIO) -> TextIO:
    """Return the stream in the place of a standard stream that does not replace control characters.

    For colours and for data that is not for reading. Everything from outside that is written to it is escaped before.
    """
    return stream.unchanged if isinstance(stream, _VisibleStream) else stream


class _VisibleStream(io.TextIOWrapper):
    """Replaces control characters in everything that other code writes: libraries, warnings, help texts.

    Attributes:
        unchanged: writes to the same file without replacing any.
    """

    def __init__(self, unchanged: io.TextIOWrapper) -> None:
        super().__init__(
            unchanged.buffer,
            encoding=unchanged.encoding,
            errors=unchanged.errors,
            line_buffering=unchanged.line_buffering,
            write_through=True,  # what both streams write stays in order
        )
        self.unchanged = unchanged

    def write(self, text: str, /) -> int:
        """Write a text; return its length before control characters were replaced."""
        super().write(visible_lines(text))
        return len(text)


# --- Preparing


def prepare() -> None:
    """Make the standard streams usable and file names UTF-8. Call it once, before anything else.

    If the locale's file names are not UTF-8, this restarts the interpreter in its UTF-8 mode: file names are then the
    same as in every other locale, and a run can be resumed in any locale.
    """
    if sys.getfilesystemencoding() != "utf-8" and os.environ.get("PYTHONUTF8") != "1":
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], {**os.environ, "PYTHONUTF8": "1"})
    _open_closed()
    sys.stdout = _ignoring(1, sys.stdout, _BROKEN_PIPE)
    sys.stderr = _ignoring(2, sys.stderr, _ALL_ERRORS)


def discard_output() -> None:
    """Discard the buffered rest of standard output, after writing to it has failed."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.close(null)
    with suppress(OSError):  # the interpreter flushes it again at exit
        sys.stdout.flush()


def _open_closed() -> None:
    """Open closed standard streams on os.devnull; otherwise the next opened file would get their descriptor."""
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            null = os.open(os.devnull, os.O_RDWR)  # gets the lowest free number, which is this one
            assert null == descriptor, f"{os.devnull} was opened as {null}, expected {descriptor}"
            os.set_inheritable(null, True)


def _ignoring(descriptor: int, given: TextIO | None, ignored: Collection[int]) -> TextIO:
    """Return a text stream on a descriptor that ignores these error numbers."""
    raw = _ErrorIgnoringFile(descriptor, ignored)
    unchanged = io.TextIOWrapper(
        io.BufferedWriter(raw),
        encoding=given.encoding if given else "utf-8",
        errors="backslashreplace",  # a character that the encoding lacks is shown with an escape
        line_buffering=descriptor == 2 or raw.isatty(),
        write_through=True,
    )
    return _VisibleStream(unchanged)


class _ErrorIgnoringFile(io.FileIO):
    """A standard stream that ignores some errors."""

    def __init__(self, descriptor: int, ignored: Collection[int]) -> None:
        super().__init__(descriptor, "w", closefd=False)
        self._ignored = ignored

    def write(self, data: ReadableBuffer, /) -> int:
        """Write the data; if an ignored error occurs, report all of it as written."""
        try:
            return super().write(data)
        except OSError as error:
            if error.errno not in self._ignored:
                raise
            return memoryview(data).nbytes
