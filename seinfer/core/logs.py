"""The log of a run: one JSON document a line, for programs and for finding out later. --log-file asks for it.

Standard error stays for people. What libraries print there, in this process or in a worker, goes to the log alone.
"""

from __future__ import annotations

import json
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

LOGGER = "seinfer"
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}

# Without a log file nothing of the log is shown: Python would print warnings to standard error otherwise.
logging.getLogger(LOGGER).addHandler(logging.NullHandler())


def open_log(path: Path) -> None:
    """Send everything that seinfer logs, and Python's warnings, to a file; an old one is added to.

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
    """Says once that it cannot be written, and lets the run go on: a log is worth less than what it is about."""

    _has_failed = False

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 logging's name
        error = sys.exc_info()[1]
        if not self._has_failed:
            self._has_failed = True
            print(f"warning: --log-file {self.baseFilename} cannot be written: {error}", file=sys.stderr)

    def close(self) -> None:
        try:
            super().close()
        except OSError:  # a full disk is met again with what the buffer holds
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
        return json.dumps(line, default=str)


@contextmanager
def log_library_output(source: str) -> Iterator[None]:
    """Take file descriptor 2 away from C libraries for a while and log what they wrote to it."""
    with _scratch() as chatter:
        kept = os.dup(2)
        os.dup2(chatter.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            chatter.seek(0)
            for line in chatter.read().decode(errors="backslashreplace").splitlines():
                logging.getLogger(LOGGER).debug("%s", line, extra={"source": source})


def _scratch() -> BinaryIO:
    """Open a nameless file; where the machine has no room for one, what is written to it is lost."""
    try:
        return cast(BinaryIO, tempfile.TemporaryFile())
    except OSError:
        return open(os.devnull, "r+b")
