"""Helpers of the DPCRN tests: model tables, weights from the shared folder or made from a seed, clips."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from seinfer.backends.base import Waveform
from seinfer.backends.dpcrn.tensorflow import DpcrnTf, load
from seinfer.models.registry import load_registry
from tests.backends import waveforms
from tests.backends.golden_clip import golden_clip
from tests.helpers import find_shared_file

from . import standin

SPECS = load_registry().specs
SPEC = SPECS["dpcrn-tf"]
RATE = 16_000
# Only searched for: the backend sets environment variables before it imports TensorFlow.
needs_tensorflow = pytest.mark.skipif(
    find_spec("tensorflow") is None, reason="tensorflow, of the extra dpcrn, is not installed"
)
FILE_NAME = SPEC.files[0].name


def weights_of(shared: Path, name: str = "dpcrn-tf") -> dict[str, Path]:
    """Return the published weights of a model."""
    [file] = SPECS[name].files
    path = find_shared_file(shared, file)
    assert path is not None, f"{file.name} (sha256 {file.sha256}) should be in {shared}"
    return {file.name: path}


def standin_weights(folder: Path) -> dict[str, Path]:
    """Write weights for DPCRN-TF that are made from a seed."""
    return {FILE_NAME: standin.write_checkpoint(folder / FILE_NAME)}


def load_cpu(weights: dict[str, Path], threads: int = 2) -> DpcrnTf:
    return load(SPEC, weights, device="cpu", threads=threads)


def read(path: Path) -> Waveform:
    return waveforms.read(path, RATE)


def read_golden(name: str) -> tuple[Waveform, Waveform]:
    """Return the clip and the output of a golden file of this folder, see golden/README.md."""
    with np.load(Path(__file__).with_name("golden") / f"{name}.npz") as file:
        enhanced = file["enhanced"]
    return golden_clip(RATE, len(enhanced)), enhanced
