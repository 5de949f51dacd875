"""CleanUNet against outputs of the authors' code with the same weights (see record_golden.py)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.backends.golden_clip import golden_clip
from tests.backends.waveforms import alone

from .models import load_random
from .record_golden import FOLDER, LENGTHS, RATE, SIZES

TOLERANCE = 2e-6
"""Share of the largest sample."""


@pytest.mark.parametrize("name", list(SIZES))
def test_clips_of_each_length_equal_the_output_of_the_authors_code(tmp_path: Path, name: str) -> None:
    model = load_random(tmp_path, SIZES[name])
    with np.load(FOLDER / "outputs.npz") as outputs:
        golden = dict(outputs)
    for n_samples in LENGTHS[name]:
        theirs, enhanced = golden[f"{name}/{n_samples}"], alone(model, golden_clip(RATE, n_samples))
        assert enhanced.shape == theirs.shape == (n_samples,)
        assert np.abs(enhanced - theirs).max() <= TOLERANCE * np.abs(theirs).max()
