"""A child process ends within seconds of the death of its parent, whatever it is doing.

There are three independent means:

- `Guard`, on every system: a small process that waits for the end of a pipe, whose other end only the parent holds. The
  system closes it when the parent dies, even by SIGKILL; the guard then kills the group of the child: the child, even
  if it is stopped or in a call that never returns, and the processes that it started.
- `die_with_parent`, on Linux: the kernel kills the child when its parent dies, also if the guard was killed before.
- A child ends when its input ends or its output cannot be written (see core/process.py).

A process that leaves the group of the child (a daemon) is not ended by any of them.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress

# Runs in an interpreter without packages: it must start at once, and needs no seinfer.
_GUARD = "import os, sys; sys.stdin.buffer.read(); os.killpg(int(sys.argv[1]), 9)"
_PR_SET_PDEATHSIG = 1


class Guard:
    """Kills a group of processes when this process dies."""

    def __init__(self, group: int) -> None:
        """Start the guard.

        Args:
            group: process id of the leader of the group.

        Raises:
            OSError: no process can be started.
        """
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _GUARD, str(group)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # a signal to the group of this process must not end the guard too
        )

    def release(self) -> None:
        """End the guard: the group has ended. May be called again."""
        self._process.kill()
        self._process.wait()
        assert self._process.stdin
        self._process.stdin.close()


def kill_group(group: int) -> None:
    """Kill the processes of a group at once; nothing happens if none is left."""
    with suppress(ProcessLookupError, PermissionError):  # macOS reports a group of ended processes as not permitted
        os.killpg(group, signal.SIGKILL)


def die_with_parent() -> None:
    """Have the kernel kill this process when its parent dies; does nothing where the system is not Linux.

    The signal comes when the *thread* that started this process ends, so it must be started on a thread that lives
    longer. It is kept by exec, and not passed on to processes that this one starts.

    Source: prctl(2), PR_SET_PDEATHSIG.
    """
    if sys.platform != "linux":
        return
    import ctypes

    parent = os.getppid()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != parent:  # it died before the call, so no signal will come
        os._exit(1)
