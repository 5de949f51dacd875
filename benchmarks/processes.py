"""Run a command, and measure its time and the peak memory of each of its processes (Linux)."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from seinfer.core.processor_time import peak_rss_mib_of

_POLL_S = 0.05
_ROLES = {"seinfer.enhancement": "model", "seinfer.scoring": "scorer"}
"""Part of the command line of a process -> its role; all others are "parent"."""


@dataclass(frozen=True)
class Measured:
    """One run of a command.

    Attributes:
        wall_s: seconds on the clock.
        processor_s: seconds of the processor, over all its processes.
        peak_mib: role of a process -> largest resident memory of one process of that role, in MiB.
        exit_code: of the command.
    """

    wall_s: float
    processor_s: float
    peak_mib: Mapping[str, float]
    exit_code: int


def measure(command: Sequence[str], allowed: Sequence[int] = (0,)) -> Measured:
    """Run a command to its end; an exit code that is not allowed ends the benchmark with the command's messages."""
    peak_mib: dict[str, float] = defaultdict(float)
    started, processor_started = time.perf_counter(), _processor_s_of_children()
    with tempfile.TemporaryFile("w+") as errors:  # a pipe that nobody reads would block the command
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=errors)
        while process.poll() is None:
            for process_id in with_descendants(process.pid):
                role = "parent" if process_id == process.pid else role_of(process_id)
                peak_mib[role] = max(peak_mib[role], peak_rss_mib_of(process_id))
            time.sleep(_POLL_S)
        wall_s = time.perf_counter() - started
        if process.returncode not in allowed:
            errors.seek(0)
            sys.exit(f"{' '.join(command)} ended with exit code {process.returncode}: {errors.read()}")
    return Measured(wall_s, _processor_s_of_children() - processor_started, peak_mib, process.returncode)


def _processor_s_of_children() -> float:
    times = os.times()
    return times.children_user + times.children_system


def with_descendants(process_id: int) -> list[int]:
    """Return a process and all processes that it started, directly or through others."""
    found = [process_id]
    for parent in found:
        threads = Path(f"/proc/{parent}/task")
        tasks = [int(task.name) for task in threads.iterdir()] if threads.is_dir() else []
        for task in tasks:
            found += [int(child) for child in _read(parent, f"task/{task}/children").split()]
    return found


def role_of(process_id: int) -> str:
    command = _read(process_id, "cmdline")
    return next((role for part, role in _ROLES.items() if part in command), "other")


def _read(process_id: int, name: str) -> str:
    try:
        return Path(f"/proc/{process_id}/{name}").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
