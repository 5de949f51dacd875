"""Ctrl-C and SIGTERM: the first one ends the command in order, and further ones do not disturb that."""

from __future__ import annotations

import os
import signal
import sys
import time
from types import FrameType

from ..core.exit_codes import INTERRUPTED

# The orderly end takes a few seconds at most: workers are killed, and results are on the disk already.
_PATIENCE_S = 10.0


class Interrupts:
    """Raises KeyboardInterrupt at the first signal. Use it once, on the main thread."""

    def __init__(self) -> None:
        self._first_s: float | None = None
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._handle)

    def close(self) -> None:
        """Ignore both signals: the exit code is known, and the interpreter is going to exit."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self._first_s is None:
            self._first_s = time.monotonic()
            raise KeyboardInterrupt
        if time.monotonic() - self._first_s > _PATIENCE_S:  # something does not end: do not make the user wait longer
            sys.stderr.flush()
            os._exit(INTERRUPTED)
