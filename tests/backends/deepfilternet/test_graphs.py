"""Graphs that were changed in memory: the same result as the original, whole, in pieces and in batches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from seinfer.backends.deepfilternet.graphs import (
    NEXT,
    STATE,
    UnknownGraphError,
    carry_state,
    free_batch,
    multiply_groups,
)

from .models import MODELS, needs_onnxruntime, weights_of

if TYPE_CHECKING:
    import onnx

pytestmark = needs_onnxruntime

Values = dict[str, Any]
PARTS = ("enc", "erb_dec", "df_dec")


def tiny_graph(**changes: Any) -> onnx.ModelProto:
    """Return a graph of one convolution over three frames, a grouped linear layer and a GRU.

    Args:
        changes: other values of pads, mode, kernel and direction.
    """
    from onnx import TensorProto, checker, helper, numpy_helper

    rng = np.random.default_rng(0)
    kernel = changes.get("kernel", 3)
    tensors = {
        "w": rng.standard_normal((4, 2, kernel, 1)),
        "g": rng.standard_normal((3, 4, 4)),
        "x": rng.standard_normal((1, 15, 12)) / 4,
        "r": rng.standard_normal((1, 15, 5)) / 4,
        "h": np.zeros((1, 1, 5)),
    }
    nodes = [
        helper.make_node("Pad", ["in", "pads"], ["padded"], mode=changes.get("mode", "constant")),
        helper.make_node("Conv", ["padded", "w"], ["conv"], kernel_shape=[kernel, 1]),
        helper.make_node("Transpose", ["conv"], ["by_time"], perm=[0, 2, 3, 1]),
        helper.make_node("Einsum", ["by_time", "g"], ["grouped"], equation="btgi,gih->btgh"),
        helper.make_node("Transpose", ["grouped"], ["time_first"], perm=[1, 0, 2, 3]),
        helper.make_node("Reshape", ["time_first", "shape"], ["flat"]),
        helper.make_node(
            "GRU", ["flat", "x", "r", "", "", "h"], ["y"], hidden_size=5, direction=changes.get("direction", "forward")
        ),
        helper.make_node("Squeeze", ["y", "axis"], ["out"]),
    ]
    pads = changes.get("pads", [0, 0, 2, 0, 0, 0, 0, 0])
    numbers = {"pads": np.array(pads), "shape": np.array([0, 0, 12]), "axis": np.array([1])}
    weights = [numpy_helper.from_array(value.astype(np.float32), name) for name, value in tensors.items()]
    weights += [numpy_helper.from_array(value.astype(np.int64), name) for name, value in numbers.items()]
    ends = [("in", [1, 2, "S", 3]), ("out", ["S", 1, 5])]
    inputs, outputs = ([helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)] for name, shape in ends)
    graph = helper.make_graph(nodes, "tiny", inputs, outputs, weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    if "direction" not in changes:
        checker.check_model(model)
    return model


def edited(model: onnx.ModelProto) -> onnx.ModelProto:
    copy = type(model).FromString(model.SerializeToString())
    free_batch(copy)
    multiply_groups(copy)
    carry_state(copy, "net")
    return copy


def session(model: onnx.ModelProto) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def run(made: Any, feeds: Mapping[str, Any]) -> Values:
    names = [value.name for value in made.get_outputs()]
    return dict(zip(names, made.run(names, dict(feeds)), strict=True))


def zeros(made: Any, n_clips: int) -> Values:
    shapes = {value.name: value.shape for value in made.get_inputs() if value.name.startswith(STATE)}
    return {name: np.zeros([n_clips, *shape[1:]], np.float32) for name, shape in shapes.items()}


def run_pieces(made: Any, feeds: Mapping[str, Any], time_axis: Mapping[str, int], size: int) -> Iterator[Values]:
    """Run a clip `size` frames at a time, with its state carried."""
    n_frames = min(value.shape[time_axis[name]] for name, value in feeds.items())
    n_clips = len(next(iter(feeds.values())))
    state = zeros(made, n_clips)
    for start in range(0, n_frames, size):
        piece = {
            name: np.take(v, range(start, min(start + size, n_frames)), time_axis[name]) for name, v in feeds.items()
        }
        found = run(made, {**piece, **state})
        state = {name: found.pop(NEXT + name) for name in state}
        yield found


def test_carry_state_adds_states_for_past_frames_and_gru() -> None:
    made = session(edited(tiny_graph()))
    shapes = {value.name: value.shape for value in made.get_inputs()}
    assert shapes == {"in": ["batch", 2, "S", 3], "state_net_0": ["batch", 2, 2, 3], "state_net_1": ["batch", 5]}


@pytest.mark.parametrize("size", [1, 2, 3, 50])
def test_edited_tiny_graph_in_pieces_equals_the_original_on_the_whole_clip(size: int) -> None:
    values = np.random.default_rng(1).standard_normal((1, 2, 50, 3)).astype(np.float32)
    [whole] = session(tiny_graph()).run(None, {"in": values})
    pieces = [found["out"] for found in run_pieces(session(edited(tiny_graph())), {"in": values}, {"in": 2}, size)]
    assert float(np.abs(np.concatenate(pieces) - whole).max()) < 1e-6


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("part", PARTS)
def test_edited_graph_of_the_authors_equals_the_original(shared: Path, model: str, part: str) -> None:
    import onnx

    original = onnx.load(weights_of(shared, model)[f"{part}.onnx"])
    time_axis = {v.name: [d.dim_param for d in v.type.tensor_type.shape.dim].index("S") for v in original.graph.input}
    feeds, rng = {}, np.random.default_rng(2)
    for value in original.graph.input:
        shape = [120 if size.dim_param == "S" else size.dim_value for size in value.type.tensor_type.shape.dim]
        feeds[value.name] = rng.standard_normal(shape).astype(np.float32)
    whole, made = run(session(original), feeds), session(edited(original))
    pairs = {name: np.concatenate([value, value[:, ::-1]]) for name, value in feeds.items()}
    for size in (17, 120):
        found = list(run_pieces(made, pairs, time_axis, size))
        for name, value in whole.items():
            axis = list(value.shape).index(120)
            first_clip = np.concatenate([piece[name] for piece in found], axis)[:1]
            assert float(np.abs(first_clip - value).max()) < 2e-5, f"{name} in pieces of {size}"


@pytest.mark.parametrize("model", MODELS)
def test_edited_graph_of_the_authors_has_the_same_weights(shared: Path, model: str) -> None:
    import onnx

    for part in PARTS:
        original = onnx.load(weights_of(shared, model)[f"{part}.onnx"])
        kept = {tensor.name: tensor for tensor in edited(original).graph.initializer}
        assert all(kept[tensor.name] == tensor for tensor in original.graph.initializer)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"pads": [0, 0, 1, 0, 0, 0, 1, 0]}, r"pads by \[0, 0, 1, 0, 0, 0, 1, 0\]"),
        ({"pads": [0, 0, 2, 0, 0, 0, 0, 1]}, r"pads by \[0, 0, 2, 0, 0, 0, 0, 1\]"),
        ({"pads": [0, 0, 1, 0, 0, 0, 0, 0]}, r"for kernels of \[3\] frames"),
        ({"mode": "reflect"}, "does not pad an input with zeros"),
        ({"direction": "reverse"}, "runs backwards"),
    ],
)
def test_carry_state_graph_that_uses_more_than_the_past_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(UnknownGraphError, match=message):
        carry_state(tiny_graph(**changes), "net")


def test_carry_state_graph_with_padding_from_an_input_is_refused() -> None:
    from onnx import TensorProto, helper

    model = tiny_graph()
    model.graph.initializer.remove(next(tensor for tensor in model.graph.initializer if tensor.name == "pads"))
    model.graph.input.append(helper.make_tensor_value_info("pads", TensorProto.INT64, [8]))
    with pytest.raises(UnknownGraphError, match=r"depends on the inputs \['pads'\]"):
        carry_state(model, "net")


def test_carry_state_graph_that_pads_an_inner_value_is_refused() -> None:
    model = tiny_graph()
    model.graph.node[0].input[0] = "elsewhere"
    with pytest.raises(UnknownGraphError, match="does not pad an input"):
        carry_state(model, "net")
