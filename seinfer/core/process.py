"""A child process that exchanges JSON lines with its parent: all frameworks run behind this border.

In the child, standard output is redirected to standard error at once, so that nothing a library prints can be read as a
result. A child leads a group of its own, with the processes that it starts; the group ends with the child. Every child
ends within 5 s of the death of its parent (SIGKILL included), whatever it is doing: see core/lifetime.py.
"""

from __future__ import annotations

import json
import logging
import os
import queue
import select
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import IO, Any, Protocol, TextIO

from .lifetime import Guard, die_with_parent, kill_group
from .messages import shortened
from .processor_time import peak_rss_mib_of, processor_s

Message = dict[str, Any]

log = logging.getLogger(__name__)

_TAIL_LINES = 30
_EXIT_S = 5.0
# A process outside the group may hold the pipes of a child that has ended. Nothing more is expected from them when this
# time passes without a byte, and when this time has passed in all.
_IDLE_MS, _DRAIN_S = 200, 1.0
# Longest line of a child: another program in its place may write without end.
_MAX_LINE_BYTES = 1 << 25


class Process(Protocol):
    """What engines and the scoring pool need of a child process: `Child` on this machine, or one on a cluster.

    Attributes:
        is_lost: it ended because its machine was lost or taken away, so that its work is not the cause.
    """

    is_lost: bool

    @property
    def processor_s(self) -> float:
        """Processor seconds that it and the processes it started have used."""

    @property
    def peak_rss_mib(self) -> float:
        """Largest resident memory so far in MiB; 0 if unknown."""

    def send(self, message: Mapping[str, Any]) -> None:
        """Send one message, without waiting."""

    def receive(self, timeout_s: float | None = None) -> Message | None:
        """Return the next message, None when it has ended.

        Raises:
            TimeoutError: no message came in time.
        """

    def stop(self) -> None:
        """End it; its work is done."""

    def kill(self) -> None:
        """End it at once."""

    def describe_exit(self) -> str:
        """Return how it ended."""


OnMessage = Callable[[Any, Message | None], None]
"""Called on a reading thread with the process and its next message, or None when the process has ended."""


class Launch(Protocol):
    """Starts a child process: `Child` does so on this machine."""

    def __call__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        name: str,
        on_message: OnMessage | None = None,
    ) -> Process:
        """Start a process; the arguments are those of `Child`."""


def next_message(inbox: queue.Queue[Message | None], timeout_s: float | None) -> Message | None:
    """Return the next message of an inbox; see `Process.receive`.

    Raises:
        TimeoutError: no message came in time.
    """
    try:
        return inbox.get(timeout=timeout_s)
    except queue.Empty as error:
        raise TimeoutError from error


