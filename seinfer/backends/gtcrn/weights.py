"""The tensors of a checkpoint -> the layers of the network, in float32.

Three changes make fewer operations, with the same result up to rounding:

- A batch normalisation is part of the convolution before it.
- The neighbouring frequencies that a block of GTCRN sees are part of its first convolution, which has one tap per
  frequency in the checkpoint and three here.
- Two GRUs for one half of the channels each are one GRU, whose matrices have zeros between the halves; and so are the
  two directions of these GRUs, of which the second one gets the frequencies in reverse order.

A transposed convolution without a stride is stored as a plain one.

Source: Xiaobin-Rong/gtcrn@3862c44, gtcrn.py; bglid/GTCRN-Micro@8b81539, gtcrn_micro/models/gtcrn_micro.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from .layers import (
    Block,
    Convolution,
    ConvolutionGate,
    DualPath,
    Layer,
    Neighbours,
    Path,
    RecurrentGate,
    Residual,
)
from .network import Network
from .shapes import HALF, N_CHANNELS, tcn_names

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    Tensors = Mapping[str, Tensor]

_BATCH_NORM_EPSILON = 1e-5
_DILATIONS = (1, 2, 5)


def gtcrn(tensors: Tensors) -> Network:
    """Return GTCRN with the tensors of `shapes.gtcrn_shapes`."""
    encoder = [_recurrent_block(tensors, f"encoder.en_convs.{2 + k}", _DILATIONS[k]) for k in range(3)]
    decoder = [_recurrent_block(tensors, f"decoder.de_convs.{k}", _DILATIONS[2 - k]) for k in range(3)]
    middle = (_dual_path(tensors, "dpgrnn1"), _dual_path(tensors, "dpgrnn2"))
    return _network(tensors, Neighbours(), encoder, middle, decoder, groups=2)


def micro(tensors: Tensors) -> Network:
    """Return GTCRN-Micro with the tensors of `shapes.micro_shapes`."""
    front = tensors["sfe.depth_conv.weight"]
    n_channels = len(front)
    encoder = [_convolution_block(tensors, f"encoder.en_convs.{2 + k}") for k in range(3)]
    decoder = [_convolution_block(tensors, f"decoder.de_convs.{k}") for k in range(3)]
    middle = tuple(_residual(tensors, name) for name in tcn_names())
    neighbours = Convolution(front, front.new_zeros(n_channels), padding=1, groups=n_channels)
    return _network(tensors, neighbours, encoder, middle, decoder, groups=1)


def _network(
    tensors: Tensors, front: Layer, encoder: list[Block], middle: tuple[Layer, ...], decoder: list[Block], groups: int
) -> Network:
    def end(name: str, groups: int = 1) -> Convolution:
        slope = tensors.get(f"{name}.act.weight")
        return _convolution(tensors, f"{name}.conv", f"{name}.bn", slope, stride=2, padding=2, groups=groups)

    return Network(
        to_bands=tensors["erb.erb_fc.weight"],
        to_bins=tensors["erb.ierb_fc.weight"],
        front=front,
        encoder=(end("encoder.en_convs.0"), end("encoder.en_convs.1", groups), *encoder),
        middle=middle,
        decoder=(*decoder, end("decoder.de_convs.3", groups), end("decoder.de_convs.4")),
    )


def _convolution(
    tensors: Tensors,
    name: str,
    norm: str,
    slope: Tensor | None = None,
    *,
    stride: int = 1,
    padding: int = 0,
    groups: int = 1,
    dilation: int = 1,
) -> Convolution:
    """Return a convolution with the batch normalisation behind it."""
    is_transposed = name.startswith("decoder.")
    weight, bias = tensors[f"{name}.weight"].double(), tensors[f"{name}.bias"].double()
    if is_transposed:
        weight = _flipped(weight, groups)
    variance, mean = tensors[f"{norm}.running_var"].double(), tensors[f"{norm}.running_mean"].double()
    scale = tensors[f"{norm}.weight"].double() / (variance + _BATCH_NORM_EPSILON).sqrt()
    weight = weight * scale[:, None, None, None]
    bias = (bias - mean) * scale + tensors[f"{norm}.bias"].double()
    is_strided = stride > 1
    if is_transposed and is_strided:
        weight = _flipped(weight, groups)
    return Convolution(
        *(weight.float().contiguous(), bias.float(), slope),
        stride=stride,
        padding=padding,
        groups=groups,
        dilation=dilation,
        is_transposed=is_transposed and is_strided,
    )


def _flipped(weight: Tensor, groups: int) -> Tensor:
    """Turn the weight of a transposed convolution into that of the plain one with the same result, or back."""
    return weight.reshape(groups, -1, *weight.shape[1:]).transpose(1, 2).flatten(0, 1).flip(2, 3)


def _block(tensors: Tensors, name: str, gate: Layer, dilation: int, depth_groups: int) -> Block:
    point = _convolution(tensors, f"{name}.point_conv1", f"{name}.point_bn1", tensors[f"{name}.point_act.weight"])
    # GTCRN: channel 3 c + k is the neighbour k of channel c, which is what a kernel of three frequencies sees.
    n_taps = point.weight.shape[1] // HALF
    wide = point.weight.reshape(N_CHANNELS, HALF, 1, n_taps)
    return Block(
        (
            Convolution(wide, point.bias, point.slope, padding=n_taps // 2),
            _convolution(
                *(tensors, f"{name}.depth_conv", f"{name}.depth_bn", tensors[f"{name}.depth_act.weight"]),
                padding=1,
                groups=depth_groups,
                dilation=dilation,
            ),
            _convolution(tensors, f"{name}.point_conv2", f"{name}.point_bn2"),
            gate,
        )
    )


def _recurrent_block(tensors: Tensors, name: str, dilation: int) -> Block:
    gru = _gru(tensors, [(f"{name}.tra.att_gru", "l0")])
    return _block(tensors, name, RecurrentGate(gru, _linear(tensors, f"{name}.tra.att_fc")), dilation, N_CHANNELS)


def _convolution_block(tensors: Tensors, name: str) -> Block:
    # One convolution instead of one for each channel and one across the channels.
    across, own = tensors[f"{name}.tra.point_conv.weight"], tensors[f"{name}.tra.depth_conv.weight"]
    bias = across[:, :, 0] @ tensors[f"{name}.tra.depth_conv.bias"] + tensors[f"{name}.tra.point_conv.bias"]
    gate = ConvolutionGate(Convolution((across * own[None, :, 0])[..., None], bias))
    # The authors gave up the groups in the decoder alone.
    return _block(tensors, name, gate, 1, 1 if name.startswith("decoder.") else N_CHANNELS)


def _residual(tensors: Tensors, name: str) -> Residual:
    dilation = 2 ** int(name.rpartition(".")[2])
    first, second, last = (f"{name}.conv{part}" for part in (1, 2, 3))
    slopes = [tensors[f"{name}.act{part}.weight"] for part in (1, 2, 3)]
    layers = (
        _convolution(tensors, first, f"{name}.bn1", slopes[0]),
        _convolution(tensors, second, f"{name}.bn2", slopes[1], groups=N_CHANNELS, dilation=dilation),
        _convolution(tensors, last, f"{name}.bn3"),
    )
    return Residual(layers, slopes[2])


def _dual_path(tensors: Tensors, name: str) -> DualPath:
    # The order of the channels of `DualPath`: both groups upwards, then both downwards.
    intra = [(f"{name}.intra_rnn.{group}", way) for way in ("l0", "l0_reverse") for group in ("rnn1", "rnn2")]
    inter = [(f"{name}.inter_rnn.{group}", "l0") for group in ("rnn1", "rnn2")]
    intra_linear = _linear(tensors, f"{name}.intra_fc")
    # The authors' order is (group, direction, unit).
    intra_linear.weight = _parameter(intra_linear.weight.reshape(N_CHANNELS, 2, 2, -1).transpose(1, 2).flatten(1))

    def path(part: str, gru: torch.nn.GRU, linear: torch.nn.Linear) -> Path:
        return Path(gru, linear, tensors[f"{name}.{part}_ln.weight"], tensors[f"{name}.{part}_ln.bias"])

    return DualPath(
        path("intra", _gru(tensors, intra), intra_linear),
        path("inter", _gru(tensors, inter), _linear(tensors, f"{name}.inter_fc")),
    )


def _gru(tensors: Tensors, parts: Sequence[tuple[str, str]]) -> torch.nn.GRU:
    """Return one GRU for GRUs of equal size side by side, each of which gets its own part of the channels.

    Args:
        tensors: of the checkpoint.
        parts: name and direction of each of them, in the order of their channels.
    """
    import torch

    def gates(kind: str) -> list[tuple[Tensor, ...]]:
        """Return reset gate, update gate and candidate, each with the tensors of all parts."""
        return list(zip(*(tensors[f"{name}.{kind}_{direction}"].chunk(3) for name, direction in parts), strict=True))

    name, direction = parts[0]
    n_units, n_in = tensors[f"{name}.weight_hh_{direction}"].shape[1], tensors[f"{name}.weight_ih_{direction}"].shape[1]
    # Built without storage: initial weights would be drawn for nothing, and from the user's random generator.
    gru = torch.nn.GRU(n_in * len(parts), n_units * len(parts), device="meta", dtype=torch.float32)
    for side in ("ih", "hh"):
        weights = [_block_diagonal(gate) for gate in gates(f"weight_{side}")]
        setattr(gru, f"weight_{side}_l0", _parameter(torch.cat(weights)))
        setattr(gru, f"bias_{side}_l0", _parameter(torch.cat([torch.cat(gate) for gate in gates(f"bias_{side}")])))
    return gru


def _block_diagonal(blocks: Sequence[Tensor]) -> Tensor:
    """Return a matrix with equal blocks along its diagonal and zeros elsewhere."""
    n_rows, n_columns = blocks[0].shape
    matrix = blocks[0].new_zeros(n_rows * len(blocks), n_columns * len(blocks))
    for k, block in enumerate(blocks):
        matrix[k * n_rows : (k + 1) * n_rows, k * n_columns : (k + 1) * n_columns] = block
    return matrix


def _linear(tensors: Tensors, name: str) -> torch.nn.Linear:
    import torch

    weight = tensors[f"{name}.weight"]
    linear = torch.nn.Linear(weight.shape[1], weight.shape[0], device="meta")
    linear.weight, linear.bias = _parameter(weight), _parameter(tensors[f"{name}.bias"])
    return linear


def _parameter(tensor: Tensor) -> torch.nn.Parameter:
    import torch

    return torch.nn.Parameter(tensor.detach(), requires_grad=False)
