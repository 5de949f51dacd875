"""Helpers of the tests of GTCRN: real checkpoints, and checkpoints of random tensors in the same shapes.

A test module that imports this one is skipped if torch is not installed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seinfer.backends.base import Waveform
from seinfer.backends.gtcrn import load, load_micro
from seinfer.backends.gtcrn.model import Gtcrn
from seinfer.backends.gtcrn.shapes import gtcrn_shapes, micro_shapes
from seinfer.models.registry import load_registry
from tests.backends import waveforms
from tests.helpers import find_shared_file

torch = pytest.importorskip("torch", reason="torch, of the extra gtcrn, is not installed")

RATE = 16_000
SPECS = load_registry().specs
SHAPES: Mapping[str, Callable[[], dict[str, tuple[int, ...]]]] = {"gtcrn": gtcrn_shapes, "gtcrn-micro": micro_shapes}
NETWORKS = tuple(SHAPES)


def read(path: Path) -> Waveform:
    return waveforms.read(path, RATE)


def load_path(name: str, path: Path, threads: int = 1) -> Gtcrn:
    """Load a checkpoint as the model of this name."""
    loader = load_micro if name == "gtcrn-micro" else load
    return loader(SPECS[name], {path.name: path}, device="cpu", threads=threads)


def load_published(shared: Path, name: str) -> Gtcrn:
    """Load a model with its authors' weights."""
    [file] = SPECS[name].files
    path = find_shared_file(shared, file)
    assert path is not None, f"{file.name} (sha256 {file.sha256}) should be in {shared}"
    return load_path(name, path)


def random_state(name: str) -> dict[str, Any]:
    """Return tensors from a seed, of a size that keeps the level of what goes through."""
    rng = np.random.RandomState(0)

    def tensor(key: str, shape: tuple[int, ...]) -> Any:
        if key.endswith("running_var"):
            return torch.from_numpy(rng.uniform(0.5, 2, shape).astype(np.float32))
        size = 1 / np.sqrt(max(1, np.prod(shape[1:])))
        return torch.from_numpy(np.asarray(rng.uniform(-size, size, shape), np.float32))

    return {key: tensor(key, shape) for key, shape in SHAPES[name]().items()}


def saved(folder: Path, content: Any) -> Path:
    """Write a checkpoint."""
    path = folder / "checkpoint.tar"
    torch.save(content, path)
    return path


def load_random(folder: Path, name: str) -> Gtcrn:
    """Load a network with the tensors of `random_state`."""
    return load_path(name, saved(folder, {"epoch": 1, "optimizer": {}, "model": random_state(name)}))
