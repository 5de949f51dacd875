"""Backends that misbehave, for tests: what they do to a clip depends on its first sample."""

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

CRASH, HANG, RAISE, EXIT, SHORT, NAN, CHATTER = (0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3)
"""First samples that trigger it; other clips come back as they are."""


class Evil:
    sample_rate = 16_000

    def __init__(self, max_clips: int) -> None:
        self.batch_limits = BatchLimits(max_clips=max_clips)

    def enhance(self, batch: Batch) -> list[Waveform]:
        return [self._enhance_row(row) for row in batch.rows()]

    def _enhance_row(self, row: Waveform) -> Waveform:
        def is_a(trigger: float) -> bool:
            return abs(float(row[0]) - trigger) < 1e-3

        if is_a(CRASH):
            os.kill(os.getpid(), signal.SIGSEGV)
        if is_a(HANG):
            time.sleep(3600)
        if is_a(RAISE):
            raise RuntimeError("out of cheese")
        if is_a(EXIT):
            os._exit(3)
        if is_a(SHORT):
            return row[:-1].copy()
        if is_a(NAN):
            return np.full_like(row, np.nan)
        if is_a(CHATTER):
            print('{"event": "clip", "clip_id": "forged"}')
            sys.stdout.flush()
            os.write(1, b"noise on file descriptor 1\n")
        return row.copy()


def load(spec: ModelSpec, weights: Mapping[str, Path], *, device: str, threads: int) -> Evil:
    return Evil(int(spec.options.get("max_clips", 4)))


class OnGpu(Evil):
    device = "cuda"


def load_on_gpu(spec: ModelSpec, weights: Mapping[str, Path], *, device: str, threads: int) -> Evil:
    """Play a backend that uses a GPU where it is told to."""
    return OnGpu(4) if device == "cuda" else Evil(4)


def load_without_gpu(spec: ModelSpec, weights: Mapping[str, Path], *, device: str, threads: int) -> Evil:
    """Play a backend whose framework sees no GPU."""
    if device == "cuda":
        raise UsageError("evil: this framework sees no GPU")
    return Evil(4)


def load_that_fails(spec: ModelSpec, weights: Mapping[str, Path], *, device: str, threads: int) -> Evil:
    raise IntegrityError("these weights are a shopping list")


def load_that_dies(spec: ModelSpec, weights: Mapping[str, Path], *, device: str, threads: int) -> Evil:
    os.write(2, b"libfoo: cannot allocate\n")
    os._exit(7)


def load_that_hangs(spec: ModelSpec, weights: Mapping[str, Path], *, device: str, threads: int) -> Evil:
    time.sleep(3600)
    raise AssertionError


def load_a_path(spec: ModelSpec, weights: Mapping[str, Path], *, device: str, threads: int) -> Path:
    return Path()


def load_that_needs_a_package(spec: ModelSpec, weights: Mapping[str, Path], *, device: str, threads: int) -> Evil:
    require("no_such_module", spec)
    raise AssertionError
