"""What the tests of DPCRN in TensorFlow share: its table, its weights, and comparison of waveforms."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import soundfile

from seinfer.backends.base import Waveform, pad
from seinfer.backends.dpcrn.tensorflow import DpcrnTf, load
from seinfer.models.table import read_models

SPEC = read_models(Path(__file__).resolve().parents[3] / "models.toml")["dpcrn-tf"]
# Looked for, not imported: the backend sets how TensorFlow starts.
needs_tensorflow = pytest.mark.skipif(
    find_spec("tensorflow") is None, reason="tensorflow, of the extra dpcrn, is not installed"
)
FILE_NAME = SPEC.files[0].name


def weights_of(shared: Path) -> dict[str, Path]:
    return {FILE_NAME: shared / "weights" / "dpcrn" / FILE_NAME}


def load_cpu(weights: dict[str, Path], threads: int = 2) -> DpcrnTf:
    return load(SPEC, weights, device="cpu", threads=threads)


def enhance_one(enhancer: DpcrnTf, waveform: Waveform) -> Waveform:
    return enhancer.enhance(pad([waveform]))[0]


def snr_db(*, reference: np.ndarray, estimate: np.ndarray) -> float:
    assert reference.shape == estimate.shape
    reference, estimate = reference.astype(np.float64), estimate.astype(np.float64)
    with np.errstate(divide="ignore"):
        return float(10 * np.log10(np.sum(reference**2) / np.sum((reference - estimate) ** 2)))


def read_noisy(shared: Path, name: str) -> Waveform:
    samples, sample_rate = soundfile.read(shared / "golden" / "dpcrn" / f"{name}_noisy.wav", dtype="float32")
    assert sample_rate == SPEC.sample_rate
    return samples
