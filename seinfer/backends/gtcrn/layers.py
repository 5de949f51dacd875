"""The layers of both networks as functions of (x, memory), with tensors of shape (clip, channel, frame, frequency).

The rule: every layer is causal, and the only thing that it knows of earlier frames is in `Memory`. So a clip in blocks
of any number of frames, one after the other, gives the result of the whole clip at once.

The batch normalisations are part of the weights here (see weights.py).

Source: Xiaobin-Rong/gtcrn@3862c44, gtcrn.py; bglid/GTCRN-Micro@8b81539, gtcrn_micro/models/gtcrn_micro.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from .shapes import HALF

if TYPE_CHECKING:
    import torch
    from torch import Tensor

_LAYER_NORM_EPSILON = 1e-8


class Memory:
    """Everything that the network remembers of the frames before, of one clip or of clips that run side by side.

    It has an entry for each layer, made at its first use; a clip starts with zeros.
    """

    def __init__(self) -> None:
        self._frames: dict[int, Tensor] = {}
        self._hidden: dict[int, Tensor] = {}

    def precede(self, layer: object, x: Tensor, n_frames: int) -> Tensor:
        """Return x with the `n_frames` frames that this layer got last in front of it, along axis 2."""
        import torch

        previous = self._frames.get(id(layer))
        if previous is None:
            previous = x.new_zeros((*x.shape[:2], n_frames, *x.shape[3:]))
        joined = torch.cat([previous, x], 2)
        # A copy: a view would keep the whole of x in memory.
        self._frames[id(layer)] = joined[:, :, -n_frames:].clone()
        return joined

    def recur(self, gru: torch.nn.GRU, x: Tensor) -> Tensor:
        """Run a GRU over the next steps of x, shape (step, row, channel); return its outputs, one per step."""
        made: Tensor
        made, self._hidden[id(gru)] = gru(x, self._hidden.get(id(gru)))
        return made


class Layer(Protocol):
    """A part of the network that keeps the shape of x, except for channels and frequencies."""

    def __call__(self, x: Tensor, memory: Memory) -> Tensor:
        """Return the output for the next frames."""
        ...


@dataclass(frozen=True)
class Convolution:
    """A convolution in frequency and, if the kernel has several frames, in time; then the activation.

    Attributes:
        weight: shape (out, in / groups, frame, frequency); (in, out / groups, ...) if `is_transposed`.
        bias: shape (out,).
        slope: of the PReLU, shape (1,); None: no activation.
        stride: along the frequencies.
        padding: zeros at both ends of the frequencies.
        dilation: distance of the frames that the kernel combines.
    """

    weight: Tensor
    bias: Tensor
    slope: Tensor | None = None
    stride: int = 1
    padding: int = 0
    groups: int = 1
    dilation: int = 1
    is_transposed: bool = False

    def __call__(self, x: Tensor, memory: Memory) -> Tensor:
        """Return the output for the next frames."""
        import torch

        functional = torch.nn.functional
        stride, padding, dilation = (1, self.stride), (0, self.padding), (self.dilation, 1)
        if reach := (self.weight.shape[2] - 1) * self.dilation:
            x = memory.precede(self, x, reach)
        if self.is_transposed:
            y = functional.conv_transpose2d(x, self.weight, self.bias, stride, padding, groups=self.groups)
        else:
            y = functional.conv2d(x, self.weight, self.bias, stride, padding, dilation, self.groups)
        return y if self.slope is None else functional.prelu(y, self.slope)


@dataclass(frozen=True)
class RecurrentGate:
    """Temporal attention of GTCRN: a factor for each channel and frame, from the energies of the frames so far.

    Attributes:
        gru: over time, 8 channels -> 16 units.
        linear: 16 -> 8.
    """

    gru: torch.nn.GRU
    linear: torch.nn.Linear

    def __call__(self, x: Tensor, memory: Memory) -> Tensor:
        """Return x times its factors."""
        energies = x.square().mean(3).permute(2, 0, 1)
        factors: Tensor = self.linear(memory.recur(self.gru, energies)).sigmoid()
        return x * factors.permute(1, 2, 0)[..., None]


@dataclass(frozen=True)
class ConvolutionGate:
    """Temporal attention of GTCRN-Micro: the same from the energies of the last frames.

    Attributes:
        convolution: along the frames, 8 channels.
    """

    convolution: Convolution

    def __call__(self, x: Tensor, memory: Memory) -> Tensor:
        """Return x times its factors."""
        return x * self.convolution(x.square().mean(3, keepdim=True), memory).sigmoid()


@dataclass(frozen=True)
class Block:
    """A grouped temporal convolution: half of the channels run through it, then both halves are interleaved.

    Attributes:
        layers: three convolutions and the gate.
    """

    layers: tuple[Layer, ...]

    def __call__(self, x: Tensor, memory: Memory) -> Tensor:
        """Return the channels h0, x8, h1, x9, ... where h is the output for the channels x0 to x7."""
        import torch

        h = x[:, :HALF]
        for layer in self.layers:
            h = layer(h, memory)
        return torch.stack([h, x[:, HALF:]], 2).flatten(1, 2)


@dataclass(frozen=True)
class Path:
    """One of the two paths of a dual-path block: a GRU, a linear layer, a normalisation over each frame.

    Attributes:
        gru: along the frequencies, for 16 channels and the same 16 in reverse order of the frequencies; or along the
            frames, for 16 channels.
        linear: 16 -> 16.
        scale, offset: of the normalisation, shape (frequency, channel).
    """

    gru: torch.nn.GRU
    linear: torch.nn.Linear
    scale: Tensor
    offset: Tensor

    def added(self, x: Tensor, made: Tensor) -> Tensor:
        """Return x plus the normalised outputs of the GRU, both of shape (frame, clip, frequency, channel)."""
        import torch

        y = torch.nn.functional.layer_norm(
            self.linear(made), self.scale.shape, self.scale, self.offset, _LAYER_NORM_EPSILON
        )
        return x + y


@dataclass(frozen=True)
class DualPath:
    """A block of two paths.

    Attributes:
        intra: along the frequencies of each frame, in both directions.
        inter: along the frames of each frequency.
    """

    intra: Path
    inter: Path

    def __call__(self, x: Tensor, memory: Memory) -> Tensor:
        """Return the output for the next frames."""
        import torch

        n_clips, n_channels, n_frames, n_width = x.shape
        rows = x.permute(3, 2, 0, 1).reshape(n_width, -1, n_channels)
        upwards, downwards = self.intra.gru(torch.cat([rows, rows.flip(0)], 2))[0].chunk(2, 2)
        along = torch.cat([upwards, downwards.flip(0)], 2).view(n_width, n_frames, n_clips, n_channels)
        x = self.intra.added(x.permute(2, 0, 3, 1), along.permute(1, 2, 0, 3))
        over = memory.recur(self.inter.gru, x.reshape(n_frames, -1, n_channels))
        return self.inter.added(x, over.view(x.shape)).permute(1, 3, 0, 2)


@dataclass(frozen=True)
class Residual:
    """A temporal convolution layer of GTCRN-Micro, which adds its input before the activation.

    Attributes:
        layers: three convolutions.
        slope: of the last PReLU, shape (1,).
    """

    layers: tuple[Layer, ...]
    slope: Tensor

    def __call__(self, x: Tensor, memory: Memory) -> Tensor:
        """Return the output for the next frames."""
        import torch

        y = x
        for layer in self.layers:
            y = layer(y, memory)
        return torch.nn.functional.prelu(x + y, self.slope)


class Neighbours:
    """Makes three channels of each: the frequency below, the frequency itself, the frequency above."""

    def __call__(self, x: Tensor, memory: Memory) -> Tensor:
        """Return the channels 3 c + k, with zeros beyond the ends of the frequencies."""
        import torch

        padded = torch.nn.functional.pad(x, (1, 1))
        n = x.shape[3]
        return torch.stack([padded[..., k : k + n] for k in range(3)], 2).flatten(1, 2)
