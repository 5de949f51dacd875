"""SEGAN+ at the official size with stand-in weights, compared with the authors' output for the same weights."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from seinfer.backends.segan.model import Segan
from seinfer.backends.segan.network import Generator
from seinfer.backends.segan.options import read_options, tensor_shapes
from tests.backends.waveforms import alone

from .models import SPEC, latent, read_noisy, torch, with_z

if TYPE_CHECKING:
    from torch import Tensor

GOLDEN = 2e-4
"""Largest difference to the authors' samples, which reach 1.4."""


@pytest.fixture(scope="module")
def state(shared: Path) -> dict[str, Tensor]:
    fill = runpy.run_path(str(shared / "golden/standin_weights.py"))["fill"]
    drawn = fill(tensor_shapes(read_options(SPEC)).items(), 31, 1.2)
    return {name: torch.from_numpy(values) for name, values in drawn.items()}


@pytest.fixture(scope="module")
def model(state: dict[str, Tensor]) -> Segan:
    options = read_options(SPEC)
    z = np.random.RandomState(options.seed).standard_normal((1, 1024, 16)).astype(np.float32)
    return Segan(options, Generator(options, state), latent(z), torch.device("cpu"))


def test_enhance_with_the_z_of_the_table_equals_the_authors_output(shared: Path, model: Segan) -> None:
    expected = np.load(shared / "golden/segan/golden_fullsize.npz")["zfix"]
    assert np.abs(alone(model, read_noisy(shared, "p287_001")) - expected).max() <= GOLDEN


def test_enhance_with_z_zero_equals_the_authors_output(shared: Path, model: Segan) -> None:
    expected = np.load(shared / "golden/segan/golden_fullsize.npz")["z0"]
    silent = with_z(model, np.zeros((1, 1024, 16), np.float32))
    assert np.abs(alone(silent, read_noisy(shared, "p287_001")) - expected).max() <= GOLDEN
