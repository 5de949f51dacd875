"""The arrays of each layer of DPCRN: `weights.py` makes them, `network.py` computes with them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]

N_BINS = 201
"""Frequency bins of the spectrum."""
N_BANDS = 50
"""Frequency bands after the encoder."""
N_UNITS = 128
"""Channels between encoder and decoder; also the units of the LSTM over the frames."""


@dataclass(frozen=True)
class Convolution:
    """A convolution over (frame, frequency) of each frame and the frame before it.

    Attributes:
        kernel: shape (2, width, channel in, channel out).
        bias: shape (channel out,).
        slope: of the PReLU for values below zero, shape (channel out,); None if the output is linear.
        n_bins: frequencies of the input.
        pad: zeros at the lower and the upper end of the frequency axis.
        stride: step along the frequency axis.
        upsample: number of neighbouring output frequencies that are in the output channels, lowest first.
    """

    kernel: Array
    bias: Array
    slope: Array | None
    n_bins: int
    pad: tuple[int, int]
    stride: int = 1
    upsample: int = 1


@dataclass(frozen=True)
class Lstm:
    """An LSTM whose gates are clip(z, 0, 1), z being the pre-activation.

    Attributes:
        kernel: shape (channel in, 4 * units), in the order input gate, forget gate, output gate, cell.
        recurrent: shape (units, 4 * units), in the same order.
        bias: shape (4 * units,), in the same order.
    """

    kernel: Array
    recurrent: Array
    bias: Array


@dataclass(frozen=True)
class Dense:
    """A matrix of shape (channel in, channel out) and a bias of shape (channel out,)."""

    kernel: Array
    bias: Array


@dataclass(frozen=True)
class Norm:
    """Scale and offset of a layer normalisation, shape (frequency, channel)."""

    gamma: Array
    beta: Array


@dataclass(frozen=True)
class DualPath:
    """A dual-path block: LSTMs over the bands of a frame in both directions, then an LSTM over the frames of a band."""

    forward: Lstm
    backward: Lstm
    intra_dense: Dense
    intra_norm: Norm
    inter: Lstm
    inter_dense: Dense
    inter_norm: Norm


@dataclass(frozen=True)
class Weights:
    """The network, from the input to the mask."""

    input_norm: Norm
    encoder: tuple[Convolution, ...]
    blocks: tuple[DualPath, ...]
    decoder: tuple[Convolution, ...]
