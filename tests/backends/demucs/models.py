"""Helpers of the tests of Demucs: tables that name a file and its options, and networks of any shape with random
weights.

A test module that imports this one is skipped where the packages of the extra denoiser are not installed.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seinfer.backends.base import Waveform
from seinfer.backends.demucs.model import Demucs
from seinfer.backends.demucs.network import Network
from seinfer.backends.demucs.options import Architecture
from seinfer.backends.demucs.resampling import Resampler
from seinfer.core.records import ModelSpec
from seinfer.enhancement.loading import load_enhancer
from seinfer.models.table import read_models
from tests.backends import waveforms
from tests.helpers import table

torch = pytest.importorskip("torch", reason="torch, of the extra denoiser, is not installed")
package = pytest.importorskip("denoiser.demucs", reason="denoiser, of the extra denoiser, is not installed")
resample = pytest.importorskip("denoiser.resample")

RATE = 16_000
EXACT = 1e-12
"""Two ways to compute the same numbers in float64 differ by less. In float32 no such bound holds on every processor:
the order in which a processor adds up a dot product changes the rounding, in the package as much as here."""
UNIT_ROUNDOFF = 2.0**-24
"""Largest relative rounding error of one float32 operation."""
CAUSAL: Mapping[str, Any] = {"hidden": 8}
NONCAUSAL: Mapping[str, Any] = {"hidden": 4, "causal": False, "stride": 2, "resample": 2}
# In addition to the published shapes, other values of every number that they leave at its default: a number used in the
# wrong place would show.
CAUSAL_SHAPES: list[dict[str, Any]] = [
    dict(CAUSAL),
    {"hidden": 8, "depth": 3, "kernel_size": 6, "stride": 3},
    {"hidden": 8, "depth": 2, "resample": 1, "glu": False},
    {"hidden": 4, "depth": 4, "kernel_size": 7, "stride": 2, "growth": 1.5, "max_hidden": 12},
    {"hidden": 4, "depth": 1, "kernel_size": 4, "stride": 4, "resample": 2},
]
SHAPES = [
    *CAUSAL_SHAPES,
    dict(NONCAUSAL),
    {"hidden": 6, "depth": 3, "kernel_size": 5, "stride": 3, "causal": False},
]
TINY: Mapping[str, Mapping[str, Any]] = {"tiny_causal_h8": CAUSAL, "tiny_nc_h4": NONCAUSAL}


def spec_of(folder: Path, weights: Path, **options: Any) -> ModelSpec:
    """Return the model of a user's table, written to `folder`, that names the file and the options."""
    values = ", ".join(f"{name} = {json.dumps(value)}" for name, value in options.items())
    text = table(
        "mine",
        backend='"seinfer.backends.demucs:load"',
        extra='"denoiser"',
        causal=json.dumps(options.get("causal", True)),
        options="{" + values + "}",
        files=f"[{{name = {json.dumps(weights.name)}, path = {json.dumps(str(weights))}}}]",
    )
    path = folder / "models.toml"
    path.write_text(text, encoding="utf-8")
    return read_models(path)["mine"]


def load(folder: Path, weights: Path, *, threads: int = 1, **options: Any) -> Demucs:
    """Load a file as a user would."""
    enhancer = load_enhancer(spec_of(folder, weights, **options), threads=threads)
    assert isinstance(enhancer, Demucs)
    return enhancer


def tiny(shared: Path, folder: Path, name: str, **options: Any) -> Demucs:
    """Load one of the small networks that the authors' code trained."""
    return load(folder, shared / "golden/denoiser" / f"{name}.th", **TINY[name], **options)


def read(path: Path) -> Waveform:
    return waveforms.read(path, RATE)


def save_standin(shared: Path, path: Path, seed: int, **options: Any) -> None:
    """Write a network with the weights that the full-size goldens were made with."""
    found = importlib.util.spec_from_file_location("standin_weights", shared / "golden/standin_weights.py")
    assert found and found.loader
    standin = importlib.util.module_from_spec(found)
    found.loader.exec_module(standin)
    with torch.device("meta"):
        shapes = [(name, tuple(value.shape)) for name, value in package.Demucs(**options).state_dict().items()]
    weights = standin.fill(shapes, seed, gain=1.5, stride=options.get("stride", 4))
    torch.save({name: torch.from_numpy(values) for name, values in weights.items()}, path)


def made_up(dtype: torch.dtype, **options: Any) -> tuple[Any, Network]:
    """Return the package's network with random weights, and ours around the same layers, both computing in `dtype`."""
    architecture = Architecture(**options)
    original = package.Demucs(**asdict(architecture)).eval()
    random = torch.Generator().manual_seed(0)
    for name, values in original.named_parameters():
        # With the initial weights almost nothing passes the LSTM, and no test would notice a wrong LSTM state.
        gain = 1.7 if "lstm" in name else 2.6
        scale = gain * values[0].numel() ** -0.5 if values.ndim > 1 else 0.1
        torch.nn.init.uniform_(values, -scale, scale, generator=random)
    original = original.to(dtype)
    return original, Network(original, architecture, resampler(dtype, architecture.resample))


def resampler(dtype: torch.dtype, factor: int) -> Resampler:
    """Return ours with the package's filter."""
    return Resampler(resample.kernel_upsample2().flatten().to(dtype), factor)


def noise(n_samples: int, seed: int = 0, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    """Return white noise of unit variance, shape (time,): the same float32 values in every dtype."""
    samples = np.random.default_rng(seed).standard_normal(n_samples).astype(np.float32)
    return torch.from_numpy(samples).to(dtype)


def largest_error(*, reference: torch.Tensor, estimate: torch.Tensor) -> float:
    """Return the largest difference as a share of the reference's peak."""
    assert reference.shape == estimate.shape
    assert reference.dtype == estimate.dtype
    return float((estimate - reference).abs().max() / reference.abs().max())
