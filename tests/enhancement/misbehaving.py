"""Backends that misbehave, for tests. The first sample of a clip decides how; see the constants."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from seinfer.backends.base import Batch, BatchLimits, Waveform, require
from seinfer.core.errors import IntegrityError, UsageError
from seinfer.core.records import ModelSpec

CRASH, HANG, RAISE, EXIT, SHORT, NAN, PRINT = (0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3)
"""First samples that trigger each misbehaviour; other clips come back unchanged."""


class Misbehaving:
    sample_rate = 16_000

    def __init__(self, max_clips: int) -> None:
        self.batch_limits = BatchLimits(max_clips=max_clips)

    def enhance(self, batch: Batch) -> list[Waveform]:
        return [self._enhance_row(row) for row in batch.rows()]

    def _enhance_row(self, row: Waveform) -> Waveform:
        def starts_with(trigger: float) -> bool:
            return abs(float(row[0]) - trigger) < 1e-3

        if starts_with(CRASH):
            os.kill(os.getpid(), signal.SIGSEGV)
        if starts_with(HANG):
            time.sleep(3600)
        if starts_with(RAISE):
            raise RuntimeError("raised by the test")
        if starts_with(EXIT):
            os._exit(3)
        if starts_with(SHORT):
            return row[:-1].copy()
        if starts_with(NAN):
            return np.full_like(row, np.nan)
        if starts_with(PRINT):
            print('{"event": "clip", "clip_id": "forged"}')
            sys.stdout.flush()
            os.write(1, b"bytes on file descriptor 1\n")
        return row.copy()


def load(spec: ModelSpec, weights: Mapping[str, Path], *, device: str, threads: int) -> Misbehaving:
    return Misbehaving(int(spec.options.get("max_clips", 4)))


class OnGpu(Misbehaving):
    device = "cuda"


def load_on_gpu(spec: ModelSpec, weights: Mapping[str, Path], *, device: str, threads: int) -> Misbehaving:
    """Load like a backend that can use a GPU."""
    return OnGpu(4) if device == "cuda" else Misbehaving(4)


def load_without_gpu(spec: ModelSpec, weights: Mapping[str, Path], *, device: str, threads: int) -> Misbehaving:
    """Load like a backend whose framework finds no GPU."""
    if device == "cuda":
        raise UsageError("misbehaving: this framework finds no GPU")
    return Misbehaving(4)


def load_with_wrong_weights(spec: ModelSpec, weights: Mapping[str, Path], *, device: str, threads: int) -> Misbehaving:
    raise IntegrityError("these weights are wrong")


def load_and_exit(spec: ModelSpec, weights: Mapping[str, Path], *, device: str, threads: int) -> Misbehaving:
    os.write(2, b"libfoo: cannot allocate\n")
    os._exit(7)


def load_and_hang(spec: ModelSpec, weights: Mapping[str, Path], *, device: str, threads: int) -> Misbehaving:
    time.sleep(3600)
    raise AssertionError


def load_a_path(spec: ModelSpec, weights: Mapping[str, Path], *, device: str, threads: int) -> Path:
    return Path()


def load_with_missing_package(
    spec: ModelSpec, weights: Mapping[str, Path], *, device: str, threads: int
) -> Misbehaving:
    require("no_such_module", spec)
    raise AssertionError


class Reducible:
    """Halves the signal; in 16 bits the result is a hundredth too large."""

    sample_rate = 16_000

    def __init__(self) -> None:
        self._factor = np.float32(0.5)

    def set_precision(self, precision: str) -> None:
        self._factor = np.float32(0.5 if precision == "float32" else 0.505)

    def enhance(self, batch: Batch) -> list[Waveform]:
        return [row * self._factor for row in batch.rows()]


def load_reducible(spec: ModelSpec, weights: Mapping[str, Path], *, device: str, threads: int) -> Reducible:
    return Reducible()
