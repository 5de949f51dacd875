"""The signals and the oracle that tests of the composite measures and their parts share."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from .signals import SAMPLE_RATE, Floats, noise_syllables, with_noise

ORACLE = 1e-9
CLEAN = noise_syllables(2)
NOISY = with_noise(CLEAN, 10)
SILENCE_S = 0.5
Compute = Callable[..., float]


def sepm(*, precision: str) -> ModuleType:
    """Load the oracle alone: its package imports torchaudio, which is not available everywhere."""
    try:
        path = Path(str(distribution("deepfilternet").locate_file("df/sepm.py")))
    except PackageNotFoundError:
        pytest.skip(
            "deepfilternet, which contains the oracle, is not installed; see test_recorded_scores for recorded scores"
        )
    module = ModuleType("sepm")
    exec(compile(path.read_text(encoding="utf-8").replace("float32", precision), str(path), "exec"), module.__dict__)
    return module


def compute(part: Compute, reference: Floats, estimate: Floats) -> float:
    return part(reference=reference, estimate=estimate, sample_rate=SAMPLE_RATE)


def with_silence(signal: Floats, *, amplitude: float) -> Floats:
    """Append noise of an amplitude, a fifth of the result."""
    tail = amplitude * np.random.default_rng(3).standard_normal(round(SILENCE_S * SAMPLE_RATE))
    return np.concatenate([signal, tail])
