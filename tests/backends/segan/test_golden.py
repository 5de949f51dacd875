"""SEGAN+ against outputs of an independent reference that are part of the repository (see record_golden.py)."""

from __future__ import annotations

import numpy as np
import pytest

from seinfer.backends.base import Waveform
from tests.backends.waveforms import alone

from .models import load_file
from .record_golden import FEATURES, FOLDER, KEPT, Z_DIM

TOLERANCE = 2e-6
"""Share of the largest sample, as for the authors' own goldens in test_model.py."""


@pytest.fixture(scope="module")
def golden() -> dict[str, Waveform]:
    with np.load(FOLDER / "outputs.npz") as outputs:
        return dict(outputs)


@pytest.mark.parametrize("z", ["drawn", "zero"])
def test_enhance_of_two_windows_equals_the_reference(golden: dict[str, Waveform], z: str) -> None:
    model = load_file(FOLDER / "generator.ckpt", features=list(FEATURES), z_dim=Z_DIM, z=z)
    enhanced = alone(model, (golden["pcm"] / 32_768).astype(np.float32))
    assert enhanced.shape == golden["pcm"].shape
    assert np.abs(enhanced[KEPT] - golden[z]).max() <= TOLERANCE * np.abs(golden[z]).max()
