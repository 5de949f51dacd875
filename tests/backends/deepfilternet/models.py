"""Helpers of the DeepFilterNet tests: model tables, weights from the shared folder or made from a seed, clips."""

from __future__ import annotations

import dataclasses
import os
import zipfile
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seinfer.backends.base import Waveform
from seinfer.backends.deepfilternet import onnx as deepfilternet
from seinfer.backends.deepfilternet.clips import DeepFilterNet
from seinfer.core.records import ModelSpec
from seinfer.models.registry import load_registry
from tests.backends import waveforms
from tests.backends.golden_clip import golden_clip
from tests.helpers import find_shared_file

from . import standin

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # some tests import onnxruntime directly
SPECS = load_registry().specs
RATE = 48_000
MODELS = ("deepfilternet2", "deepfilternet3")
NOISY, CLEAN = "clips/freesound48k/noisy/freesound_33711.wav", "clips/freesound48k/clean/freesound_33711.wav"
GOLDEN = "golden/deepfilternet2/A2CH4HRFV27II2_M_AirCon_Near_Regular_SP_Mobile_Primary_{}.wav"
needs_onnxruntime = pytest.mark.skipif(
    find_spec("onnxruntime") is None or find_spec("onnx") is None,
    reason="onnx and onnxruntime, of the extra deepfilternet, are not installed",
)


def weights_of(shared: Path, model: str) -> dict[str, Path]:
    found = {file.name: find_shared_file(shared, file) for file in SPECS[model].files}
    missing = [name for name, path in found.items() if path is None]
    assert not missing, f"{missing} of {model} should be in {shared}"
    return {name: path for name, path in found.items() if path}


def unpack_rebuilt(shared: Path, folder: Path) -> dict[str, Path]:
    """Unpack the checkpoint of DeepFilterNet 3 that was rebuilt from its graphs; return file name -> file."""
    with zipfile.ZipFile(shared / "weights/deepfilternet3/DeepFilterNet3-reconstructed.zip") as archive:
        paths = [Path(archive.extract(member, folder)) for member in archive.namelist() if not member.endswith("/")]
    return {path.name: path for path in paths}


def spec_with(model: str, **options: Any) -> ModelSpec:
    return dataclasses.replace(SPECS[model], options={**SPECS[model].options, **options})


def load_files(files: Mapping[str, Path], model: str, threads: int = 1, **options: Any) -> DeepFilterNet:
    return deepfilternet.load(spec_with(model, **options), files, device="cpu", threads=threads)


def load(shared: Path, model: str, threads: int = 1, **options: Any) -> DeepFilterNet:
    return load_files(weights_of(shared, model), model, threads, **options)


def load_standin(folder: Path, model: str, threads: int = 1, **options: Any) -> DeepFilterNet:
    """Load a small network with weights made from a seed."""
    return load_files(standin.write_files(folder, model), model, threads, **options)


def read(path: Path) -> Waveform:
    return waveforms.read(path, RATE)


def read_golden(name: str) -> tuple[Waveform, Waveform]:
    """Return the clip and the output of a golden file of this folder, see golden/README.md."""
    with np.load(Path(__file__).with_name("golden") / f"{name}.npz") as file:
        enhanced = file["enhanced"]
    return golden_clip(RATE, len(enhanced)), enhanced
