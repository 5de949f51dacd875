"""Layers of GTCRN: order of channels, and state from block to block."""

from __future__ import annotations

from typing import Any

import pytest

from seinfer.backends.gtcrn import weights
from seinfer.backends.gtcrn.layers import Block, Memory, Neighbours

from .models import random_state, torch


def noise(*shape: int) -> Any:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(2))


def test_neighbours_of_a_channel_stand_together_with_zeros_beyond_the_ends() -> None:
    x = torch.tensor([[1.0, 2, 3], [4, 5, 6]])[None, :, None]
    below, own, above = [0, 1, 2], [1, 2, 3], [2, 3, 0]
    lower, self_, upper = [0, 4, 5], [4, 5, 6], [5, 6, 0]
    assert Neighbours()(x, Memory())[0, :, 0].tolist() == [below, own, above, lower, self_, upper]


def test_block_interleaves_its_halves() -> None:
    block = Block((lambda x, memory: -x,))
    x = torch.arange(1.0, 17)[None, :, None, None]
    assert block(x, Memory()).flatten().tolist()[:4] == [-1, 9, -2, 10]


def test_memory_keeps_the_last_frames_of_each_layer_by_itself() -> None:
    memory, one, other = Memory(), object(), object()
    x = torch.arange(1.0, 5).reshape(1, 1, 4, 1)
    assert memory.precede(one, x, 2).flatten().tolist() == [0, 0, 1, 2, 3, 4]
    assert memory.precede(other, x[:, :, :1], 1).flatten().tolist() == [0, 1]
    assert memory.precede(one, x[:, :, :1], 2).flatten().tolist() == [3, 4, 1]
    assert memory.precede(one, x[:, :, 1:2], 2).flatten().tolist() == [4, 1, 2]


@pytest.mark.parametrize("part", ["encoder", "middle", "decoder"])
@pytest.mark.parametrize("name", ["gtcrn", "gtcrn-micro"])
def test_layers_in_blocks_of_frames_equal_all_frames_at_once(name: str, part: str) -> None:
    build = {"gtcrn": weights.gtcrn, "gtcrn-micro": weights.micro}[name]
    layers = getattr(build(random_state(name)), part)
    widths = {"encoder": 129, "middle": 33, "decoder": 33}
    n_channels = {"gtcrn": 9, "gtcrn-micro": 3}[name] if part == "encoder" else 16
    x = noise(2, n_channels, 30, widths[part])
    whole, pieces, memory = Memory(), [], Memory()
    for block in x.split([1, 1, 3, 2, 7, 16], 2):
        for layer in layers:
            block = layer(block, memory)
        pieces.append(block)
    for layer in layers:
        x = layer(x, whole)
    # Values around 1 in float32.
    torch.testing.assert_close(torch.cat(pieces, 2), x, rtol=0, atol=1e-5)
