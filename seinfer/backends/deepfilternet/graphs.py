"""Changes causal ONNX graphs in memory, so that they accept batches and carry their state from call to call.

The rule: the weights and the result do not change. State that a graph loses at its end becomes an input and an output:
the state of each GRU, and the last frames that a convolution over time uses, which are zero in the graph as exported (a
`Pad` in front of the `Conv`). With states of zeros the changed graph equals the original one, and a clip in pieces has
the same result as the whole clip.

Source: ONNX operators GRU, Pad, Conv, Concat, Slice, Reshape and Einsum, opset 12 and later.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from ..onnx import interface

if TYPE_CHECKING:
    import onnx

BATCH = "batch"
STATE = "state_"
NEXT = "next_"
"""Prefix of the output with the next value of a state. The clips are on the first axis of both."""

_GROUPED_LINEAR = b"btgi,gih->btgh"


class UnknownGraphError(ValueError):
    """The graph contains a node that this module cannot change."""


def free_batch(model: onnx.ModelProto) -> None:
    """Allow any size of the first axis of all inputs and outputs.

    The stored shapes of inner values are deleted: they were computed for a batch of one.
    """
    del model.graph.value_info[:]
    for value in (*model.graph.input, *model.graph.output):
        shape = value.type.tensor_type.shape
        shape.dim[0].Clear()
        shape.dim[0].dim_param = BATCH
    for value in model.graph.output:
        for size in value.type.tensor_type.shape.dim[1:]:
            size.ClearField("dim_param")


def carry_state(model: onnx.ModelProto, label: str) -> None:
    """Add an input `state_<label>_<k>` and an output `next_state_<label>_<k>` for each state that a graph loses.

    Args:
        model: the graph.
        label: distinguishes its states from those of the other graphs of the network.

    Raises:
        UnknownGraphError: a GRU runs backwards, or padding is not in front of a convolution over past frames.
    """
    edited: list[onnx.NodeProto] = []
    for node in model.graph.node:
        if node.op_type == "GRU":
            edited += _carried_gru(model, node, label)
        elif node.op_type == "Pad":
            edited += _carried_past(model, node, label)
        else:
            edited.append(node)
    _replace_nodes(model, edited)


def multiply_groups(model: onnx.ModelProto) -> None:
    """Compute grouped linear layers by MatMul instead of Einsum, which is slow in onnxruntime for a batch of one."""
    edited: list[onnx.NodeProto] = []
    for node in model.graph.node:
        is_grouped = node.op_type == "Einsum" and _attribute(node, "equation") == _GROUPED_LINEAR
        edited += _multiplied_groups(node) if is_grouped else [node]
    _replace_nodes(model, edited)


def _replace_nodes(model: onnx.ModelProto, nodes: list[onnx.NodeProto]) -> None:
    # `del` clears the graph's own node objects, so copies are inserted.
    copies = [type(node).FromString(node.SerializeToString()) for node in nodes]
    del model.graph.node[:]
    model.graph.node.extend(copies)


def _multiplied_groups(node: onnx.NodeProto) -> Iterator[onnx.NodeProto]:
    from onnx import helper

    (values, weights), [result] = node.input, node.output
    by_group, product = f"{result}_by_group", f"{result}_product"
    yield helper.make_node("Transpose", [values], [by_group], perm=[0, 2, 1, 3])
    yield helper.make_node("MatMul", [by_group, weights], [product])
    yield helper.make_node("Transpose", [product], [result], perm=[0, 2, 1, 3])


def _carried_gru(model: onnx.ModelProto, node: onnx.NodeProto, label: str) -> Iterator[onnx.NodeProto]:
    from onnx import helper

    if _attribute(node, "direction", b"forward") != b"forward" or _attribute(node, "layout", 0) != 0:
        raise UnknownGraphError(f"the GRU {node.name!r} runs backwards or batch first; expected forward, time first")
    n_hidden = _attribute(node, "hidden_size")
    state = _add_state(model, label, [n_hidden])
    while len(node.input) < 6:
        node.input.append("")
    while len(node.output) < 2:
        node.output.append("")
    # The operator has an axis for the direction in front of the batch.
    node.input[5], node.output[1] = f"{state}_in", f"{state}_out"
    yield helper.make_node("Reshape", [state, _constant(model, f"{state}_to", [1, -1, n_hidden])], [f"{state}_in"])
    yield node
    shape = _constant(model, f"{state}_from", [-1, n_hidden])
    yield helper.make_node("Reshape", [f"{state}_out", shape], [NEXT + state])


def _carried_past(model: onnx.ModelProto, node: onnx.NodeProto, label: str) -> Iterator[onnx.NodeProto]:
    from onnx import helper

    source, padded = node.input[0], node.output[0]
    n_past = _past_frames(model, node)
    _, channels, _, *frequencies = interface(model.graph.input)[source]
    state = _add_state(model, label, [channels, n_past, *frequencies])
    yield helper.make_node("Concat", [state, source], [padded], axis=2)
    bounds = [_constant(model, f"{state}_{name}", [value]) for name, value in (("first", -n_past), ("end", 1 << 62))]
    yield helper.make_node("Slice", [padded, *bounds, _constant(model, f"{state}_axis", [2])], [NEXT + state])


def _past_frames(model: onnx.ModelProto, node: onnx.NodeProto) -> int:
    """Return the number of frames of zeros that a Pad puts in front of a clip."""
    if node.input[0] not in interface(model.graph.input) or _attribute(node, "mode", b"constant") != b"constant":
        raise UnknownGraphError(f"{node.name!r} does not pad an input with zeros; expected frames in front of a clip")
    pads = list(map(int, _constant_value(model, node.input[1]))) if len(node.input) > 1 else []
    n_past = pads[2] if len(pads) == 8 else 0
    readers = [reader for reader in model.graph.node if node.output[0] in reader.input]
    kernels = [_attribute(reader, "kernel_shape", (0,))[0] for reader in readers if reader.op_type == "Conv"]
    if pads != [0, 0, n_past, 0, 0, 0, 0, 0] or kernels != [n_past + 1] or len(readers) != 1:
        raise UnknownGraphError(
            f"{node.name!r} pads by {pads} for kernels of {kernels} frames; expected one convolution, and one "
            "frame less than its kernel in front of the clip"
        )
    return n_past


def _add_state(model: onnx.ModelProto, label: str, sizes: list[int | str]) -> str:
    from onnx import TensorProto, helper

    name = f"{STATE}{label}_{sum(value.name.startswith(STATE) for value in model.graph.input)}"
    shape = [BATCH, *sizes]
    model.graph.input.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
    model.graph.output.append(helper.make_tensor_value_info(NEXT + name, TensorProto.FLOAT, shape))
    return name


def _constant(model: onnx.ModelProto, name: str, values: list[int]) -> str:
    from onnx import numpy_helper

    model.graph.initializer.append(numpy_helper.from_array(np.array(values, np.int64), name))
    return name


def _attribute(node: onnx.NodeProto, name: str, default: Any = None) -> Any:
    from onnx import helper

    return next((helper.get_attribute_value(found) for found in node.attribute if found.name == name), default)


def _constant_value(model: onnx.ModelProto, name: str) -> Any:
    """Return a value that the graph computes from constants only."""
    from onnx import TensorProto, helper
    from onnx.reference import ReferenceEvaluator

    makers = {output: node for node in model.graph.node for output in node.output}
    needed, waiting = set(), [name]
    while waiting:
        wanted = waiting.pop()
        if wanted not in needed:
            needed.add(wanted)
            waiting += makers[wanted].input if wanted in makers else ()
    if inputs := needed & interface(model.graph.input).keys():
        raise UnknownGraphError(f"{name!r} depends on the inputs {sorted(inputs)}; expected a constant")
    nodes = [node for node in model.graph.node if needed.intersection(node.output)]
    tensors = [tensor for tensor in model.graph.initializer if tensor.name in needed]
    result = helper.make_tensor_value_info(name, TensorProto.INT64, None)
    part = helper.make_graph(nodes, "part", [], [result], tensors)
    value, *_ = ReferenceEvaluator(helper.make_model(part, opset_imports=model.opset_import)).run(None, {})
    return value
