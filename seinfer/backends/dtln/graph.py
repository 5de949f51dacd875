"""DTLN as one ONNX graph for many frames of many clips, made in memory from the published weights.

The rule: the result is that of the published graphs frame by frame. They accept one frame of one clip per call, and the
inverse FFT is between them. Here it is one matrix with the encoder that follows it, so that a call needs no FFT inside.

Inputs of the graph: `re` and `im`, the spectra, shape (frame, clip, frequency); the state. Outputs: `enhanced`, shape
(frame, clip, time); the next state. The state is h and c of each of the four LSTMs, shape (1, clip, N_HIDDEN), zero at
the start of a clip: `h0`, `c0` to `h3`, `c3`, and `next_h0` and so on for the next state.

Source: breizhn/DTLN@1de1f15, DTLN_model.py (build_DTLN_model_stateful, InstantLayerNormalization); ONNX operators of
opset 17.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..onnx import Array
from .signal import FRAMING, N_BINS, N_HIDDEN
from .weights import Dense, Lstm, Weights

if TYPE_CHECKING:
    import onnx

OUTPUT = "enhanced"
STATES = tuple(f"{kind}{k}" for k in range(4) for kind in "hc")
NEXT = "next_"
"""Prefix of the output with the next value of a state."""
_OPSET, _IR_VERSION = 17, 8


def build(weights: Weights) -> onnx.ModelProto:
    """Return the graph."""
    graph = _Graph()
    magnitude = graph.add("Sqrt", graph.add("Add", *(graph.add("Mul", part, part) for part in ("re", "im"))))
    mask = graph.mask(magnitude, 0, weights.lstms[:2], weights.spectrum_mask)
    encodings = [
        graph.add("MatMul", graph.add("Mul", part, mask), graph.constant(matrix))
        for part, matrix in zip(("re", "im"), _encoders_of_spectra(weights.encoder), strict=True)
    ]
    encoding = graph.add("Add", *encodings)
    scale, offset = graph.constant(weights.norm_scale), graph.constant(weights.norm_offset)
    normalised = graph.add("LayerNormalization", encoding, scale, offset, axis=-1, epsilon=weights.norm_epsilon)
    mask = graph.mask(normalised, 2, weights.lstms[2:], weights.encoding_mask)
    graph.add("MatMul", graph.add("Mul", encoding, mask), graph.constant(weights.decoder), output=OUTPUT)
    return graph.finish()


def _encoders_of_spectra(encoder: Array) -> tuple[Array, Array]:
    """Return the matrices by which the real and the imaginary part of a spectrum are encoded: inverse FFT, encoder."""
    unit = np.eye(N_BINS)
    matrices = (np.fft.irfft(part, FRAMING.win_length) @ encoder.astype(np.float64) for part in (unit, 1j * unit))
    real, imaginary = (matrix.astype(np.float32) for matrix in matrices)
    return real, imaginary


class _Graph:
    """A graph under construction. Values are named by their position; the states are added by `mask`."""

    def __init__(self) -> None:
        from onnx import TensorProto, helper

        self._helper, self._float = helper, TensorProto.FLOAT
        self._nodes: list[Any] = []
        self._constants: list[Any] = []
        self._inputs = [self._value(name, "frame", "clip", N_BINS) for name in ("re", "im")]
        self._outputs = [self._value(OUTPUT, "frame", "clip", FRAMING.win_length)]

    def add(self, operator: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        """Add a node with one output; return the output's name."""
        output = output or f"value_{len(self._nodes)}"
        self._nodes.append(self._helper.make_node(operator, inputs, [output], **attributes))
        return output

    def constant(self, values: Any) -> str:
        """Add a constant; return its name."""
        from onnx import numpy_helper

        name = f"constant_{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def mask(self, values: str, first_lstm: int, lstms: tuple[Lstm, ...], dense: Dense) -> str:
        """Add LSTMs, a dense layer and a sigmoid; return the name of the mask."""
        for k, lstm in enumerate(lstms, first_lstm):
            values = self._lstm(values, k, lstm)
        product = self.add("MatMul", values, self.constant(dense.kernel))
        return self.add("Sigmoid", self.add("Add", product, self.constant(dense.bias)))

    def finish(self) -> onnx.ModelProto:
        """Return the complete model."""
        graph = self._helper.make_graph(self._nodes, "dtln", self._inputs, self._outputs, self._constants)
        opset = self._helper.make_opsetid("", _OPSET)
        model: onnx.ModelProto = self._helper.make_model(graph, opset_imports=[opset], ir_version=_IR_VERSION)
        return model

    def _lstm(self, values: str, k: int, lstm: Lstm) -> str:
        states = [f"h{k}", f"c{k}"]
        for name in states:
            self._inputs.append(self._value(name, 1, "clip", N_HIDDEN))
            self._outputs.append(self._value(NEXT + name, 1, "clip", N_HIDDEN))
        constants = map(self.constant, (lstm.inputs, lstm.recurrent, lstm.bias))
        # An empty name: all clips of a call have as many frames. Beyond the end of a clip they are zeros.
        inputs = [values, *constants, "", *states]
        outputs = [f"lstm_{k}", *(NEXT + name for name in states)]
        self._nodes.append(self._helper.make_node("LSTM", inputs, outputs, hidden_size=N_HIDDEN))
        # The operator has an axis for the direction.
        return self.add("Squeeze", f"lstm_{k}", self.constant(np.array([1])))

    def _value(self, name: str, *shape: int | str) -> Any:
        return self._helper.make_tensor_value_info(name, self._float, shape)
