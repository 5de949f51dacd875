"""The network of MP-SENet for one clip. This module imports torch: only `load` and what it returns may import it.

Layers and tensors have the names of the authors' checkpoint.

The rule it keeps: one clip at a time. The normalisation sees all frames and bins of a clip, so that the zeros behind a
shorter clip of a batch would change its result.

Source: yxlu-0102/MP-SENet@89932cf, models/model.py and models/transformer.py; Lu, Ai and Ling (arXiv:2308.08926).
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from .options import N_HEADS, Options
from .spectrum import N_BINS

_MASK_MAX = 2.0
_DEPTH = 4
"""Convolutions of a dense block."""


def _normalised(convolution: nn.Module, channels: int) -> list[nn.Module]:
    return [convolution, nn.InstanceNorm2d(channels, affine=True), nn.PReLU(channels)]


class DenseBlock(nn.Module):
    """Convolutions of growing dilation in time, each of which reads the results of all before it."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.dense_block = nn.ModuleList(
            nn.Sequential(
                nn.ConstantPad2d((1, 1, 2**level, 0), 0.0),
                *_normalised(nn.Conv2d(channels * (level + 1), channels, (2, 3), dilation=(2**level, 1)), channels),
            )
            for level in range(_DEPTH)
        )

    def forward(self, signal: torch.Tensor) -> torch.Tensor:
        """Return the result of the last convolution, shape (1, channel, frame, frequency)."""
        known = result = signal
        for layer in self.dense_block:
            result = layer(known)
            known = torch.cat([result, known], 1)
        return result


class Encoder(nn.Module):
    """Magnitude and phase to features with half as many bins."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.dense_conv_1 = nn.Sequential(*_normalised(nn.Conv2d(2, channels, 1), channels))
        self.dense_block = DenseBlock(channels)
        halve = nn.Conv2d(channels, channels, (1, 3), (1, 2), padding=(0, 1))
        self.dense_conv_2 = nn.Sequential(*_normalised(halve, channels))

    def forward(self, signal: torch.Tensor) -> torch.Tensor:
        """Return features, shape (1, channel, frame, frequency)."""
        result: torch.Tensor = self.dense_conv_2(self.dense_block(self.dense_conv_1(signal)))
        return result


class Doubling(nn.Module):
    """Twice as many bins: each second one is computed by a convolution of its own."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, 2 * channels, (1, 3), padding=(0, 1))

    def forward(self, signal: torch.Tensor) -> torch.Tensor:
        """Return shape (1, channel, frame, 2 * frequency)."""
        even, odd = self.conv(signal).chunk(2, 1)
        return torch.stack([even, odd], 4).flatten(3)


class Mask(nn.Module):
    """A sigmoid with a learned slope for each bin."""

    def __init__(self) -> None:
        super().__init__()
        self.slope = nn.Parameter(torch.ones(N_BINS, 1))

    def forward(self, signal: torch.Tensor) -> torch.Tensor:
        """Return factors from 0 to 2, shape (frequency, frame)."""
        return _MASK_MAX * torch.sigmoid(self.slope * signal)


class MaskDecoder(nn.Module):
    """Features to a mask on the compressed magnitude."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.dense_block = DenseBlock(channels)
        self.mask_conv = nn.Sequential(*_normalised(Doubling(channels), channels), nn.Conv2d(channels, 1, (1, 2)))
        self.lsigmoid = Mask()

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Return the mask, shape (frequency, frame)."""
        result: torch.Tensor = self.lsigmoid(self.mask_conv(self.dense_block(features))[0, 0].T)
        return result


class PhaseDecoder(nn.Module):
    """Features to the phase."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.dense_block = DenseBlock(channels)
        self.phase_conv = nn.Sequential(*_normalised(Doubling(channels), channels))
        self.phase_conv_r = nn.Conv2d(channels, 1, (1, 2))
        self.phase_conv_i = nn.Conv2d(channels, 1, (1, 2))

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Return the phase in radians, shape (frequency, frame)."""
        features = self.phase_conv(self.dense_block(features))
        # In float32 also if the layers compute in 16 bits, which would round the angle itself.
        return torch.atan2(self.phase_conv_i(features).float(), self.phase_conv_r(features).float())[0, 0].T


class Recurrent(nn.Module):
    """A GRU in both directions and a linear layer."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gru = nn.GRU(channels, 2 * channels, bidirectional=True)
        self.linear = nn.Linear(4 * channels, channels)

    def forward(self, sequences: torch.Tensor) -> torch.Tensor:
        """Return shape (position, sequence, feature), as given."""
        result: torch.Tensor = self.linear(functional.leaky_relu(self.gru(sequences)[0]))
        return result


class Transformer(nn.Module):
    """Attention and a GRU along the first axis."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm1, self.norm2, self.norm3 = (nn.LayerNorm(channels) for _ in range(3))
        self.attention = nn.MultiheadAttention(channels, N_HEADS)
        self.ffn = Recurrent(channels)

    def forward(self, sequences: torch.Tensor) -> torch.Tensor:
        """Return shape (position, sequence, feature), as given."""
        scaled = self.norm1(sequences)
        # Without the weights, torch does not store the attention of every position to every other.
        attended = sequences + self.attention(scaled, scaled, scaled, need_weights=False)[0]
        result: torch.Tensor = self.norm3(attended + self.ffn(self.norm2(attended)))
        return result


class TransformerPair(nn.Module):
    """A transformer over frequency, then one over time; the names are the authors' and say the opposite."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.time_transformer = Transformer(channels)
        self.freq_transformer = Transformer(channels)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Return features, shape (1, channel, frame, frequency)."""
        by_frequency = features[0].permute(2, 1, 0)
        by_frequency = self.time_transformer(by_frequency) + by_frequency
        by_time = by_frequency.transpose(0, 1)
        by_time = self.freq_transformer(by_time) + by_time
        result: torch.Tensor = by_time.permute(2, 0, 1)[None]
        return result


class Network(nn.Module):
    """Compressed magnitude and phase to those of the enhanced clip."""

    def __init__(self, options: Options) -> None:
        super().__init__()
        self.dense_encoder = Encoder(options.channels)
        self.TSTransformer = nn.ModuleList(TransformerPair(options.channels) for _ in range(options.n_blocks))
        self.mask_decoder = MaskDecoder(options.channels)
        self.phase_decoder = PhaseDecoder(options.channels)

    def forward(self, magnitude: torch.Tensor, phase: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return compressed magnitude and phase in radians, shape (frequency, frame), as given."""
        features = self.dense_encoder(torch.stack([magnitude.T, phase.T])[None])
        for pair in self.TSTransformer:
            features = pair(features)
        return magnitude * self.mask_decoder(features), self.phase_decoder(features)
