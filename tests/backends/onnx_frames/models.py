"""Helpers of the tests of frame-by-frame networks: tables, loading, and small graphs made from a seed."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seinfer.backends.onnx_frames import load as load_files
from seinfer.backends.onnx_frames.model import OnnxFrames
from seinfer.core.records import ModelSpec
from seinfer.models.registry import load_registry
from tests.helpers import find_shared_file

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # some tests import onnxruntime directly
SPECS = {
    name: spec for name, spec in load_registry().specs.items() if spec.backend == "seinfer.backends.onnx_frames:load"
}
RATE = 16_000
needs_onnxruntime = pytest.mark.skipif(
    find_spec("onnxruntime") is None or find_spec("onnx") is None,
    reason="onnx and onnxruntime, of the extra onnx-frames, are not installed",
)


def spec_with(name: str = "fastenhancer-t", **options: Any) -> ModelSpec:
    return dataclasses.replace(SPECS[name], options={**SPECS[name].options, **options})


def graph_of(shared: Path, name: str) -> Path:
    [file] = SPECS[name].files
    path = find_shared_file(shared, file)
    assert path is not None, f"{file.name} of {name} should be in {shared}"
    return path


def load(path: Path, name: str = "fastenhancer-t", threads: int = 1, **options: Any) -> OnnxFrames:
    return load_files(spec_with(name, **options), {path.name: path}, device="cpu", threads=threads)


Change = Callable[[Any], None]


def write_tiny(
    path: Path, shape: Sequence[int] = (1, 9, 1, 2), *, opset: int = 17, change: Change | None = None
) -> Path:
    """Write a network of 9 bins: Conv over the bins, GRU over time with the bins as its batch, gains; two caches.

    Args:
        path: of the file.
        shape: of the spectrum.
        opset: version of the operators.
        change: edits the graph before it is written.
    """
    from onnx import TensorProto, helper, numpy_helper

    rng = np.random.default_rng(3)
    weights = {
        "kernel": rng.standard_normal((4, 2, 3)) / 3,
        "w": rng.standard_normal((1, 15, 4)) / 3,
        "r": rng.standard_normal((1, 15, 5)) / 3,
        "mix": rng.standard_normal((5, 2)),
        "keep": np.array(0.7),
    }
    perm = [*np.argsort([{1: 0, 9: 1, 2: 2}[size] for size in shape], kind="stable")]  # (..., 9, 2)
    nodes = [
        helper.make_node("Transpose", ["frame"], ["ordered"], perm=perm),
        helper.make_node("Reshape", ["ordered", "as_bins"], ["bins"]),
        helper.make_node("Transpose", ["bins"], ["channels"], perm=[0, 2, 1]),
        helper.make_node("Conv", ["channels", "kernel"], ["filtered"], pads=[1, 1]),
        helper.make_node("Tanh", ["filtered"], ["features"]),
        helper.make_node("Transpose", ["features"], ["steps"], perm=[0, 2, 1]),
        helper.make_node("GRU", ["steps", "w", "r", "", "", "hidden"], ["", "hidden_next"], hidden_size=5),
        helper.make_node("MatMul", ["hidden_next", "mix"], ["mixed"]),
        helper.make_node("Mul", ["level", "keep"], ["old"]),
        helper.make_node("ReduceMean", ["features"], ["new"], axes=[1, 2], keepdims=1),
        helper.make_node("Add", ["old", "new"], ["level_next"]),
        helper.make_node("Mul", ["mixed", "level_next"], ["scaled"]),
        helper.make_node("Sigmoid", ["scaled"], ["gains"]),
        helper.make_node("Mul", ["gains", "bins"], ["made_bins"]),
        helper.make_node("Reshape", ["made_bins", "as_ordered"], ["made_ordered"]),
        helper.make_node("Transpose", ["made_ordered"], ["made"], perm=[int(place) for place in np.argsort(perm)]),
    ]
    caches = {"hidden": (1, 9, 5), "level": (1, 1, 1)}
    inputs = {"frame": shape, **caches}
    outputs = {"made": shape, **{f"{name}_next": sizes for name, sizes in caches.items()}}
    tensors = [numpy_helper.from_array(values.astype(np.float32), name) for name, values in weights.items()]
    tensors.append(numpy_helper.from_array(np.array([1, 9, 2]), "as_bins"))
    tensors.append(numpy_helper.from_array(np.array([*[1] * (len(shape) - 2), 9, 2]), "as_ordered"))
    infos = [
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, sizes) for name, sizes in values.items()]
        for values in (inputs, outputs)
    ]
    graph = helper.make_graph(nodes, "tiny", *infos, tensors)
    if change:
        change(graph)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    path.write_bytes(model.SerializeToString())
    return path
