"""Weights of DTLN, read strictly from the published pair model_1.onnx and model_2.onnx.

The rule: the two graphs are read as data and never run. Each weight must have the expected name, shape and type, and a
further float tensor is an error: the networks DTLN_norm_40h and DTLN_norm_500h have another normalisation in front.

model_1.onnx has LSTM nodes of ONNX, whose gates are in the order i, o, f, c; the LSTMs of model_2.onnx are unrolled,
with the gates in the order of Keras: i, f, c, o. `Lstm` has the order of ONNX. Every weight is equal to that of
model.h5, bit for bit.

Source: breizhn/DTLN@1de1f15, pretrained_model/model_1.onnx and model_2.onnx, converted by its
convert_weights_to_saved_model.py and keras2onnx.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ...core.errors import IntegrityError
from ...core.records import ModelSpec
from ..onnx import Array, Shape, read_graph, require_interface, unfit
from .signal import FRAMING, N_BINS, N_HIDDEN

if TYPE_CHECKING:
    import onnx

FILES = ("model_1.onnx", "model_2.onnx")
N_ENCODED = 256
"""Channels of the learned transform."""
_N_GATES = 4 * N_HIDDEN
_STATE: Shape = (1, 2, N_HIDDEN, 2)

_NORM = "model_2/instant_layer_normalization_1"
_READ = "ReadVariableOp/resource:0"
_SHAPES_1: Mapping[str, Shape] = {
    "lstm_4_W": (1, _N_GATES, N_BINS),
    "lstm_4_R": (1, _N_GATES, N_HIDDEN),
    "lstm_4_B": (1, 2 * _N_GATES),
    "lstm_5_W": (1, _N_GATES, N_HIDDEN),
    "lstm_5_R": (1, _N_GATES, N_HIDDEN),
    "lstm_5_B": (1, 2 * _N_GATES),
    "dense_2/kernel:0": (N_HIDDEN, N_BINS),
    "dense_2/bias:0": (N_BINS,),
}
_SHAPES_2: Mapping[str, Shape] = {
    "conv1d_2/kernel:0": (N_ENCODED, FRAMING.win_length, 1),
    f"{_NORM}/mul/{_READ}": (N_ENCODED,),
    f"{_NORM}/add_1/{_READ}": (N_ENCODED,),
    f"{_NORM}/add/y:0": (),
    f"model_2/lstm_6/MatMul/{_READ}": (N_ENCODED, _N_GATES),
    f"model_2/lstm_6/MatMul_1/{_READ}": (N_HIDDEN, _N_GATES),
    f"model_2/lstm_6/BiasAdd/{_READ}": (_N_GATES,),
    f"model_2/lstm_7/MatMul/{_READ}": (N_HIDDEN, _N_GATES),
    f"model_2/lstm_7/MatMul_1/{_READ}": (N_HIDDEN, _N_GATES),
    f"model_2/lstm_7/BiasAdd/{_READ}": (_N_GATES,),
    "model_2/dense_3/Tensordot/Reshape_1:0": (N_HIDDEN, N_ENCODED),
    f"model_2/dense_3/BiasAdd/{_READ}": (N_ENCODED,),
    "conv1d_3/kernel:0": (FRAMING.win_length, N_ENCODED, 1),
}


@dataclass(frozen=True)
class Lstm:
    """One LSTM in the layout of ONNX; the gates are in the order i, o, f, c.

    Attributes:
        inputs: shape (1, 4 * N_HIDDEN, input).
        recurrent: shape (1, 4 * N_HIDDEN, N_HIDDEN).
        bias: shape (1, 8 * N_HIDDEN): of the inputs, then of the recurrence.
    """

    inputs: Array
    recurrent: Array
    bias: Array


@dataclass(frozen=True)
class Dense:
    """A dense layer: x @ kernel + bias.

    Attributes:
        kernel: shape (input, output).
        bias: shape (output,).
    """

    kernel: Array
    bias: Array


@dataclass(frozen=True)
class Weights:
    """All weights of DTLN, in the order in which a frame uses them.

    Attributes:
        lstms: four; the first two belong to the mask of the spectrum, the others to the mask of the encoding.
        spectrum_mask: N_HIDDEN -> N_BINS.
        encoder: shape (FRAMING.win_length, N_ENCODED).
        norm_scale, norm_offset: shape (N_ENCODED,).
        norm_epsilon: added to the variance.
        encoding_mask: N_HIDDEN -> N_ENCODED.
        decoder: shape (N_ENCODED, FRAMING.win_length).
    """

    lstms: tuple[Lstm, Lstm, Lstm, Lstm]
    spectrum_mask: Dense
    encoder: Array
    norm_scale: Array
    norm_offset: Array
    norm_epsilon: float
    encoding_mask: Dense
    decoder: Array


def read_weights(weights: Mapping[str, Path], spec: ModelSpec) -> Weights:
    """Read both files.

    Args:
        weights: file name -> file.
        spec: the model, for messages.

    Raises:
        MissingExtraError: onnx is not installed.
        IntegrityError: a file is missing or damaged, or a tensor is missing, extra, not finite or of another shape.
    """
    if set(weights) != set(FILES):
        raise IntegrityError(f"{spec.name} has the files {sorted(weights)}; expected {sorted(FILES)}")
    first, second = (weights[name] for name in FILES)
    one = _read(first, {"input_2": (1, 1, N_BINS), "input_3": _STATE}, _SHAPES_1, spec)
    two = _read(second, {"input_4": (1, 1, FRAMING.win_length), "input_5": _STATE}, _SHAPES_2, spec)
    return Weights(
        lstms=(_onnx_lstm(one, "lstm_4"), _onnx_lstm(one, "lstm_5"), _keras_lstm(two, 6), _keras_lstm(two, 7)),
        spectrum_mask=Dense(one["dense_2/kernel:0"], one["dense_2/bias:0"]),
        encoder=two["conv1d_2/kernel:0"][:, :, 0].T,
        norm_scale=two[f"{_NORM}/mul/{_READ}"],
        norm_offset=two[f"{_NORM}/add_1/{_READ}"],
        norm_epsilon=float(two[f"{_NORM}/add/y:0"]),
        encoding_mask=Dense(two["model_2/dense_3/Tensordot/Reshape_1:0"], two[f"model_2/dense_3/BiasAdd/{_READ}"]),
        decoder=two["conv1d_3/kernel:0"][:, :, 0].T,
    )


def _read(path: Path, inputs: Mapping[str, Shape], shapes: Mapping[str, Shape], spec: ModelSpec) -> dict[str, Array]:
    """Return name -> value of the float tensors of a graph; integers only describe how it slices its state."""
    model = read_graph(path, spec)
    require_interface(model, inputs, (), path, spec)
    tensors = [tensor for tensor in model.graph.initializer if tensor.data_type == tensor.FLOAT]
    found = {tensor.name: tuple(tensor.dims) for tensor in tensors}
    if found != shapes:
        different = sorted(name for name in {*found, *shapes} if found.get(name) != shapes.get(name))
        problem = "; ".join(
            f"the tensor {name!r} has the shape {found.get(name, 'of none')}, expected {shapes.get(name, 'none')}"
            for name in different[:3]
        )
        raise IntegrityError(unfit(path, spec, f"{problem} ({len(different)} such tensors)"))
    return {tensor.name: _value(tensor, path, spec) for tensor in tensors}


def _value(tensor: onnx.TensorProto, path: Path, spec: ModelSpec) -> Array:
    from onnx import numpy_helper

    try:
        value: Array = numpy_helper.to_array(tensor)
    except ValueError as error:
        raise IntegrityError(unfit(path, spec, f"the tensor {tensor.name!r} cannot be read ({error})")) from error
    if not np.isfinite(value).all():
        raise IntegrityError(unfit(path, spec, f"the tensor {tensor.name!r} has values that are not finite"))
    return value


def _onnx_lstm(tensors: Mapping[str, Array], layer: str) -> Lstm:
    return Lstm(tensors[f"{layer}_W"], tensors[f"{layer}_R"], tensors[f"{layer}_B"])


def _keras_lstm(tensors: Mapping[str, Array], number: int) -> Lstm:
    layer = f"model_2/lstm_{number}"
    bias = _reordered(tensors[f"{layer}/BiasAdd/{_READ}"])
    return Lstm(
        _reordered(tensors[f"{layer}/MatMul/{_READ}"]).T[None],
        _reordered(tensors[f"{layer}/MatMul_1/{_READ}"]).T[None],
        np.concatenate([bias, np.zeros_like(bias)])[None],
    )


def _reordered(gates: Array) -> Array:
    """Return the gates i, f, c, o of the last axis in the order i, o, f, c."""
    i, f, c, o = np.split(gates, 4, axis=-1)
    return np.concatenate([i, o, f, c], axis=-1)
