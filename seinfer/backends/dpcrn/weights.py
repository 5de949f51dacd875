"""The DPCRN-TF checkpoint -> the arrays that `network.py` computes with.

The rule: the network computes the same as before, apart from rounding. Everything that does not depend on the signal
is computed here once, in double precision: batch normalisation is combined with the convolution before it, a transposed
convolution becomes an ordinary one, and the slope and offset of the hard sigmoid are combined with the gates.

Source: Le-Xiaohuai-speech/DPCRN_DNS3@c7fe17d, main.py and modules.py; Le et al., "DPCRN: Dual-Path Convolution
Recurrent Network for Single Channel Speech Enhancement", Interspeech 2021.
"""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import numpy as np

from .checkpoint import Checkpoint, Exact, open_checkpoint
from .layers import N_BANDS, N_BINS, N_UNITS, Array, Convolution, Dense, DualPath, Lstm, Norm, Weights

_EPSILON = 1e-3  # of Keras' batch normalisation


class _Plan(NamedTuple):
    """Sizes of one convolution; `width` and `stride` are along frequency, `pad` is at its lower and upper end."""

    n_bins: int
    n_in: int
    n_out: int
    width: int
    stride: int
    pad: tuple[int, int]


_ENCODER = (
    _Plan(N_BINS, 2, 32, 5, 2, (0, 2)),
    _Plan(100, 32, 32, 3, 2, (0, 1)),
    _Plan(N_BANDS, 32, 32, 3, 1, (1, 1)),
    _Plan(N_BANDS, 32, 64, 3, 1, (1, 1)),
    _Plan(N_BANDS, 64, N_UNITS, 3, 1, (1, 1)),
)
# The input is the output of the encoder at the same level, joined with the layer before. `pad` belongs to the ordinary
# convolution that replaces the transposed one; with it the lowest outputs of the two are the same.
_DECODER = (
    _Plan(N_BANDS, 2 * N_UNITS, 64, 3, 1, (1, 1)),
    _Plan(N_BANDS, 128, 32, 3, 1, (1, 1)),
    _Plan(N_BANDS, 64, 32, 3, 1, (1, 1)),
    _Plan(N_BANDS, 64, 32, 3, 2, (1, 0)),
    _Plan(100, 64, 2, 5, 2, (2, 1)),
)


def read_weights(path: Path, h5py: ModuleType) -> Weights:
    """Read the checkpoint.

    Args:
        path: Keras weights file of the model "DPCRN" of the source above, 804,646 parameters.
        h5py: the module, imported by the caller.

    Raises:
        IntegrityError: a tensor is missing, extra or of another shape, or the file is incomplete.
    """
    with open_checkpoint(path, h5py) as tensors:
        return Weights(
            input_norm=_norm(tensors, "layer_normalization", "", N_BINS, 2),
            encoder=tuple(_encoder_layer(tensors, i, plan) for i, plan in enumerate(_ENCODER)),
            blocks=tuple(_dual_path(tensors, i) for i in range(2)),
            decoder=tuple(_decoder_layer(tensors, i, plan) for i, plan in enumerate(_DECODER)),
        )


def _encoder_layer(tensors: Checkpoint, index: int, plan: _Plan) -> Convolution:
    layer = f"model0_conv_{index + 1}"
    kernel = tensors.take(layer, "kernel", 2, plan.width, plan.n_in, plan.n_out)
    scale, offset = _batch_norm(tensors, f"model0_bn_{index + 1}", plan.n_out)
    bias = tensors.take(layer, "bias", plan.n_out) * scale + offset
    slope = _single(_slope(tensors, index, plan.n_out))
    return Convolution(_single(kernel * scale), _single(bias), slope, plan.n_bins, plan.pad, stride=plan.stride)


def _decoder_layer(tensors: Checkpoint, index: int, plan: _Plan) -> Convolution:
    layer = f"model0_dconv_{index + 1}"
    kernel = tensors.take(layer, "kernel", 2, plan.width, plan.n_out, plan.n_in)
    bias = tensors.take(layer, "bias", plan.n_out)
    slope = None
    if index < len(_DECODER) - 1:  # the mask is linear and unbounded
        scale, offset = _batch_norm(tensors, f"model0_dbn_{index + 1}", plan.n_out)
        kernel, bias = kernel * scale[:, None], bias * scale + offset
        slope = _single(np.tile(_slope(tensors, len(_ENCODER) + index, plan.n_out), plan.stride))
    kernel, bias = as_convolution(kernel, plan.stride), np.tile(bias, plan.stride)
    return Convolution(_single(kernel), _single(bias), slope, plan.n_bins, plan.pad, upsample=plan.stride)


