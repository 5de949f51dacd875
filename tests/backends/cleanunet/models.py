"""Helpers of the tests of CleanUNet: networks with weights from a seed, in a checkpoint of the authors' form.

A test module that imports this one is skipped if torch is not installed.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from seinfer.backends.cleanunet.model import CleanUNet, load
from seinfer.backends.cleanunet.options import Options
from seinfer.core.records import ModelSpec
from seinfer.models.registry import load_registry
from tests.backends.random_state import random_tensors_of

torch = pytest.importorskip("torch", reason="torch, of the extra cleanunet, is not installed")

SPEC = load_registry().specs["cleanunet"]
SMALL: dict[str, int] = {
    "hidden": 6,
    "max_hidden": 10,
    "depth": 4,
    "n_blocks": 2,
    "n_heads": 2,
    "attention_width": 8,
    "feed_forward_width": 12,
}


def spec_with(**options: Any) -> ModelSpec:
    """Return the model with other options than the published ones."""
    return dataclasses.replace(SPEC, options={**SPEC.options, **options})


def random_tensors(sizes: dict[str, int], gain: float = 1.3) -> dict[str, Any]:
    from seinfer.backends.cleanunet.network import Network

    return random_tensors_of(lambda: Network(Options(**sizes)), gain)


def saved(folder: Path, content: Any) -> Path:
    path = folder / "pretrained.pkl"
    torch.save(content, path)
    return path


def load_file(path: Path, **sizes: int) -> CleanUNet:
    return load(spec_with(**sizes), {path.name: path}, device="cpu", threads=1)


def load_random(folder: Path, sizes: dict[str, int], gain: float = 1.3) -> CleanUNet:
    """Load the network of the goldens."""
    return load_file(saved(folder, {"iter": 7, "model_state_dict": random_tensors(sizes, gain)}), **sizes)
