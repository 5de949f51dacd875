"""MACs of layers whose number is known from their sizes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seinfer.backends.base import Batch, Waveform
from seinfer.core.records import ModelSpec
from seinfer.enhancement import macs
from seinfer.enhancement.macs import CLIP_S, UncountedError, count_in_child, node_macs, profile_macs, torch_macs
from seinfer.models.registry import load_registry

NOISY = load_registry().specs["noisy"]


@pytest.mark.parametrize(
    ("operation", "inputs", "outputs", "expected"),
    [
        ("Conv", [(1, 4, 100), (8, 4, 3), (8,)], [(1, 8, 98)], 8 * 98 * 4 * 3),
        ("Conv", [(1, 8, 10, 20), (8, 1, 3, 3)], [(1, 8, 10, 20)], 8 * 10 * 20 * 9),  # depthwise
        ("ConvTranspose", [(1, 8, 50), (8, 4, 6)], [(1, 4, 104)], 8 * 50 * 4 * 6),
        ("MatMul", [(2, 5, 16), (16, 7)], [(2, 5, 7)], 2 * 5 * 7 * 16),
        ("Gemm", [(3, 16), (16, 7)], [(3, 7)], 3 * 16 * 7),
        ("GRU", [(10, 2, 6), (1, 24, 6), (1, 24, 8)], [(10, 1, 2, 8)], 10 * 2 * (24 * 6 + 24 * 8)),
        ("LSTM", [(10, 1, 6), (2, 32, 6), (2, 32, 8)], [(10, 2, 1, 8)], 10 * 2 * (32 * 6 + 32 * 8)),
        ("Sigmoid", [(1, 4, 100)], [(1, 4, 100)], 0),
    ],
)
def test_node_macs_are_those_of_the_definition(
    operation: str, inputs: Sequence[Sequence[int]], outputs: Sequence[Sequence[int]], expected: int
) -> None:
    assert node_macs(operation, inputs, outputs) == expected


@pytest.mark.parametrize("operation", ["Einsum", "QLinearConv", "MatMulInteger", "Attention"])
def test_node_macs_of_an_operation_without_formula_raises(operation: str) -> None:
    with pytest.raises(UncountedError, match=operation):
        node_macs(operation, [(1, 2)], [(1, 2)])


def test_profile_macs_leaves_out_the_runs_before() -> None:
    node: dict[str, Any] = {
        "cat": "Node",
        "args": {
            "op_name": "MatMul",
            "input_type_shape": [{"float": [1, 4]}, {"float": [4, 3]}],
            "output_type_shape": [{"float": [1, 3]}],
        },
    }
    run = {"cat": "Session", "name": "model_run", "args": {}}
    assert profile_macs([node, run, node, node, run]) == 3 * 12
    assert profile_macs([node, run, node, node, run], 1) == 2 * 12


class Layers:
    """A network of one convolution and one LSTM or GRU."""

    sample_rate = 16_000

    def __init__(self, kind: str) -> None:
        torch = pytest.importorskip("torch")
        self._torch = torch
        self._conv = torch.nn.Conv1d(1, 8, 4, stride=4)
        self._recurrent = getattr(torch.nn, kind)(8, 16, batch_first=True)
        self._linear = torch.nn.Linear(8, 5)

    def enhance(self, batch: Batch) -> list[Waveform]:
        with self._torch.inference_mode():  # matmul and linear then arrive as such
            frames = self._conv(self._torch.from_numpy(batch.samples)[:, None])
            self._recurrent(frames.transpose(1, 2))
            self._torch.matmul(self._linear(frames.transpose(1, 2)), self._torch.zeros(5, 3))
            self._torch.zeros(2, 4).addmm_(self._torch.zeros(2, 6), self._torch.zeros(6, 4))
        return list(batch.rows())


@pytest.mark.parametrize(("kind", "gates"), [("LSTM", 4), ("GRU", 3)])
def test_torch_macs_are_those_of_the_layers(kind: str, gates: int) -> None:
    found = torch_macs(Layers(kind), np.zeros(400, np.float32))
    assert found == 100 * 8 * 4 + 100 * gates * 16 * (8 + 16) + 100 * 8 * 5 + 100 * 5 * 3 + 2 * 6 * 4


def test_macs_per_s_of_a_graph_counts_its_runs_after_loading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    onnx, runtime = pytest.importorskip("onnx"), pytest.importorskip("onnxruntime")
    helper, real = onnx.helper, onnx.TensorProto.FLOAT
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"])],
        "product",
        [helper.make_tensor_value_info("x", real, ["n", 4])],
        [helper.make_tensor_value_info("y", real, ["n", 3])],
        [helper.make_tensor("w", real, (4, 3), [0.5] * 12)],
    )
    content = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9).SerializeToString()

    class Product:
        sample_rate = 1000

        def __init__(self) -> None:
            self._session = runtime.InferenceSession(content, runtime.SessionOptions())
            self._session.run(None, {"x": np.zeros((50, 4), np.float32)})

        def enhance(self, batch: Batch) -> list[Waveform]:
            self._session.run(None, {"x": np.zeros((batch.samples.shape[1], 4), np.float32)})
            return list(batch.rows())

    class Loaded:
        def __init__(self) -> None:
            self.enhancer = Product()

    def load(spec: ModelSpec, **_: object) -> Loaded:
        return Loaded()

    monkeypatch.setattr(macs, "load_on", load)
    before = runtime.InferenceSession
    assert macs.macs_per_s(NOISY) == CLIP_S * 1000 * 12 / CLIP_S
    assert runtime.InferenceSession is before


def test_count_in_child_of_a_copy_is_not_counted() -> None:
    assert count_in_child(NOISY, 60.0) is None
