"""Helpers of the tests of SEGAN+: the slim generator of the goldens, and ways to run it.

A test module that imports this one is skipped if torch is not installed.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from seinfer.backends.base import Waveform
from seinfer.backends.segan import model as segan
from seinfer.backends.segan.model import Segan
from seinfer.backends.segan.options import read_options, tensor_shapes
from seinfer.core.records import ModelSpec
from seinfer.models.registry import load_registry

torch = pytest.importorskip("torch", reason="torch, of the extra segan, is not installed")

SPEC = load_registry().specs["segan+"]
SLIM: dict[str, Any] = {"features": [4, 8, 16, 32, 64], "z_dim": 64}
"""After golden/segan/slim_train.opts."""
CLIPS = ("p287_001", "p287_003", "p287_004")


def spec_with(**options: Any) -> ModelSpec:
    """Return the model with other options than the official ones."""
    return dataclasses.replace(SPEC, options={**SPEC.options, **options})


def slim_checkpoint(shared: Path) -> Path:
    """Return the checkpoint that the goldens of the slim generator were made with."""
    return shared / "golden/segan/slim_generator.ckpt"


def random_state(**options: Any) -> dict[str, Any]:
    """Return tensors for a slim generator, scaled so that they keep the level of what goes through."""
    rng = np.random.RandomState(0)
    shapes = tensor_shapes(read_options(spec_with(**{**SLIM, **options})))
    values = {name: rng.uniform(-1, 1, shape) * np.sqrt(3 / np.prod(shape[1:])) for name, shape in shapes.items()}
    return {name: torch.from_numpy(value.astype(np.float32)) for name, value in values.items()}


def saved(folder: Path, content: Any, **options: Any) -> Path:
    """Write a checkpoint, with options of torch.save."""
    path = folder / SPEC.files[0].name
    torch.save(content, path, **options)
    return path


def load_file(path: Path, threads: int = 1, **options: Any) -> Segan:
    """Load a checkpoint of the slim generator."""
    spec = spec_with(**{**SLIM, **options})
    return segan.load(spec, {path.name: path}, device="cpu", threads=threads)


def latent(z: npt.NDArray[np.float32]) -> Any:
    """Return latent codes of the goldens, shape (window, channel, position), as a generator takes them."""
    return torch.from_numpy(z).transpose(1, 2)


def with_z(model: Segan, z: npt.NDArray[np.float32]) -> Segan:
    """Give a model another latent code, or one for each window of the one clip that it will get."""
    model._begun = model._generator.begin(latent(z))
    return model


def read_noisy(shared: Path, clip: str) -> Waveform:
    import soundfile

    samples, rate = soundfile.read(shared / "clips/vctk16k/noisy" / f"{clip}.wav", dtype="float32")
    assert rate == segan.SAMPLE_RATE
    return samples