def as_convolution(kernel: Exact, stride: int) -> Exact:
    """Turn the kernel of a transposed convolution into that of an ordinary one.

    A transposed convolution is y[stride * m + p] = sum over q of x[m - q] kernel[stride * q + p] along frequency. For
    each phase p this is an ordinary convolution with the taps in reverse; the phases become more output channels.
    Along time the stride is 1: y[t] = x[t] kernel[0] + x[t - 1] kernel[1]; the extra frame T + 1 is not computed. The
    number of operations is the same, TensorFlow computes it faster, and the state is the last input frame, as in the
    encoder.

    Args:
        kernel: Keras' order, shape (2, width, channel out, channel in).
        stride: along frequency.

    Returns:
        Shape (2, ceil(width / stride), channel in, stride * channel out).
    """
    n_frames, width, n_out, n_in = kernel.shape
    n_taps = -(-width // stride)
    taps = np.zeros((n_frames, n_taps * stride, n_out, n_in))
    taps[:, :width] = kernel
    taps = taps.reshape(n_frames, n_taps, stride, n_out, n_in)[::-1, ::-1]
    return taps.transpose(0, 1, 4, 2, 3).reshape(n_frames, n_taps, n_in, stride * n_out)


def _batch_norm(tensors: Checkpoint, layer: str, n: int) -> tuple[Exact, Exact]:
    """Return scale and offset per channel."""
    gamma, beta = tensors.take(layer, "gamma", n), tensors.take(layer, "beta", n)
    mean, variance = tensors.take(layer, "moving_mean", n), tensors.take(layer, "moving_variance", n)
    scale = gamma / np.sqrt(variance + _EPSILON)
    return scale, beta - mean * scale


def _slope(tensors: Checkpoint, index: int, n: int) -> Exact:
    return tensors.take(_numbered("p_re_lu", index), "alpha", 1, 1, n).reshape(n)


def _dual_path(tensors: Checkpoint, index: int) -> DualPath:
    # Keras numbers the layers of one type through the whole model: the first block has dense and dense_1, the second
    # dense_2 and dense_3; layer_normalization without a number belongs to the input.
    block, both = _numbered("dprnn_block", index), _numbered("bidirectional", index)
    first, second = 2 * index, 2 * index + 1
    half = N_UNITS // 2
    return DualPath(
        forward=_lstm(tensors, block, f"{both}/{_numbered('forward_lstm', first)}/", half),
        backward=_lstm(tensors, block, f"{both}/{_numbered('backward_lstm', first)}/", half),
        intra_dense=_dense(tensors, block, f"{_numbered('dense', first)}/"),
        intra_norm=_norm(tensors, block, f"layer_normalization_{first + 1}/", N_BANDS, N_UNITS),
        inter=_lstm(tensors, block, f"{_numbered('lstm', second)}/", N_UNITS),
        inter_dense=_dense(tensors, block, f"{_numbered('dense', second)}/"),
        inter_norm=_norm(tensors, block, f"layer_normalization_{second + 1}/", N_BANDS, N_UNITS),
    )


def _numbered(name: str, index: int) -> str:
    return f"{name}_{index}" if index else name


def _lstm(tensors: Checkpoint, layer: str, within: str, n_units: int) -> Lstm:
    kernel = tensors.take(layer, f"{within}kernel", N_UNITS, 4 * n_units)
    recurrent = tensors.take(layer, f"{within}recurrent_kernel", n_units, 4 * n_units)
    bias = tensors.take(layer, f"{within}bias", 4 * n_units)
    return Lstm(_gates(kernel), _gates(recurrent), _gates(bias, offset=0.5))


def _gates(values: Exact, offset: float = 0.0) -> Array:
    # Keras stores input, forget, cell, output. The gates use the hard sigmoid of Keras 2, clip(0.2 z + 0.5, 0, 1). That
    # of Keras 3 has the slope 1/6: 26 dB from the authors' output. The logistic function is 19 dB from it.
    input_gate, forget_gate, cell, output_gate = np.split(values, 4, axis=-1)
    gates = 0.2 * np.concatenate([input_gate, forget_gate, output_gate], axis=-1) + offset
    return _single(np.concatenate([gates, cell], axis=-1))


def _dense(tensors: Checkpoint, layer: str, within: str) -> Dense:
    kernel = tensors.take(layer, f"{within}kernel", N_UNITS, N_UNITS)
    return Dense(_single(kernel), _single(tensors.take(layer, f"{within}bias", N_UNITS)))


def _norm(tensors: Checkpoint, layer: str, within: str, n_frequencies: int, n_channels: int) -> Norm:
    # The authors normalise over axis=[-1, -2], so TensorFlow 1.15 stores (channel, frequency). When it computes, it
    # RESHAPES this to (frequency, channel), and the network was trained that way. Transposing looks right and gives an
    # output that is 4 dB from theirs.
    gamma = tensors.take(layer, f"{within}gamma", n_channels, n_frequencies)
    beta = tensors.take(layer, f"{within}beta", n_channels, n_frequencies)
    return Norm(*(_single(values.reshape(n_frequencies, n_channels)) for values in (gamma, beta)))


def _single(values: Exact) -> Array:
    return np.ascontiguousarray(values, np.float32)
