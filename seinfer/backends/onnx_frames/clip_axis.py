"""Gives every value of an ONNX graph a first axis for clips, so that one call runs many clips.

The rule: each row of the result is what the graph computes for this clip alone. An exported graph has the batch size 1
in its shapes, and often uses this axis for other things (for the frequencies, in front of a GRU), so it cannot just be
made longer. Here each node that depends on an input is replaced by one that computes the same for all clips: axes are
counted from 1 instead of 0, and the clips become more rows of convolutions and recurrent layers. Weights stay as they
are. A node of a kind without such a rule is an UnknownGraphError; the graph then runs clip by clip.

Source: ONNX operators, opset 11 to 17 (https://onnx.ai/onnx/operators).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from .rewriter import Rewriter, Rule, UnknownGraphError, attribute, set_attribute

if TYPE_CHECKING:
    import onnx

_SIMPLE = (
    *(
        "Abs",
        "Atan",
        "Cast",
        "Ceil",
        "Clip",
        "Cos",
        "Elu",
        "Erf",
        "Exp",
        "Floor",
        "HardSigmoid",
        "HardSwish",
        "Identity",
    ),
    *("LeakyRelu", "Log", "Neg", "Reciprocal", "Relu", "Selu", "Sigmoid", "Sign", "Sin", "Softplus", "Sqrt", "Tanh"),
)
_COMBINED = (
    *(
        "Add",
        "Div",
        "Equal",
        "Greater",
        "GreaterOrEqual",
        "Less",
        "LessOrEqual",
        "MatMul",
        "Max",
        "Min",
        "Mul",
        "PRelu",
    ),
    *("Pow", "Sub", "Where"),
)
_REDUCED = ("ReduceL1", "ReduceL2", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceSum", "ReduceSumSquare")
_SHAPED = ("Flatten", "Reshape", "Squeeze", "Unsqueeze")
_BY_ROWS = ("AveragePool", "BatchNormalization", "Conv", "ConvTranspose", "InstanceNormalization", "MaxPool")


def add_clip_axis(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return a graph whose inputs and outputs have a first axis of any size, one entry per clip.

    Args:
        model: a graph whose inputs have known shapes. It is not changed.

    Raises:
        UnknownGraphError: a node has no rule here, or a shape is not known.
    """
    return Rewriter(model, _RULES).run()


def _keep(graph: Rewriter, node: onnx.NodeProto) -> None:
    """Each element by itself."""
    _require_weights(graph, node, first=1)
    graph.add(node)


def _combine(graph: Rewriter, node: onnx.NodeProto) -> None:
    """Operators that align shapes at the last axis: shorter ones get sizes of 1 after the axis of clips."""
    ranks = [len(graph.shapes[name]) for name in node.input]
    if node.op_type == "MatMul" and min(ranks) < 2:
        raise UnknownGraphError(f"the MatMul {node.name!r} has a vector as an input; expected matrices")
    for place, (name, rank) in enumerate(zip(node.input, ranks, strict=True)):
        if name in graph.by_clip and rank < max(ranks):
            node.input[place] = graph.reshape(name, (-1, *[1] * (max(ranks) - rank), *graph.shapes[name]))
    graph.add(node)


def _shape_anew(graph: Rewriter, node: onnx.NodeProto) -> None:
    [result] = node.output
    graph.reshape(node.input[0], (-1, *graph.shapes[result]), result)


def _transpose(graph: Rewriter, node: onnx.NodeProto) -> None:
    rank = len(graph.shapes[node.input[0]])
    perm = attribute(node, "perm", range(rank)[::-1])
    graph.transpose(node.input[0], [0, *(axis + 1 for axis in perm)], node.output[0])


def _reduce(graph: Rewriter, node: onnx.NodeProto) -> None:
    rank = len(graph.shapes[node.input[0]])
    axes = graph.integers(node, "axes", 1)
    moved = [axis % rank + 1 for axis in (range(rank) if axes is None else axes)]
    is_attribute = graph.opset < (13 if node.op_type == "ReduceSum" else 18)
    if is_attribute:
        set_attribute(node, "axes", moved)
    else:
        graph.set_input(node, 1, moved)
    graph.add(node)


def _along_axis(graph: Rewriter, node: onnx.NodeProto) -> None:
    """Operators with one attribute `axis`, from 0 on unless it is stated."""
    _require_weights(graph, node, first=1)
    set_attribute(node, "axis", graph.axis(node, default=-1 if node.op_type == "LayerNormalization" else 0))
    graph.add(node)


def _softmax(graph: Rewriter, node: onnx.NodeProto) -> None:
    axis = graph.axis(node, default=-1 if graph.opset >= 13 else 1)
    if graph.opset < 13 and axis != len(graph.shapes[node.input[0]]):
        raise UnknownGraphError(f"the Softmax {node.name!r} is over several axes; expected the last one")
    set_attribute(node, "axis", axis)
    graph.add(node)


def _concat(graph: Rewriter, node: onnx.NodeProto) -> None:
    if fixed := [name for name in node.input if name not in graph.by_clip]:
        raise UnknownGraphError(f"the Concat {node.name!r} has the stored inputs {fixed}; expected values of the clips")
    set_attribute(node, "axis", graph.axis(node, default=0))
    graph.add(node)


