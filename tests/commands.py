"""The real command line in a child process, and the tables that it leaves."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from seinfer.clips.discovery import JOURNAL

SEINFER = (sys.executable, "-m", "seinfer")
ORDINARY = (sys.executable, str(Path(__file__).with_name("ordinary.py")))
TIMINGS = {"wall_s", "rtf", "peak_rss_mib"}
_TIMEOUT_S = 120


def start(
    *arguments: object, before: Sequence[str] = (), environment: Mapping[str, str | None] | None = None, **options: Any
) -> subprocess.Popen[str]:
    """Start the command; an environment variable of None is taken away."""
    changed = {**os.environ, **(environment or {})}
    return subprocess.Popen(
        [*before, *SEINFER, *map(str, arguments)],
        env={name: value for name, value in changed.items() if value is not None},
        text=True,
        **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options},
    )


def finish(process: subprocess.Popen[str]) -> subprocess.CompletedProcess[str]:
    """Wait for it; there is never a traceback."""
    out, errors = process.communicate(timeout=_TIMEOUT_S)
    assert "Traceback" not in (errors or ""), errors
    assert "Exception ignored" not in (errors or ""), errors
    return subprocess.CompletedProcess(process.args, process.returncode, out, errors)


def seinfer(*arguments: object, **options: Any) -> subprocess.CompletedProcess[str]:
    return finish(start(*arguments, **options))


def rows(path: Path) -> list[dict[str, str]]:
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def tables(out: Path) -> dict[str, list[dict[str, str]]]:
    """Return the rows of every CSV file, timings left out."""
    return {
        path.name: [{key: value for key, value in row.items() if key not in TIMINGS} for row in rows(path)]
        for path in sorted(out.glob("*.csv"))
    }


def lines(out: Path, kind: str) -> list[bytes]:
    """Return the whole lines of a kind in a journal, none where there is no journal yet."""
    path = out / JOURNAL
    found = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
    return [line for line in found if line.startswith(b'{"kind": "%s"' % kind.encode())]


def wait_until(is_so: Callable[[], object]) -> None:
    deadline = time.monotonic() + _TIMEOUT_S
    while not is_so():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.002)
