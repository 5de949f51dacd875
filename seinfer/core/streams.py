"""The standard streams and the encoding of names, made fit for whatever shell, cron job or pipe started this process.

Nobody who stops reading, closes a stream or speaks another locale may cost a run its work or its file names.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Collection
from contextlib import suppress
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

# A reader that has seen enough, such as `head`, is no failure of ours.
_GONE = frozenset((errno.EPIPE,))
# What cannot be said on standard error can be said nowhere; the work goes on.
_ANY = frozenset(errno.errorcode)


def prepare() -> None:
    """Make the standard streams usable and file names UTF-8. Call it once, first of all.

    In a locale whose names are not UTF-8 this starts the interpreter again in its UTF-8 mode: file names then are what
    they are in every other locale, and a run can be resumed from any.
    """
    if sys.getfilesystemencoding() != "utf-8" and os.environ.get("PYTHONUTF8") != "1":
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], {**os.environ, "PYTHONUTF8": "1"})
    _open_closed()
    sys.stdout = _forgiving(1, sys.stdout, _GONE)
    sys.stderr = _forgiving(2, sys.stderr, _ANY)


def discard_output() -> None:
    """Send what standard output still holds nowhere, after it was found that it cannot be written."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.close(null)
    with suppress(OSError):  # the interpreter would flush it once more on its way out
        sys.stdout.flush()


def _open_closed() -> None:
    """Open the streams that are closed on nothing: the next file opened would take their place."""
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            null = os.open(os.devnull, os.O_RDWR)  # the lowest free number, which is this one
            assert null == descriptor, f"{os.devnull} was opened as {null}, expected {descriptor}"
            os.set_inheritable(null, True)


def _forgiving(descriptor: int, given: TextIO | None, forgiven: Collection[int]) -> TextIO:
    raw = _Raw(descriptor, forgiven)
    return io.TextIOWrapper(
        io.BufferedWriter(raw),
        encoding=given.encoding if given else "utf-8",
        errors="backslashreplace",  # a name that is no text is shown somehow, and not refused
        line_buffering=descriptor == 2 or raw.isatty(),
    )


class _Raw(io.FileIO):
    """A standard stream on which some failures are as good as success."""

    def __init__(self, descriptor: int, forgiven: Collection[int]) -> None:
        super().__init__(descriptor, "w", closefd=False)
        self._forgiven = forgiven

    def write(self, data: ReadableBuffer, /) -> int:
        """Write what can be written, and say that all of it was where nobody can take it."""
        try:
            return super().write(data)
        except OSError as error:
            if error.errno not in self._forgiven:
                raise
            return memoryview(data).nbytes
