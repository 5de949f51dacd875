"""Helpers of the tests of MP-SENet: networks with weights from a seed, in a checkpoint of the authors' form.

A test module that imports this one is skipped if torch is not installed.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from seinfer.backends.mp_senet.model import MpSenet, load
from seinfer.backends.mp_senet.options import Options
from seinfer.core.records import ModelSpec
from seinfer.models.registry import load_registry
from tests.backends.random_state import random_tensors_of

torch = pytest.importorskip("torch", reason="torch, of the extra mp-senet, is not installed")

SPEC = load_registry().specs["mp-senet"]
SMALL: dict[str, int] = {"channels": 8, "n_blocks": 2}


def spec_with(**options: Any) -> ModelSpec:
    """Return the model with other options than the published ones."""
    return dataclasses.replace(SPEC, options={**SPEC.options, **options})


def random_tensors(sizes: dict[str, int], gain: float = 1.3) -> dict[str, Any]:
    from seinfer.backends.mp_senet.network import Network

    return random_tensors_of(lambda: Network(Options(**sizes)), gain)


def saved(folder: Path, content: Any) -> Path:
    path = folder / "g_best"
    torch.save(content, path)
    return path


def load_file(path: Path, **sizes: int) -> MpSenet:
    return load(spec_with(**sizes), {path.name: path}, device="cpu", threads=1)


def load_random(folder: Path, sizes: dict[str, int]) -> MpSenet:
    """Load the network of the goldens."""
    return load_file(saved(folder, {"generator": random_tensors(sizes)}), **sizes)
