"""Runs a graph of one frame over many frames in one call: the graph becomes the body of the operator Scan.

The rule: the body computes each frame as the graph does in a call of its own, so the result is the same bit for bit.
The caches go from frame to frame inside the call.

Source: ONNX operator Scan, opset 11 (https://onnx.ai/onnx/operators/onnx__Scan.html).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import onnx

FRAMES = "frames"
"""Name of the size of the new axis of the first input and the first output."""


def loop_over_frames(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return a graph whose first input and output have a first axis of frames.

    Args:
        model: inputs are a frame, then caches; outputs are a frame, then the next caches in the same order. It is not
            changed.
    """
    from onnx import helper

    body = type(model.graph).FromString(model.graph.SerializeToString())
    frame, *caches = model.graph.input
    made, *next_caches = model.graph.output
    for values, first in ((body.input, frame), (body.output, made)):
        others = [value for value in (model.graph.input if first is frame else model.graph.output) if value != first]
        del values[:]
        values.extend([*others, first])  # Scan has the states first
    node = helper.make_node(
        "Scan",
        [*(f"{cache.name}_first" for cache in caches), f"{frame.name}_all"],
        [*(f"{cache.name}_last" for cache in next_caches), f"{made.name}_all"],
        body=body,
        num_scan_inputs=1,
    )
    inputs = [_renamed(frame, f"{frame.name}_all", FRAMES), *(_renamed(one, f"{one.name}_first") for one in caches)]
    outputs = [_renamed(made, f"{made.name}_all", FRAMES), *(_renamed(one, f"{one.name}_last") for one in next_caches)]
    graph = helper.make_graph([node], "frames", inputs, outputs)
    return helper.make_model(graph, opset_imports=model.opset_import, ir_version=model.ir_version)


def _renamed(value: onnx.ValueInfoProto, name: str, *front: str) -> onnx.ValueInfoProto:
    from onnx import helper

    tensor = value.type.tensor_type
    sizes = [size.dim_param or size.dim_value for size in tensor.shape.dim]
    return helper.make_tensor_value_info(name, tensor.elem_type, [*front, *sizes])
