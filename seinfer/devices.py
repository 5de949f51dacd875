"""Where models run."""

from __future__ import annotations

import os

from .errors import UsageError

DEVICES = ("auto", "cpu", "cuda")


def choose_device(text: str) -> str:
    """Read the value of --device.

    Raises:
        UsageError: it is no device.
    """
    if text not in DEVICES:
        raise UsageError(f"--device is {text!r}; expected one of {', '.join(DEVICES)}")
    return "cpu" if text == "auto" else text


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
