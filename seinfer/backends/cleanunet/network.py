"""The network of CleanUNet, which computes a clip in blocks of frames with the same result as at once.

Layers and tensors have the names of the authors' checkpoint. All convolutions are without padding, and attention looks
back only. So a `Memory` that keeps a few samples of each level, and the keys and values of the last frames, makes the
result independent of where the blocks end. This module imports torch: only `load` and what it returns may import it.

The rule it keeps: a frame attends to itself and to at most `MAX_FRAMES` - 1 frames before it. The original has no such
limit, and needs memory that grows with the square of the length of a clip. Up to MAX_FRAMES both are the same.

Source: NVIDIA/CleanUNet@9487a8d, network.py; Kong, Ping, Dantrey and Catanzaro, "Speech denoising in the waveform
domain with self-attention", ICASSP 2022 (arXiv:2202.07790), section 3.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import nn
from torch.nn import functional

from .options import KERNEL, MAX_FRAMES, STRIDE, Options

_SHARED = KERNEL - STRIDE
"""Samples that two neighbouring frames of a level share."""


@dataclass
class Memory:
    """State of a clip between two blocks.

    Attributes:
        inputs: per level of the encoder, the last samples of its input, shape (1, channel, time).
        skips: per level of the encoder, outputs that the decoder has not used yet.
        overlaps: per level of the decoder, the end of its output, to which the next block adds.
        attended: per attention block, keys and values, shape (1, head, frame, feature) each.
    """

    inputs: dict[int, torch.Tensor] = field(default_factory=dict)
    skips: dict[int, torch.Tensor] = field(default_factory=dict)
    overlaps: dict[int, torch.Tensor] = field(default_factory=dict)
    attended: dict[int, tuple[torch.Tensor, torch.Tensor]] = field(default_factory=dict)


class Attention(nn.Module):
    """Multi-head attention to the frame itself and to those before it, with a residual and layer normalisation."""

    def __init__(self, width: int, n_heads: int) -> None:
        super().__init__()
        self._n_heads = n_heads
        self.w_qs, self.w_ks, self.w_vs, self.fc = (nn.Linear(width, width, bias=False) for _ in range(4))
        self.layer_norm = nn.LayerNorm(width, eps=1e-6)

    def forward(
        self, frames: torch.Tensor, past: tuple[torch.Tensor, torch.Tensor] | None
    ) -> tuple[torch.Tensor, tuple[torch.Tensor, torch.Tensor]]:
        """Return the result, shape (1, frame, feature), and the keys and values for the next block."""
        query, key, value = (self._heads(layer(frames)) for layer in (self.w_qs, self.w_ks, self.w_vs))
        if past is not None:
            key, value = torch.cat([past[0], key], 2), torch.cat([past[1], value], 2)
        n_past = key.shape[2] - query.shape[2]
        seen = torch.ones(query.shape[2], key.shape[2], dtype=torch.bool, device=frames.device)
        seen = seen.tril(n_past).triu(n_past - MAX_FRAMES + 1)
        found = functional.scaled_dot_product_attention(query, key, value, attn_mask=seen)
        result = self.layer_norm(self.fc(found.transpose(1, 2).flatten(2)) + frames)
        return result, (key[:, :, -MAX_FRAMES:], value[:, :, -MAX_FRAMES:])

    def _heads(self, features: torch.Tensor) -> torch.Tensor:
        return features.reshape(1, features.shape[1], self._n_heads, -1).transpose(1, 2)


class FeedForward(nn.Module):
    """Two layers on each frame by itself, with a residual and layer normalisation."""

    def __init__(self, width: int, inner_width: int) -> None:
        super().__init__()
        self.w_1, self.w_2 = nn.Linear(width, inner_width), nn.Linear(inner_width, width)
        self.layer_norm = nn.LayerNorm(width, eps=1e-6)

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        """Return the result, shape (1, frame, feature)."""
        result: torch.Tensor = self.layer_norm(self.w_2(functional.relu(self.w_1(frames))) + frames)
        return result


class AttentionBlock(nn.Module):
    """Attention, then the layers on each frame."""

    def __init__(self, options: Options) -> None:
        super().__init__()
        self.slf_attn = Attention(options.attention_width, options.n_heads)
        self.pos_ffn = FeedForward(options.attention_width, options.feed_forward_width)

    def forward(
        self, frames: torch.Tensor, past: tuple[torch.Tensor, torch.Tensor] | None
    ) -> tuple[torch.Tensor, tuple[torch.Tensor, torch.Tensor]]:
        """Return the result, shape (1, frame, feature), and the keys and values for the next block of frames."""
        frames, seen = self.slf_attn(frames, past)
        return self.pos_ffn(frames), seen


class AttentionStack(nn.Module):
    """All attention blocks."""

    def __init__(self, options: Options) -> None:
        super().__init__()
        self.layer_norm = nn.LayerNorm(options.attention_width, eps=1e-6)
        self.layer_stack = nn.ModuleList(AttentionBlock(options) for _ in range(options.n_blocks))

    def forward(self, frames: torch.Tensor, memory: Memory) -> torch.Tensor:
        """Return the result for the next frames, shape (1, frame, feature)."""
        frames = self.layer_norm(frames)
        for index, block in enumerate(self.layer_stack):
            frames, memory.attended[index] = block(frames, memory.attended.get(index))
        return frames


class Network(nn.Module):
    """Samples of unit level to samples of unit level."""

    def __init__(self, options: Options) -> None:
        super().__init__()
        inner, outer = options.channels, (1, *options.channels[:-1])
        self.encoder = nn.ModuleList(
            nn.Sequential(nn.Conv1d(n, m, KERNEL, STRIDE), nn.ReLU(), nn.Conv1d(m, 2 * m, 1), nn.GLU(1))
            for n, m in zip(outer, inner, strict=True)
        )
        self.decoder = nn.ModuleList(
            nn.Sequential(nn.Conv1d(m, 2 * m, 1), nn.GLU(1), nn.ConvTranspose1d(m, n, KERNEL, STRIDE))
            for n, m in reversed(list(zip(outer, inner, strict=True)))
        )
        self.tsfm_conv1 = nn.Conv1d(inner[-1], options.attention_width, 1)
        self.tsfm_encoder = AttentionStack(options)
        self.tsfm_conv2 = nn.Conv1d(options.attention_width, inner[-1], 1)

    def forward(self, samples: torch.Tensor, memory: Memory, *, is_last: bool) -> torch.Tensor:
        """Return the output that is final, shape (time,).

        Args:
            samples: the next ones, shape (time,): whole frames together with those in the memory.
            memory: state of the clip; changed.
            is_last: no more samples follow, so that the end of the output is final too.
        """
        encoded = self._encoded(samples[None, None], memory)
        frames = self.tsfm_encoder(self.tsfm_conv1(encoded).transpose(1, 2), memory)
        decoded = self.tsfm_conv2(frames.transpose(1, 2))
        for index, level in enumerate(self.decoder):
            decoded = self._decoded(index, level, decoded, memory, is_last)
        samples_out: torch.Tensor = decoded[0, 0]
        return samples_out

    def _encoded(self, signal: torch.Tensor, memory: Memory) -> torch.Tensor:
        """Return the new frames of the innermost level; keep those of each level for the decoder."""
        for index, level in enumerate(self.encoder):
            if index in memory.inputs:
                signal = torch.cat([memory.inputs[index], signal], 2)
            memory.inputs[index] = signal[:, :, -_SHARED:]
            signal = level(signal)
            waiting = memory.skips.get(index)
            memory.skips[index] = signal if waiting is None else torch.cat([waiting, signal], 2)
        return signal

    def _decoded(
        self, index: int, level: nn.Module, signal: torch.Tensor, memory: Memory, is_last: bool
    ) -> torch.Tensor:
        """Return the final samples of a level of the decoder."""
        assert isinstance(level, nn.Sequential)
        outermost = len(self.decoder) - 1
        skips = memory.skips[outermost - index]
        memory.skips[outermost - index] = skips[:, :, signal.shape[2] :]
        gate, glu, expand = level
        assert isinstance(expand, nn.ConvTranspose1d) and expand.bias is not None
        signal = glu(gate(signal + skips[:, :, : signal.shape[2]]))
        signal = functional.conv_transpose1d(signal, expand.weight, stride=STRIDE)
        if index in memory.overlaps:
            signal[:, :, :_SHARED] += memory.overlaps[index]
        if not is_last:
            memory.overlaps[index] = signal[:, :, -_SHARED:]
            signal = signal[:, :, :-_SHARED]
        signal = signal + expand.bias[:, None]
        return signal if index == outermost else functional.relu(signal)
