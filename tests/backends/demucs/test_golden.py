"""Demucs against outputs of the original package that are part of the repository (see record_golden.py)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seinfer.backends.base import Waveform, pad

from .models import load
from .record_golden import FOLDER, LENGTHS, NETWORKS

TOLERANCE = 2e-6
"""Share of the largest sample, as for the authors' own goldens in test_model.py."""


@pytest.fixture(scope="module")
def golden() -> dict[str, Waveform]:
    with np.load(FOLDER / "outputs.npz") as outputs:
        return dict(outputs)


@pytest.mark.parametrize("name", list(NETWORKS))
def test_enhance_of_two_clips_in_one_batch_equals_the_package(
    tmp_path: Path, golden: dict[str, Waveform], name: str
) -> None:
    options: dict[str, Any] = dict(NETWORKS[name])
    enhancer = load(tmp_path, FOLDER / f"{name}.th", **options)
    enhanced = enhancer.enhance(pad([golden["noisy"][:n_samples] for n_samples in LENGTHS]))
    for n_samples, clip in zip(LENGTHS, enhanced, strict=True):
        theirs = golden[f"{name}/{n_samples}"]
        assert clip.shape == theirs.shape
        assert np.abs(clip - theirs).max() <= TOLERANCE * np.abs(theirs).max()