class Child:
    """The parent's side. Start it on a thread that lives longer than the child (see `lifetime.die_with_parent`).

    Attributes:
        inbox: the messages of the child, in order; then None when it has ended.
        is_lost: never; see `Process`.
    """

    is_lost = False

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
            on_message: called on a reading thread with each message, instead of filling `inbox`.
        """
        self.inbox: queue.Queue[Message | None] = queue.Queue()
        self._on_message = on_message or (lambda _, message: self.inbox.put(message))
        self._name = name
        self._foreign = ""  # the first line that is not a message
        self._log: deque[str] = deque(maxlen=_TAIL_LINES)
        self._outbox: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._reporting = threading.Lock()
        self._has_ended = False
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **environment},
            start_new_session=True,  # a group of its own; and Ctrl-C on the terminal reaches this process only
        )
        try:
            self._guard = Guard(self._process.pid)
        except OSError:
            kill_group(self._process.pid)
            raise
        targets = (self._read_messages, self._read_log, self._write_messages, self._watch)
        self._threads = [threading.Thread(target=target, daemon=True) for target in targets]
        for thread in self._threads:
            thread.start()

    @property
    def processor_s(self) -> float:
        """Processor seconds that it and the processes it started have used."""
        return processor_s(self._process.pid)

    @property
    def peak_rss_mib(self) -> float:
        """Largest resident memory of its own process so far, in MiB; 0 if unknown."""
        return peak_rss_mib_of(self._process.pid)

    def send(self, message: Mapping[str, Any]) -> None:
        """Send one message, without waiting. If the child has ended this does nothing: the end is the last message."""
        self._outbox.put(json.dumps(message).encode() + b"\n")

    def receive(self, timeout_s: float | None = None) -> Message | None:
        """Return the next message, None when the child has ended.

        Raises:
            TimeoutError: no message came in time.
        """
        return next_message(self.inbox, timeout_s)

    def stop(self, grace_s: float = 5.0) -> None:
        """Close its input and wait; kill it if it does not end in time."""
        self._outbox.put(None)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(grace_s)
        self.kill()

    def kill(self) -> None:
        """End it and its group at once, if it has not ended yet, and close its pipes."""
        self._end_group()
        self._process.wait()
        self._outbox.put(None)
        for thread in self._threads:
            thread.join(_DRAIN_S)
        assert self._process.stdout and self._process.stderr
        if not any(thread.is_alive() for thread in self._threads):  # else a process outside the group holds a pipe
            for pipe in (self._process.stdout, self._process.stderr):
                pipe.close()

    def describe_exit(self) -> str:
        """Return how it ended, with the last line of its log."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_EXIT_S)  # its pipes close shortly before its exit code is known
        self.kill()
        if self._foreign:
            return f"it wrote {self._foreign[:40]!r}, which is not a message: it is no worker of seinfer"
        code = self._process.returncode
        names = {number.value: number.name for number in signal.Signals}
        how = f"killed by {names.get(-code, f'signal {-code}')}" if code < 0 else f"exit code {code}"
        last = next((line for line in reversed(self._log) if line.strip()), "")
        return f"{how}; {shortened(last)}" if last else how

    def _read_log(self) -> None:
        assert self._process.stderr
        for line in self._lines(self._process.stderr):
            self._log.append(line.rstrip())
            log.debug("%s", line.rstrip(), extra={"source": self._name, "worker_pid": self._process.pid})

    def _read_messages(self) -> None:
        """Report each message; end the child if it sends something else, or closes its output without ending."""
        assert self._process.stdout
        for line in self._lines(self._process.stdout):
            message = _parse(line)
            if message is None:
                self._foreign = f"{line}\n"
                break
            self._report(message)
        else:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_EXIT_S)
        self._end_group()

    def _lines(self, pipe: IO[bytes]) -> Iterator[str]:
        """Yield the lines of a pipe, until it ends or the child has ended and nothing more comes."""
        poll = select.poll()
        poll.register(pipe, select.POLLIN)
        parts: list[bytes] = []
        while not self._has_ended:
            if not poll.poll(_IDLE_MS):
                if self._process.returncode is not None:
                    break
                continue
            block = os.read(pipe.fileno(), 1 << 16)
            first, *others = block.split(b"\n")
            parts.append(first)
            for other in others:
                yield b"".join(parts).decode(errors="backslashreplace")
                parts = [other]
            if not block or sum(map(len, parts)) > _MAX_LINE_BYTES:
                break
        if any(parts):
            yield b"".join(parts).decode(errors="backslashreplace")

    def _write_messages(self) -> None:
        """Write what `send` was given: a pipe of a stopped child may be full, and only this thread waits for it."""
        assert self._process.stdin
        with suppress(BrokenPipeError):
            while (line := self._outbox.get()) is not None:
                self._process.stdin.write(line)
                self._process.stdin.flush()
        with suppress(BrokenPipeError):
            self._process.stdin.close()

    def _watch(self) -> None:
        """Report the end of the child, also if a process that it started holds its pipe."""
        self._process.wait()
        kill_group(self._process.pid)  # what it started; at once, before its process id can be used again
        self._guard.release()
        for reader in self._threads[:2]:
            reader.join(_DRAIN_S)
        self._report(None)

    def _end_group(self) -> None:
        if self._process.returncode is None:  # else `_watch` does it, or has done it
            kill_group(self._process.pid)

    def _report(self, message: Message | None) -> None:
        with self._reporting:
            if not self._has_ended:  # nothing after the end
                self._has_ended = message is None
                self._on_message(self, message)


def _parse(line: str) -> Message | None:
    """Return the message of a line, None if it is not one."""
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return message if isinstance(message, dict) else None


class Channel:
    """The child's side."""

    def __init__(self) -> None:
        """Reserve standard output for messages; libraries print to standard error from now on."""
        die_with_parent()
        self._out: TextIO = os.fdopen(os.dup(1), "w", encoding="utf-8")
        os.dup2(2, 1)
        sys.stdout = sys.stderr
        self._in = sys.stdin
        self._lock = threading.Lock()
        # The parent decides when a child ends, also if Ctrl-C is sent to every process.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        os.register_at_fork(after_in_child=self._leave)

    def send(self, message: Mapping[str, Any]) -> None:
        """Send one message; may be called from any thread. If nobody reads it, the parent is dead: end at once."""
        with self._lock:
            try:
                self._out.write(json.dumps(message, allow_nan=False) + "\n")
                self._out.flush()
            except OSError:
                os._exit(1)

    def receive(self) -> Message | None:
        """Return the next message, None when the parent has closed the channel or has ended."""
        line = self._in.readline()
        return json.loads(line) if line else None

    def _leave(self) -> None:
        """In a process that a library forked: neither read nor write the messages of the parent."""
        null = os.open(os.devnull, os.O_RDWR)
        for descriptor in (self._in.fileno(), self._out.fileno()):
            os.dup2(null, descriptor)
        os.close(null)


def thread_variables(threads: int) -> dict[str, str]:
    """Return the environment variables that limit the threads of every numeric library in a child.

    Idle threads must sleep instead of spinning: the cores are shared with decoding and scoring.
    """
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
    return {**dict.fromkeys(names, str(threads)), "OMP_WAIT_POLICY": "PASSIVE", "PYTHONUNBUFFERED": "1"}
