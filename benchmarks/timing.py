"""Timing of commands and of calls, shared by the benchmarks.

Everything that is compared runs in turn, round after round, so that other work on the machine affects all of it alike.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

SEINFER = (sys.executable, "-m", "seinfer")


class Times(NamedTuple):
    """Seconds that one call took: on the clock, and of the processor (all threads together)."""

    wall_s: float
    processor_s: float


def time_command(command: Sequence[str]) -> float:
    """Run a command and return its wall time in seconds, start of the interpreter included.

    A command that fails ends the benchmark with its message.
    """
    started = time.perf_counter()
    run = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    wall_s = time.perf_counter() - started
    if run.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with exit code {run.returncode}: {run.stderr}")
    return wall_s


def time_calls(calls: Mapping[str, Callable[[], object]], n_rounds: int) -> dict[str, list[Times]]:
    """Return name -> times of each round. A first round warms up and is not counted."""
    times: dict[str, list[Times]] = {name: [] for name in calls}
    for round_index in range(n_rounds + 1):
        for name, call in calls.items():
            wall_s, processor_s = time.perf_counter(), time.process_time()
            call()
            taken = Times(time.perf_counter() - wall_s, time.process_time() - processor_s)
            if round_index > 0:
                times[name].append(taken)
    return times
