"""Weights of DTLN's shapes, made from a seed, and the two files in the layout of the published ones."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float32]

SHAPES = {
    "lstm/kernel": (257, 512),
    "lstm/recurrent_kernel": (128, 512),
    "lstm/bias": (512,),
    "lstm_1/kernel": (128, 512),
    "lstm_1/recurrent_kernel": (128, 512),
    "lstm_1/bias": (512,),
    "dense/kernel": (128, 257),
    "dense/bias": (257,),
    "conv1d/kernel": (1, 512, 256),
    "layer_normalization/gamma": (256,),
    "layer_normalization/beta": (256,),
    "lstm_2/kernel": (256, 512),
    "lstm_2/recurrent_kernel": (128, 512),
    "lstm_2/bias": (512,),
    "lstm_3/kernel": (128, 512),
    "lstm_3/recurrent_kernel": (128, 512),
    "lstm_3/bias": (512,),
    "dense_1/kernel": (128, 256),
    "dense_1/bias": (256,),
    "conv1d_1/kernel": (1, 256, 512),
}
"""Tensors of model.h5, with Keras' order of the gates: i, f, c, o."""

FILES = ("model_1.onnx", "model_2.onnx")
_READ = "ReadVariableOp/resource:0"


def make_tensors() -> dict[str, Values]:
    """Return weights that are the same in every version of numpy."""
    rng = np.random.RandomState(3)
    return {
        name: rng.uniform(-1, 1, shape).astype(np.float32) * np.float32(2 / np.sqrt(shape[-2] if len(shape) > 1 else 4))
        for name, shape in SHAPES.items()
    }


def write_files(folder: Path, tensors: Mapping[str, Values]) -> dict[str, Path]:
    """Write both files; return file name -> file."""
    for name, inputs, values in zip(FILES, _INPUTS, (_first(tensors), _second(tensors)), strict=True):
        (folder / name).write_bytes(graph(inputs, values).SerializeToString())
    return {name: folder / name for name in FILES}


def graph(inputs: Mapping[str, tuple[int, ...]], values: Mapping[str, Values]) -> Any:
    """Return a graph with the inputs and the weights of a published file; its one node only copies the state."""
    from onnx import TensorProto, helper, numpy_helper

    source = list(inputs)[1]
    described = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in inputs.items()]
    result = helper.make_tensor_value_info("state", TensorProto.FLOAT, inputs[source])
    tensors = [numpy_helper.from_array(np.asarray(value, order="C"), name) for name, value in values.items()]
    tensors.append(numpy_helper.from_array(np.zeros(4, np.int64), f"{source}:01_cropping_start"))
    node = helper.make_node("Identity", [source], ["state"])
    made = helper.make_graph([node], "standin", described, [result], tensors)
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 11)])


_STATE = (1, 2, 128, 2)
_INPUTS: tuple[dict[str, tuple[int, ...]], ...] = (
    {"input_2": (1, 1, 257), "input_3": _STATE},
    {"input_4": (1, 1, 512), "input_5": _STATE},
)


def _first(tensors: Mapping[str, Values]) -> dict[str, Values]:
    values = {"dense_2/kernel:0": tensors["dense/kernel"], "dense_2/bias:0": tensors["dense/bias"]}
    for number, layer in ((4, "lstm"), (5, "lstm_1")):
        bias = _onnx_order(tensors[f"{layer}/bias"])
        values[f"lstm_{number}_W"] = _onnx_order(tensors[f"{layer}/kernel"]).T[None]
        values[f"lstm_{number}_R"] = _onnx_order(tensors[f"{layer}/recurrent_kernel"]).T[None]
        values[f"lstm_{number}_B"] = np.concatenate([bias, np.zeros_like(bias)])[None]
    return values


def _onnx_order(gates: Values) -> Values:
    i, f, c, o = np.split(gates, 4, axis=-1)
    return np.concatenate([i, o, f, c], axis=-1)


def _second(tensors: Mapping[str, Values]) -> dict[str, Values]:
    norm = "model_2/instant_layer_normalization_1"
    values = {
        "conv1d_2/kernel:0": tensors["conv1d/kernel"].transpose(2, 1, 0),
        "conv1d_3/kernel:0": tensors["conv1d_1/kernel"].transpose(2, 1, 0),
        f"{norm}/mul/{_READ}": tensors["layer_normalization/gamma"],
        f"{norm}/add_1/{_READ}": tensors["layer_normalization/beta"],
        f"{norm}/add/y:0": np.array(1e-7, np.float32),
        "model_2/dense_3/Tensordot/Reshape_1:0": tensors["dense_1/kernel"],
        f"model_2/dense_3/BiasAdd/{_READ}": tensors["dense_1/bias"],
    }
    for number, layer in ((6, "lstm_2"), (7, "lstm_3")):
        values[f"model_2/lstm_{number}/MatMul/{_READ}"] = tensors[f"{layer}/kernel"]
        values[f"model_2/lstm_{number}/MatMul_1/{_READ}"] = tensors[f"{layer}/recurrent_kernel"]
        values[f"model_2/lstm_{number}/BiasAdd/{_READ}"] = tensors[f"{layer}/bias"]
    return values