def _slice(graph: Rewriter, node: onnx.NodeProto) -> None:
    rank = len(graph.shapes[node.input[0]])
    starts = graph.integers(node, "starts", 1) or []
    axes = graph.integers(node, "axes", 3)
    graph.set_input(node, 3, [axis % rank + 1 for axis in (range(len(starts)) if axes is None else axes)])
    graph.add(node)


def _pad(graph: Rewriter, node: onnx.NodeProto) -> None:
    rank = len(graph.shapes[node.input[0]])
    pads = graph.integers(node, "pads", 1) or []
    if len(node.input) > 3 or len(pads) != 2 * rank:
        raise UnknownGraphError(f"the Pad {node.name!r} names axes; expected two numbers for each of {rank} axes")
    graph.set_input(node, 1, [0, *pads[:rank], 0, *pads[rank:]])
    graph.add(node)


def _gemm(graph: Rewriter, node: onnx.NodeProto) -> None:
    shape = graph.shapes[node.input[0]]
    bias = graph.shapes[node.input[2]] if len(node.input) > 2 else ()
    if attribute(node, "transA", 0) or (len(bias) == 2 and bias[0] != 1):
        raise UnknownGraphError(f"the Gemm {node.name!r} combines the rows of its input; expected each row by itself")
    _rows(graph, node, shape)


def _by_rows(graph: Rewriter, node: onnx.NodeProto) -> None:
    """Operators that treat each entry of the first axis by itself: the clips become more entries."""
    _rows(graph, node, graph.shapes[node.input[0]])


def _rows(graph: Rewriter, node: onnx.NodeProto, shape: tuple[int, ...]) -> None:
    _require_weights(graph, node, first=1)
    if len(node.output) != 1:
        raise UnknownGraphError(f"the {node.op_type} {node.name!r} has {len(node.output)} outputs; expected one")
    node.input[0] = graph.reshape(node.input[0], (-1, *shape[1:]))
    [result], made = node.output, graph.new_name()
    node.output[0] = made
    graph.add(node)
    graph.reshape(made, (-1, *graph.shapes[result]), result)


def _recurrent(graph: Rewriter, node: onnx.NodeProto) -> None:
    """GRU, LSTM, RNN: (time, batch, input) -> (time, direction, batch, hidden); states (direction, batch, hidden)."""
    if attribute(node, "layout", 0) != 0 or (len(node.input) > 4 and node.input[4]):
        raise UnknownGraphError(
            f"the {node.op_type} {node.name!r} has the batch first, or lengths; expected time first"
        )
    if node.input[0] not in graph.by_clip:
        raise UnknownGraphError(f"the {node.op_type} {node.name!r} has a stored input; expected values of the clips")
    results = list(node.output)
    for place in (0, 5, 6):
        if place < len(node.input) and node.input[place]:
            node.input[place] = _batch_with_clips(graph, node, place)
    made = [graph.new_name() if name else "" for name in results]
    node.output[:] = made
    graph.add(node)
    for name, result in zip(made, results, strict=True):
        if result:
            _clips_from_batch(graph, name, result)


def _batch_with_clips(graph: Rewriter, node: onnx.NodeProto, place: int) -> str:
    """Return the value (clip, time or direction, batch, size) as (time or direction, clip and batch, size)."""
    name = node.input[place]
    first, _, size = graph.shapes[name]
    if name not in graph.by_clip:
        if graph.constants.get(name) is None or graph.constants[name].any():
            raise UnknownGraphError(f"the {node.op_type} {node.name!r} starts with a stored state; expected zeros")
        return ""
    source = name if first == 1 else graph.transpose(name, [1, 0, 2, 3])
    return graph.reshape(source, (first, -1, size))


def _clips_from_batch(graph: Rewriter, name: str, result: str) -> None:
    """Reverse `_batch_with_clips` for Y, which has one axis more, or a state."""
    *first, batch, size = graph.shapes[result]
    if math.prod(first) == 1:
        graph.reshape(name, (-1, *first, batch, size), result)
        return
    split = graph.reshape(name, (*first, -1, batch, size))
    n = len(first)
    graph.transpose(split, [n, *range(n), n + 1, n + 2], result)


def _require_weights(graph: Rewriter, node: onnx.NodeProto, first: int) -> None:
    """Check that the inputs of a node from `first` on are the same for all clips."""
    if varying := sorted(graph.by_clip.intersection(node.input[first:])):
        raise UnknownGraphError(
            f"the inputs {varying} of the {node.op_type} {node.name!r} are computed; expected weights"
        )


_RULES: Mapping[str, Rule] = {
    **dict.fromkeys(_SIMPLE, _keep),
    **dict.fromkeys(_COMBINED, _combine),
    **dict.fromkeys(_REDUCED, _reduce),
    **dict.fromkeys(_SHAPED, _shape_anew),
    **dict.fromkeys(_BY_ROWS, _by_rows),
    **dict.fromkeys(("GRU", "LSTM", "RNN"), _recurrent),
    **dict.fromkeys(("Gather", "LayerNormalization", "Split"), _along_axis),
    "Concat": _concat,
    "Gemm": _gemm,
    "Pad": _pad,
    "Slice": _slice,
    "Softmax": _softmax,
    "Transpose": _transpose,
}
