"""The log of a run: one JSON document a line, for programs and for finding out later. --log-file asks for it.

Standard error stays for people. What libraries print there, in this process or in a worker, goes to the log alone.
"""

from __future__ import annotations

import json
import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path

from .errors import UsageError

LOGGER = "seinfer"
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def open_log(path: Path) -> None:
    """Send everything that seinfer logs, and Python's warnings, to a file; an old one is added to.

    Raises:
        UsageError: the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = logging.FileHandler(path, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise UsageError(f"--log-file {path} cannot be written: {error.strerror or error}") from error
    handler.setFormatter(_JsonLines())
    for name in (LOGGER, "py.warnings"):
        logger = logging.getLogger(name)
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
        logger.propagate = False


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
def library_chatter_logged(source: str) -> Iterator[None]:
    """Take file descriptor 2 away from C libraries for a while and log what they wrote to it."""
    with tempfile.TemporaryFile() as chatter:
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
