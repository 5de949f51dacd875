"""Every child ends after SIGKILL of its parent alone, whatever it is doing; so do the processes that it started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.helpers import wait_until

# Starts a child that reports, when it is in its state; the parent itself reads no more than that.
PARENT = """
import sys, threading
from seinfer.core.process import Child

def on_message(child, message):
    print("ready", flush=True)
    threading.Event().wait()

Child([sys.executable, "-c", sys.argv[1]], {}, "test", on_message)
threading.Event().wait()
"""
CHILD = """
import ctypes, os, signal, subprocess, sys, threading, time
from seinfer.core.process import Channel
channel = Channel()
"""
READY = "channel.send({})\n"
STATES = {
    "waits for a message": READY + "channel.receive()",
    "reads no messages": READY + "time.sleep(3600)",
    "computes": READY + "while True: pass",
    "holds the interpreter lock in a call": READY + "ctypes.PyDLL(None).sleep(3600)",
    "writes into a full pipe": READY + "while True: channel.send({'text': 1000 * 'x'})",
    "is stopped": READY + "os.kill(os.getpid(), signal.SIGSTOP)",
    "ignores signals": READY + "signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65)); time.sleep(3600)",
    "has forked": "os.fork()\n" + READY + "time.sleep(3600)",
    "has started a program": "subprocess.Popen(['sleep', '3600'])\n" + READY + "time.sleep(3600)",
    "has threads": READY + "[threading.Thread(target=time.sleep, args=(3600,)).start() for _ in range(3)]",
}


def start(code: str) -> subprocess.Popen[str]:
    """Start a parent with a child, and wait until the child is in its state."""
    parent = subprocess.Popen([sys.executable, "-c", PARENT, code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout
    assert parent.stdout.readline() == "ready\n"
    return parent


def kill(parent: subprocess.Popen[str]) -> None:
    parent.kill()
    parent.communicate()


@pytest.mark.parametrize("state", STATES)
def test_child_whose_parent_is_killed_ends_with_all_that_it_started(
    processes: Callable[[], list[int]], state: str
) -> None:
    parent = start(CHILD + STATES[state])
    assert len(processes()) >= 3, "the parent, its child and the guard"
    kill(parent)
    wait_until(lambda: not processes())


def test_child_that_is_still_starting_ends_when_its_parent_is_killed(processes: Callable[[], list[int]]) -> None:
    code = "import os, time; os.write(1, b'{}' + os.linesep.encode()); time.sleep(3600)"  # it has no channel yet
    kill(start(code))
    wait_until(lambda: not processes())


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel has no parent-death signal")
@pytest.mark.parametrize("state", ["computes", "holds the interpreter lock in a call", "is stopped"])
def test_child_whose_guard_was_killed_ends_when_its_parent_is_killed(
    processes: Callable[[], list[int]], state: str
) -> None:
    parent = start(CHILD + STATES[state])
    for process_id in processes():
        if b"killpg" in Path(f"/proc/{process_id}/cmdline").read_bytes():
            os.kill(process_id, signal.SIGKILL)
    kill(parent)
    wait_until(lambda: not processes())
