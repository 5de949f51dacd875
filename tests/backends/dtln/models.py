"""Helpers of the DTLN tests: model tables, published weights, and the authors' output."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from seinfer.backends.base import Enhancer, Waveform, pad
from seinfer.models.registry import load_registry
from tests.backends.waveforms import read
from tests.helpers import find_shared_file, si_sdr_db

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # some tests import onnxruntime directly
SPECS = load_registry().specs
RATE = 16_000
CLIPS = ("p287_001", "p287_003", "p287_004")
DELAY_SAMPLES = 384
"""Of the output of the authors' scripts for real time."""
needs_onnxruntime = pytest.mark.skipif(
    find_spec("onnxruntime") is None or find_spec("onnx") is None,
    reason="onnx and onnxruntime, of the extra dtln, are not installed",
)


def weights_of(shared: Path, model: str) -> dict[str, Path]:
    """Return the published weights of a model."""
    found = {file.name: find_shared_file(shared, file) for file in SPECS[model].files}
    missing = [name for name, path in found.items() if path is None]
    assert not missing, f"{missing} of {model} should be in {shared}"
    return {name: path for name, path in found.items() if path}


def read_golden(shared: Path, clip: str, key: str) -> tuple[Waveform, Waveform]:
    """Return a noisy clip and the authors' output for it, aligned, as far as that is complete.

    Args:
        shared: the shared folder.
        clip: one of CLIPS.
        key: "keras_model_h5", whose last incomplete hop lacks a frame, or "onnx", "tflite" or "tflite_quant", which are
            late and lack the end.
    """
    with np.load(shared / f"golden/dtln/{clip}.npz") as file:
        noisy, theirs = file["noisy"], file[key]
        if key == "keras_model_h5":
            return noisy, theirs[: len(noisy) - len(noisy) % 128]
        return noisy, theirs[DELAY_SAMPLES : int(file["valid_onnx_tflite"])]


def mean_si_sdr_db(shared: Path, enhancer: Enhancer) -> float:
    """Return the mean SI-SDR of the six clips of VCTK."""
    paths = sorted((shared / "clips/vctk16k/noisy").glob("*.wav"))
    assert len(paths) == 6
    clean = [read(shared / "clips/vctk16k/clean" / path.name, RATE) for path in paths]
    enhanced = enhancer.enhance(pad([read(path, RATE) for path in paths]))
    return float(np.mean([si_sdr_db(reference=one, estimate=two) for one, two in zip(clean, enhanced, strict=True)]))
