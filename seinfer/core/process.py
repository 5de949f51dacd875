"""A child process that exchanges JSON lines with its parent: all frameworks run behind this border.

In the child, standard output is redirected to standard error at once, so that nothing a library prints can be read as a
result. A child ends when its input ends, so that it does not outlive a killed parent.
"""

from __future__ import annotations

import json
import logging
import os
import queue
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, TextIO

Message = dict[str, Any]

log = logging.getLogger(__name__)

_TAIL_LINES = 30
_EXIT_S = 5.0
_MAX_LINE = 1 << 24  # characters; no message is nearly as long


class Child:
    """The parent's side.

    Attributes:
        inbox: the messages of the child, in order; then None when it has ended.
    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        name: str,
        on_message: Callable[[Child, Message | None], None] | None = None,
    ) -> None:
        """Start the child.

        Args:
            command: argv.
            environment: variables in addition to those of this process.
            name: its name in the log.
            on_message: called on the reading thread with each message, instead of filling `inbox`.
        """
        self.inbox: queue.Queue[Message | None] = queue.Queue()
        self._on_message = on_message or (lambda _, message: self.inbox.put(message))
        self._name = name
        self._foreign = ""  # the first line that is not a message
        self._log: deque[str] = deque(maxlen=_TAIL_LINES)
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **environment},
            encoding="utf-8",
            errors="backslashreplace",
        )
        self._threads = [threading.Thread(target=t, daemon=True) for t in (self._read_log, self._read_messages)]
        for thread in self._threads:
            thread.start()

    def send(self, message: Mapping[str, Any]) -> None:
        """Send one message. If the child has ended this does nothing: the end is reported as the last message."""
        assert self._process.stdin
        with suppress(BrokenPipeError, ValueError):
            self._process.stdin.write(json.dumps(message) + "\n")
            self._process.stdin.flush()

    def receive(self, timeout_s: float | None = None) -> Message | None:
        """Return the next message, None when the child has ended.

        Raises:
            TimeoutError: no message came in time.
        """
        try:
            return self.inbox.get(timeout=timeout_s)
        except queue.Empty as error:
            raise TimeoutError from error

    def stop(self, grace_s: float = 5.0) -> None:
        """Close its input and wait; kill it if it does not end in time."""
        assert self._process.stdin
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(grace_s)
        self.kill()

    def kill(self) -> None:
        """End it at once, if it has not ended yet, and close its pipes."""
        self._process.kill()
        self._process.wait()
        for thread in self._threads:
            thread.join()
        assert self._process.stdin and self._process.stdout and self._process.stderr
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            with suppress(BrokenPipeError):
                pipe.close()

    def describe_exit(self) -> str:
        """Return how it ended, with the last line of its log."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_EXIT_S)  # its pipes close shortly before its exit code is known
        self.kill()
        if self._foreign:
            return f"it wrote {self._foreign[:40]!r}, which is not a message: it is no worker of seinfer"
        code = self._process.returncode
        how = f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        last = next((line for line in reversed(self._log) if line.strip()), "")
        return f"{how}; {last}" if last else how

    def _read_log(self) -> None:
        assert self._process.stderr
        for line in self._process.stderr:
            self._log.append(line.rstrip())
            log.debug("%s", line.rstrip(), extra={"source": self._name, "worker_pid": self._process.pid})

    def _read_messages(self) -> None:
        assert self._process.stdout
        while line := self._process.stdout.readline(_MAX_LINE):
            message = _as_message(line)
            if message is None:
                self._foreign = line
                self._process.kill()
                break
            self._on_message(self, message)
        self._on_message(self, None)


def _as_message(line: str) -> Message | None:
    """Return the message in a line; None if another program wrote it."""
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return message if isinstance(message, dict) else None


class Channel:
    """The child's side."""

    def __init__(self) -> None:
        """Reserve standard output for messages; libraries print to standard error from now on."""
        self._out: TextIO = os.fdopen(os.dup(1), "w", encoding="utf-8")
        os.dup2(2, 1)
        sys.stdout = sys.stderr
        self._in = sys.stdin
        self._lock = threading.Lock()
        # Ctrl-C is sent to all processes of the terminal; the parent decides when a child ends.
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    def send(self, message: Mapping[str, Any]) -> None:
        """Send one message; may be called from any thread."""
        with self._lock:
            self._out.write(json.dumps(message, allow_nan=False) + "\n")
            self._out.flush()

    def receive(self) -> Message | None:
        """Return the next message, None when the parent has closed the channel or has ended."""
        line = self._in.readline()
        return json.loads(line) if line else None


def thread_variables(threads: int) -> dict[str, str]:
    """Return the environment variables that limit the threads of every numeric library in a child.

    Idle threads must sleep instead of spinning: the cores are shared with decoding and scoring.
    """
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
    return {**dict.fromkeys(names, str(threads)), "OMP_WAIT_POLICY": "PASSIVE", "PYTHONUNBUFFERED": "1"}
