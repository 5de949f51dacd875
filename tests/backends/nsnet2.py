"""Stand-in graphs for NSNet2: gain = sigmoid(slope * feature + offset), with the official input and output."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from seinfer.backends.nsnet2 import N_BINS

SLOPE, OFFSET = 4.0, 20.0
"""Half a gain where the power of a bin is 1e-5; speech is far above that, digital silence far below."""


def write_graph(path: Path, n_bins: int = N_BINS, n_inputs: int = 1) -> None:
    """Write a graph whose gains rise with the power of the bin."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    shape = ["batch", "frame", n_bins]
    inputs = [helper.make_tensor_value_info(f"input{i or ''}", TensorProto.FLOAT, shape) for i in range(n_inputs)]
    output = helper.make_tensor_value_info("output", TensorProto.FLOAT, shape)
    tensors = {"slope": np.full(n_bins, SLOPE, np.float32), "offset": np.full(n_bins, OFFSET, np.float32)}
    nodes = [
        helper.make_node("Mul", ["input", "slope"], ["scaled"]),
        helper.make_node("Add", ["scaled", "offset"], ["shifted"]),
        helper.make_node("Sigmoid", ["shifted"], ["output"]),
    ]
    initial = [numpy_helper.from_array(values, name) for name, values in tensors.items()]
    graph = helper.make_graph(nodes, "standin", inputs, [output], initial)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.save(model, str(path))
