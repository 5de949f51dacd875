"""The machine that models run on: devices, cores, memory."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .errors import UsageError

DEVICES = ("auto", "cpu", "cuda")
PRECISIONS = ("float32", "bf16", "fp16")


def checked_device(text: str) -> str:
    """Return the value of --device if it is valid.

    Raises:
        UsageError: it is not one of DEVICES.
    """
    return _one_of("--device", text, DEVICES)


def checked_precision(text: str) -> str:
    """Return the value of --precision if it is valid.

    Raises:
        UsageError: it is not one of PRECISIONS.
    """
    return _one_of("--precision", text, PRECISIONS)


def _one_of(option: str, text: str, known: Sequence[str]) -> str:
    if text not in known:
        raise UsageError(f"{option} is {text!r}; expected one of {', '.join(known)}")
    return text


def find_gpu() -> str:
    """Return the name of an NVIDIA GPU of this machine, "" if there is none. Runs nvidia-smi; imports no framework."""
    program = shutil.which("nvidia-smi")
    if not program:
        return ""
    command = [program, "--query-gpu=name", "--format=csv,noheader"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout.strip().splitlines()[0] if answer.returncode == 0 and answer.stdout.strip() else ""


def cores() -> int:
    """Return the number of CPU cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def available_mib() -> int | None:
    """Return the memory available to new processes in MiB (MemAvailable of /proc/meminfo); None if unknown."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) // 1024 for line in lines if line.startswith("MemAvailable:")), None)


def machine() -> dict[str, Any]:
    """Return the operating system, Python version, processor and number of cores, for run.json."""
    return {
        "system": platform.platform(),
        "python": platform.python_version(),
        "processor": processor(),
        "cores": os.cpu_count(),
    }


def processor() -> str:
    """Return the name of the processor; "" if unknown."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next(
        (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.processor()
    )
