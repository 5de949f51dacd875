"""Processor time of another process and of the processes that it started: one that hangs uses none; peak memory.

It is measured from outside, because a process that is stopped or holds its interpreter lock cannot report it.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

_PROC = Path("/proc")


def processor_s(process_id: int) -> float:
    """Return the processor seconds that a process and its living descendants have used; 0 if unknown.

    On Linux from /proc, in steps of 10 ms; elsewhere from `ps`, without the descendants.
    """
    if sys.platform != "linux":
        return _from_ps(process_id)
    own_s = _from_proc(process_id)
    return own_s + sum(processor_s(child) for child in _children(process_id))


def peak_rss_mib() -> float:
    """Return the largest resident memory of this process so far, in MiB.

    Where there is no /proc, it comes from getrusage(2). On Linux that is not used, because there a new process starts
    with the peak of its parent.
    """
    if own_mib := peak_rss_mib_of(os.getpid()):
        return own_mib
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)


def peak_rss_mib_of(process_id: int) -> float:
    """Return the largest resident memory of another process so far, in MiB; 0 if unknown. See proc_pid_status(5)."""
    with suppress(OSError):
        lines = (_PROC / str(process_id) / "status").read_text(errors="replace").splitlines()
        return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:")), 0.0)
    return 0.0


def _from_proc(process_id: int) -> float:
    """Return the seconds of a process and of its ended children; see proc_pid_stat(5), fields 14 to 17."""
    with suppress(OSError):  # it has ended
        fields = (_PROC / str(process_id) / "stat").read_text(errors="replace").rpartition(")")[2].split()
        return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    return 0.0


def _children(process_id: int) -> list[int]:
    """Return the children of a process; none if the kernel does not list them. See proc_tid_children(5)."""
    found: list[int] = []
    with suppress(OSError):
        for thread in (_PROC / str(process_id) / "task").iterdir():
            found.extend(map(int, (thread / "children").read_text().split()))
    return found


def _from_ps(process_id: int) -> float:
    command = ["ps", "-o", "time=", "-p", str(process_id)]
    try:
        text = subprocess.run(command, capture_output=True, text=True, timeout=10).stdout
    except (OSError, subprocess.TimeoutExpired):
        return 0.0
    return parse_ps_time(text)


def parse_ps_time(text: str) -> float:
    """Return the seconds of a time as `ps` prints it, [[days-]hours:]minutes:seconds; 0 if it is something else."""
    days, _, clock = text.strip().rpartition("-")
    try:
        seconds = 0.0
        for part in clock.split(":"):
            seconds = 60 * seconds + float(part)
        return 86_400 * int(days or 0) + seconds
    except ValueError:
        return 0.0
