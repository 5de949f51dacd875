"""The arrays of a DPCRN, as `dpcrn_weights` makes them and `dpcrn_graph` computes with them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]

N_BINS = 201
"""Bins of the spectrum."""
N_BANDS = 50
"""What the encoder makes of them."""
N_UNITS = 128
"""Channels between encoder and decoder, and units of the recurrence over them."""


@dataclass(frozen=True)
class Convolution:
    """A convolution over (frame, frequency) that sees a frame and the one before it.

    Attributes:
        kernel: shape (2, width, channel in, channel out).
        bias: shape (channel out,).
        slope: PReLU below zero, shape (channel out,); None where the output is linear.
        n_bins: frequencies that come in.
        pad: zeros at the lower and the upper end of the frequency axis.
        stride: step along the frequency axis.
        upsample: neighbouring frequencies side by side in the output channels, lowest first.
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
    """An LSTM whose gates are clip(z, 0, 1) of their pre-activation z.

    Attributes:
        kernel: shape (channel in, 4 * units): input, forget and output gate, then the cell.
        recurrent: shape (units, 4 * units), likewise.
        bias: shape (4 * units,), likewise.
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
    """A DPRNN block: over the bands of a frame in both directions, then over the frames of each band."""

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
