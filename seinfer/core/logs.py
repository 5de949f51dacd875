"""The log file of a run (--log-file): one JSON document per line.

Standard error contains only messages for the user. Text that libraries write to it, in this process or in a worker,
goes only to the log.
"""

from __future__ import annotations

import logging
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import BinaryIO, cast

from .errors import UsageError
from .escape import as_json
from .streams import print_message

LOGGER = "seinfer"
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}

# Without a log file nothing is shown; without this handler Python would print warnings to standard error.
logging.getLogger(LOGGER).addHandler(logging.NullHandler())


def open_log(path: Path) -> None:
    """Write everything that seinfer logs, and Python's warnings, to a file; an existing file is appended to.

    Raises:
        UsageError: the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = _LogFile(path, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise UsageError(f"--log-file {path} cannot be written: {error.strerror or error}") from error
    handler.setFormatter(_JsonLines())
    for name in (LOGGER, "py.warnings"):
        logger = logging.getLogger(name)
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
        logger.propagate = False


class _LogFile(logging.FileHandler):
    """Log file that warns once if it cannot be written. The run continues: its results matter more than its log."""

    _has_failed = False

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 logging's name
        error = sys.exc_info()[1]
        if not self._has_failed:
            self._has_failed = True
            print_message(f"warning: --log-file {self.baseFilename} cannot be written: {error}")

    def close(self) -> None:
        try:
            super().close()
        except OSError:  # writing the rest of the buffer fails again on a full disk
            self.handleError(logging.makeLogRecord({}))


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, timezone.utc).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **{key: value for key, value in vars(record).items() if key not in _STANDARD},
        }
        return as_json(line, indent=None, default=str)


@contextmanager
def log_library_output(source: str) -> Iterator[None]:
    """Redirect file descriptor 2 (standard error) in a `with` block, and log the lines that libraries wrote to it.

    C libraries write to the descriptor directly, so replacing sys.stderr does not catch their output.

    Args:
        source: name of the library, for the log.
    """
    with _temporary_file() as output:
        original = os.dup(2)
        os.dup2(output.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(original, 2)
            os.close(original)
            output.seek(0)
            for line in output.read().decode(errors="backslashreplace").splitlines():
                logging.getLogger(LOGGER).debug("%s", line, extra={"source": source})


def _temporary_file() -> BinaryIO:
    """Open a temporary file without a name; if there is no space for one, os.devnull."""
    try:
        return cast(BinaryIO, tempfile.TemporaryFile())
    except OSError:
        return open(os.devnull, "r+b")
