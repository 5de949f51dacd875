"""A graph with an axis of clips gives for each clip the result of the graph alone: for every kind of rule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from seinfer.backends.onnx_frames.clip_axis import add_clip_axis
from seinfer.backends.onnx_frames.frame_loop import loop_over_frames
from seinfer.backends.onnx_frames.rewriter import UnknownGraphError

from .models import needs_onnxruntime, write_tiny

pytestmark = needs_onnxruntime
N_CLIPS = 3


def weights(*shape: int) -> np.ndarray:
    return np.random.default_rng(5).standard_normal(shape).astype(np.float32)


def model_of(
    operator: str,
    shape: Sequence[int],
    *stored: Any,
    opset: int = 17,
    second: Sequence[int] = (),
    n_outputs: int = 1,
    **attributes: Any,
) -> Any:
    """Return a model of one node: input x, then stored values ("y" stands for a second input, "" for none)."""
    from onnx import TensorProto, helper, numpy_helper

    names = [one if isinstance(one, str) else f"stored_{k}" for k, one in enumerate(stored)]
    tensors = [
        numpy_helper.from_array(one, n) for n, one in zip(names, stored, strict=True) if not isinstance(one, str)
    ]
    outputs = [f"z{k}" for k in range(n_outputs)]
    node = helper.make_node(operator, ["x", *names], outputs, name="node", **attributes)
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)]
    if "y" in names:
        inputs.append(helper.make_tensor_value_info("y", TensorProto.FLOAT, second))
    made = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs]
    graph = helper.make_graph([node], "g", inputs, made, tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    from onnx import shape_inference

    inferred = shape_inference.infer_shapes(model)
    assert not list(inferred.graph.value_info)
    return inferred


def run(model: Any, *values: np.ndarray) -> list[np.ndarray]:
    import onnxruntime

    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {one.name: value for one, value in zip(session.get_inputs(), values, strict=True)})


def integers(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


CASES: dict[str, dict[str, Any]] = {
    "element by element": {"operator": "Tanh", "shape": (2, 3)},
    "clip with stored bounds": {"operator": "Clip", "shape": (2, 3), "stored": [np.array(-0.1, np.float32), ""]},
    "sum with stored values of more axes": {"operator": "Add", "shape": (3,), "stored": [weights(2, 1, 3)]},
    "product of two inputs of different rank": {"operator": "Mul", "shape": (2, 4, 3), "stored": ["y"], "second": (3,)},
    "slope per channel": {"operator": "PRelu", "shape": (1, 4, 3, 2), "stored": [weights(4, 1, 1)]},
    "matrix times stored matrix": {"operator": "MatMul", "shape": (4, 3), "stored": [weights(3, 5)]},
    "matrix times stored stack": {"operator": "MatMul", "shape": (4, 3), "stored": [weights(2, 3, 5)]},
    "matrix times matrix": {"operator": "MatMul", "shape": (2, 4, 3), "stored": ["y"], "second": (3, 5)},
    "affine": {"operator": "Gemm", "shape": (4, 3), "stored": [weights(5, 3), weights(5)], "transB": 1},
    "reshape": {"operator": "Reshape", "shape": (2, 6), "stored": [integers(3, -1, 2)]},
    "squeeze": {"operator": "Squeeze", "shape": (1, 3, 1, 2), "stored": [integers(0, -2)]},
    "squeeze of opset 11": {"operator": "Squeeze", "shape": (1, 3, 1), "axes": [0], "opset": 11},
    "unsqueeze": {"operator": "Unsqueeze", "shape": (3, 2), "stored": [integers(0, -1)]},
    "flatten": {"operator": "Flatten", "shape": (2, 3, 4), "axis": 2},
    "transpose": {"operator": "Transpose", "shape": (2, 3, 4), "perm": [2, 0, 1]},
    "transpose without a stated order": {"operator": "Transpose", "shape": (2, 3, 4)},
    "mean over a stated axis": {"operator": "ReduceMean", "shape": (2, 3, 4), "axes": [-1], "keepdims": 0},
    "mean over everything": {"operator": "ReduceMean", "shape": (2, 3), "keepdims": 0},
    "mean in opset 18": {"operator": "ReduceMean", "shape": (2, 3), "stored": [integers(0)], "opset": 18},
    "sum over stored axes": {"operator": "ReduceSum", "shape": (2, 3, 4), "stored": [integers(0, 2)]},
    "sum in opset 11": {"operator": "ReduceSum", "shape": (2, 3, 4), "axes": [1], "opset": 11},
    "softmax": {"operator": "Softmax", "shape": (2, 3, 4), "axis": 1},
    "softmax over the last axis in opset 11": {"operator": "Softmax", "shape": (2, 3), "axis": 1, "opset": 11},
    "layer normalisation": {"operator": "LayerNormalization", "shape": (2, 3, 4), "stored": [weights(4)], "axis": -1},
    "concat": {"operator": "Concat", "shape": (2, 3), "stored": ["y"], "second": (2, 5), "axis": -1},
    "split": {"operator": "Split", "shape": (2, 6), "stored": [integers(2, 4)], "axis": 1, "n_outputs": 2},
    "gather": {"operator": "Gather", "shape": (5, 2), "stored": [integers(4, 0, 1)]},
    "slice with steps": {
        "operator": "Slice", "shape": (5, 7), "stored": [integers(6), integers(-8), integers(-1), integers(-2)],
    },
    "slice without axes": {"operator": "Slice", "shape": (5, 7), "stored": [integers(1, 2), integers(4, 6)]},
    "pad": {"operator": "Pad", "shape": (2, 3), "stored": [integers(0, 1, 2, 0)]},
    "convolution in one dimension": {
        "operator": "Conv", "shape": (2, 3, 9), "stored": [weights(4, 3, 3)], "strides": [2], "pads": [1, 1],
    },
    "transposed convolution in two dimensions": {
        "operator": "ConvTranspose", "shape": (1, 4, 2, 9), "stored": [weights(4, 2, 1, 3), weights(2)],
        "strides": [1, 2],
    },
    "batch normalisation": {
        "operator": "BatchNormalization", "shape": (1, 3, 4), "stored": [*weights(3, 3), np.ones(3, np.float32)],
    },
    "GRU over frequencies, both directions": {
        "operator": "GRU", "shape": (6, 1, 3), "stored": [weights(2, 12, 3), weights(2, 12, 4)], "hidden_size": 4,
        "direction": "bidirectional", "n_outputs": 2,
    },
    "GRU with a cache": {
        "operator": "GRU", "shape": (1, 6, 3), "stored": [weights(1, 12, 3), weights(1, 12, 4), "", "", "y"],
        "second": (1, 6, 4), "hidden_size": 4, "n_outputs": 2,
    },
    "LSTM with stored states of zero": {
        "operator": "LSTM", "shape": (2, 5, 3), "hidden_size": 4, "n_outputs": 3,
        "stored": [weights(1, 16, 3), weights(1, 16, 4), "", "", 0 * weights(1, 5, 4), 0 * weights(1, 5, 4)],
    },
}  # fmt: skip


@pytest.mark.parametrize("case", list(CASES))
def test_operator_with_an_axis_of_clips_gives_each_clip_its_own_result(case: str) -> None:
    keys = dict(CASES[case])
    second = keys.get("second")
    model = model_of(keys.pop("operator"), keys.pop("shape"), *keys.pop("stored", []), **keys)
    shape = [size.dim_value for size in model.graph.input[0].type.tensor_type.shape.dim]
    inputs = [weights(N_CLIPS, *shape), *([weights(N_CLIPS, *second)] if second else [])]
    alone = [run(model, *(values[clip] for values in inputs)) for clip in range(N_CLIPS)]
    together = run(add_clip_axis(model), *inputs)
    assert len(together) == len(alone[0])
    for k, made in enumerate(together):
        expected = np.stack([outputs[k] for outputs in alone])
        assert made.shape == expected.shape
        assert np.ptp(expected, axis=0).max() > 0.01
        np.testing.assert_allclose(made, expected, atol=1e-5)


@pytest.mark.parametrize(
    ("case", "message"),
    [
        ({"operator": "CumSum", "shape": (2, 3), "stored": [np.array(1)]}, "of kind CumSum has no rule"),
        ({"operator": "Concat", "shape": (2, 3), "stored": [weights(2, 1)], "axis": 1}, r"stored inputs \['stored_0'"),
        ({"operator": "MatMul", "shape": (3,), "stored": [weights(3, 5)]}, "has a vector as an input"),
        ({"operator": "Gemm", "shape": (4, 3), "stored": [weights(4, 5)], "transA": 1}, "combines the rows"),
        ({"operator": "Gemm", "shape": (4, 3), "stored": [weights(3, 5), weights(4, 5)]}, "combines the rows"),
        ({"operator": "Softmax", "shape": (2, 3, 4), "axis": 1, "opset": 11}, "over several axes"),
        (
            {"operator": "Conv", "shape": (1, 3, 9), "stored": ["y"], "second": (4, 3, 3)},
            r"inputs \['y'\] of the Conv .* are computed; expected weights",
        ),
        (
            {
                "operator": "GRU", "shape": (1, 6, 3), "hidden_size": 4,
                "stored": [weights(1, 12, 3), weights(1, 12, 4), "", "", weights(1, 6, 4)],
            },
            "starts with a stored state; expected zeros",
        ),
    ],
)  # fmt: skip
def test_operator_that_cannot_run_several_clips_is_an_unknown_graph(case: dict[str, Any], message: str) -> None:
    keys = dict(case)
    model = model_of(keys.pop("operator"), keys.pop("shape"), *keys.pop("stored", []), **keys)
    with pytest.raises(UnknownGraphError, match=message):
        add_clip_axis(model)


def test_add_clip_axis_does_not_change_the_graph_that_it_gets(tmp_path: Any) -> None:
    import onnx

    model = onnx.load(str(write_tiny(tmp_path / "tiny.onnx")))
    before = model.SerializeToString()
    loop_over_frames(add_clip_axis(model))
    assert model.SerializeToString() == before


def test_loop_over_frames_is_bit_equal_to_one_call_per_frame(tmp_path: Any) -> None:
    import onnx

    model = onnx.load(str(write_tiny(tmp_path / "tiny.onnx")))
    frames, state = weights(11, 1, 9, 1, 2), [np.zeros((1, 9, 5), np.float32), np.zeros((1, 1, 1), np.float32)]
    made, *last = run(loop_over_frames(model), frames, *state)
    for frame, result in zip(frames, made, strict=True):
        expected, *state = run(model, frame, *state)
        assert np.array_equal(result, expected)
    assert all(np.array_equal(one, other) for one, other in zip(last, state, strict=True))
