"""A backend for each way to misbehave, by name: while it enhances a clip that starts with BAD, and while it loads."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from seinfer.backends.base import Batch, BatchLimits, Waveform, require
from seinfer.core.errors import BackendError, IntegrityError
from seinfer.core.records import ModelSpec

BAD = 0.9
"""First sample of a clip that a backend cannot bear; other clips come back unchanged."""
FOREVER_S = 3600
LONG_MESSAGE = "begin " + "x" * (1 << 20) + " end"
ESCAPE = "\x1b[31mred\nERROR: forged"


def _raise(error: BaseException) -> Any:
    raise error


def _stop_by(number: int) -> None:
    os.kill(os.getpid(), number)
    time.sleep(FOREVER_S)


def _dead_lock() -> None:
    lock = threading.Lock()
    lock.acquire()
    lock.acquire()


def _loop() -> None:
    while True:
        pass


def _recurse() -> None:
    _recurse()


def _fork(*, leaves_group: bool = False, goes_on: bool = False) -> None:
    """Fork a process that lives on with the pipes of the worker; or that goes on in the code of the worker."""
    if os.fork() == 0:
        if leaves_group:
            os.setsid()
        if not goes_on:
            time.sleep(FOREVER_S)


def _fork_and_crash(*, leaves_group: bool) -> None:
    _fork(leaves_group=leaves_group)
    os._exit(3)


def _close_everything() -> None:
    os.closerange(3, 256)


def _lasting_thread() -> None:
    threading.Thread(target=time.sleep, args=(FOREVER_S,)).start()


class UnprintableError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("this error has no text")


def _print() -> None:
    print('{"event": "clip", "clip_id": "forged"}')
    sys.stdout.flush()
    os.write(1, b'{"event": "clip", "clip_id": "forged"}\n')


Deed = Callable[[], object]
ENDING: Mapping[str, Deed] = {
    "segfault": lambda: _stop_by(signal.SIGSEGV),
    "abort": os.abort,
    "killed": lambda: _stop_by(signal.SIGKILL),
    "signal without a name": lambda: _stop_by(40),
    "exit": lambda: os._exit(3),
    "sys.exit": lambda: sys.exit(3),
    "KeyboardInterrupt": lambda: _raise(KeyboardInterrupt()),
    "BaseException": lambda: _raise(BaseException("at the base")),
    "fork, then exit": lambda: _fork_and_crash(leaves_group=False),
    "daemon, then exit": lambda: _fork_and_crash(leaves_group=True),
}
HANGING: Mapping[str, Deed] = {
    "sleep": lambda: time.sleep(FOREVER_S),
    "dead lock": _dead_lock,
    "interpreter lock": lambda: ctypes.PyDLL(None).sleep(FOREVER_S),
    "SIGSTOP": lambda: _stop_by(signal.SIGSTOP),
    "endless loop": _loop,
}
RAISING: Mapping[str, Deed] = {
    "error": lambda: _raise(RuntimeError("raised by the test")),
    "recursion": _recurse,
    "1.6 TB": lambda: np.zeros(200_000_000_000).fill(1.0),
    "long message": lambda: _raise(RuntimeError(LONG_MESSAGE)),
    "escape in a message": lambda: _raise(RuntimeError(ESCAPE)),
    "error without text": lambda: _raise(UnprintableError()),
}
HARMLESS: Mapping[str, Deed] = {
    "print": _print,
    "fork": _fork,
    "fork that goes on": lambda: _fork(goes_on=True),
    "daemon": lambda: _fork(leaves_group=True),
    "program": lambda: subprocess.Popen(["sleep", str(FOREVER_S)]),
    "thread": _lasting_thread,
    "1 MB to standard error": lambda: print("x" * (1 << 20), file=sys.stderr),
}
RESULTS: Mapping[str, Callable[[Waveform], Any]] = {
    "NaN": lambda row: np.full_like(row, np.nan),
    "infinite": lambda row: np.full_like(row, np.inf),
    "shorter": lambda row: row[:-1].copy(),
    "longer": lambda row: np.append(row, row[:1]),
    "two channels": lambda row: np.stack([row, row]),
    "float64": lambda row: row.astype(np.float64),
    "int16": lambda row: row.astype(np.int16),
    "None": lambda row: None,
    "list": lambda row: row.tolist(),
}
DEEDS = {**ENDING, **HANGING, **RAISING, **HARMLESS, "closed descriptors": _close_everything}


class BadBackend:
    """Does a deed, and returns a result, at each clip that starts with BAD."""

    sample_rate: object = 16_000

    def __init__(self, kind: str) -> None:
        self.batch_limits = BatchLimits(max_clips=4)
        self._kind = kind

    def enhance(self, batch: Batch) -> list[Waveform]:
        is_bad = [abs(float(row[0]) - BAD) < 1e-3 for row in batch.rows()]
        if any(is_bad) and self._kind in DEEDS:
            DEEDS[self._kind]()
        if any(is_bad) and self._kind == "no rows":
            return []
        change = RESULTS.get(self._kind, np.copy)
        return [change(row) if bad else row.copy() for row, bad in zip(batch.rows(), is_bad, strict=True)]


def load(spec: ModelSpec, weights: Mapping[str, Path], *, device: str, threads: int) -> BadBackend:
    return BadBackend(spec.options["kind"])


RATES: Mapping[str, object] = {
    "rate 1e9": 1_000_000_000,
    "rate 1e9 as float": 1e9,
    "rate 3999": 3_999,
    "rate 384001": 384_001,
    "negative rate": -16_000,
    "rate as text": "16000",
    "no rate": None,
}
LOADING: Mapping[str, Deed] = {
    **DEEDS,
    "wrong weights": lambda: _raise(IntegrityError("these weights are wrong")),
    "long expected error": lambda: _raise(BackendError(LONG_MESSAGE)),
}


def load_badly(spec: ModelSpec, weights: Mapping[str, Path], *, device: str, threads: int) -> Any:
    kind = spec.options["kind"]
    if kind == "another type":
        return Path()
    if kind == "missing package":
        require("no_such_module", spec)
    if kind in LOADING:
        LOADING[kind]()
    backend = BadBackend("")
    backend.sample_rate = RATES.get(kind, 16_000)
    return backend
