"""A checkpoint of GTCRN as layers: each of the fused layers equals the layers of the checkpoint, run one by one."""

from __future__ import annotations

from typing import Any

import pytest

from seinfer.backends.gtcrn import weights
from seinfer.backends.gtcrn.layers import Block, ConvolutionGate, DualPath, Memory, Neighbours, RecurrentGate, Residual

from .models import random_state, torch

functional = torch.nn.functional
N_FRAMES = 12
TOLERANCE = 2e-6
"""Of values around 1: some rounding errors of float32."""


def noise(*shape: int) -> Any:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1))


def normed(state: dict[str, Any], name: str, x: Any) -> Any:
    parts = [state[f"{name}.{part}"] for part in ("running_mean", "running_var", "weight", "bias")]
    return functional.batch_norm(x, *parts, training=False)


def one_by_one(state: dict[str, Any], name: str, x: Any, *, dilation: int, depth_groups: int) -> Any:
    """Run the layers of a block in front of its gate, as the authors' code does."""
    is_decoder = name.startswith("decoder.")
    convolve = functional.conv_transpose2d if is_decoder else functional.conv2d

    def parts(part: str) -> tuple[Any, Any]:
        return state[f"{name}.{part}.weight"], state[f"{name}.{part}.bias"]

    h = normed(state, f"{name}.point_bn1", convolve(x, *parts("point_conv1")))
    h = functional.prelu(h, state[f"{name}.point_act.weight"])
    h = functional.pad(h, (0, 0, 2 * dilation, 0))
    padding = (2 * dilation, 1) if is_decoder else (0, 1)
    h = convolve(h, *parts("depth_conv"), padding=padding, groups=depth_groups, dilation=(dilation, 1))
    h = functional.prelu(normed(state, f"{name}.depth_bn", h), state[f"{name}.depth_act.weight"])
    return normed(state, f"{name}.point_bn2", convolve(h, *parts("point_conv2")))


def difference(one: Any, other: Any) -> float:
    assert one.shape == other.shape
    return float((one - other).abs().max() / other.abs().max())


def blocks(network: Any, name: str) -> list[Block]:
    part = network.encoder if name == "encoder" else network.decoder
    return [layer for layer in part if isinstance(layer, Block)]


def in_front_of_the_gate(block: Block, x: Any) -> Any:
    for layer in block.layers[:-1]:
        x = layer(x, Memory())
    return x


@pytest.mark.parametrize(("place", "dilation"), [(0, 1), (1, 2), (2, 5)])
def test_gtcrn_block_equals_its_layers_one_by_one(place: int, dilation: int) -> None:
    state, x, memory = random_state("gtcrn"), noise(2, 8, N_FRAMES, 33), Memory()
    seen = Neighbours()(x, memory)
    encoder = blocks(weights.gtcrn(state), "encoder")[place]
    expected = one_by_one(state, f"encoder.en_convs.{2 + place}", seen, dilation=dilation, depth_groups=16)
    assert difference(in_front_of_the_gate(encoder, x), expected) < TOLERANCE
    decoder = blocks(weights.gtcrn(state), "decoder")[2 - place]
    expected = one_by_one(state, f"decoder.de_convs.{2 - place}", seen, dilation=dilation, depth_groups=16)
    assert difference(in_front_of_the_gate(decoder, x), expected) < TOLERANCE


@pytest.mark.parametrize("place", [0, 1, 2])
def test_micro_block_equals_its_layers_one_by_one(place: int) -> None:
    state, x = random_state("gtcrn-micro"), noise(2, 8, N_FRAMES, 33)
    for part, name, groups in (
        ("encoder", f"encoder.en_convs.{2 + place}", 16),
        ("decoder", f"decoder.de_convs.{place}", 1),
    ):
        block = blocks(weights.micro(state), part)[place]
        expected = one_by_one(state, name, x, dilation=1, depth_groups=groups)
        assert difference(in_front_of_the_gate(block, x), expected) < TOLERANCE


def test_strided_decoder_layer_equals_its_layers_one_by_one() -> None:
    state, x, name = random_state("gtcrn"), noise(2, 16, N_FRAMES, 33), "decoder.de_convs.3"
    made = functional.conv_transpose2d(
        x, state[f"{name}.conv.weight"], state[f"{name}.conv.bias"], stride=(1, 2), padding=(0, 2), groups=2
    )
    expected = functional.prelu(normed(state, f"{name}.bn", made), state[f"{name}.act.weight"])
    ours = weights.gtcrn(state).decoder[3](x, Memory())
    assert ours.shape == (2, 16, N_FRAMES, 65)
    assert difference(ours, expected) < TOLERANCE


def test_micro_gate_equals_its_two_convolutions() -> None:
    state, x, name = random_state("gtcrn-micro"), noise(2, 8, N_FRAMES, 33), "encoder.en_convs.2.tra"
    gate = blocks(weights.micro(state), "encoder")[0].layers[-1]
    assert isinstance(gate, ConvolutionGate)
    energies = functional.pad(x.square().mean(3), (2, 0))
    y = functional.conv1d(energies, state[f"{name}.depth_conv.weight"], state[f"{name}.depth_conv.bias"], groups=8)
    y = functional.conv1d(y, state[f"{name}.point_conv.weight"], state[f"{name}.point_conv.bias"])
    assert difference(gate(x, Memory()), x * y.sigmoid()[..., None]) < TOLERANCE


def filled_gru(state: dict[str, Any], name: str, *, is_bidirectional: bool = False) -> Any:
    own = {key.removeprefix(f"{name}."): value for key, value in state.items() if key.startswith(f"{name}.")}
    n_units, n_in = own["weight_hh_l0"].shape[1], own["weight_ih_l0"].shape[1]
    gru = torch.nn.GRU(n_in, n_units, bidirectional=is_bidirectional)
    gru.load_state_dict(own)
    return gru.requires_grad_(False)


def test_gtcrn_gate_equals_its_gru_and_its_linear_layer() -> None:
    state, x, name = random_state("gtcrn"), noise(2, 8, N_FRAMES, 33), "encoder.en_convs.3.tra"
    gate = blocks(weights.gtcrn(state), "encoder")[1].layers[-1]
    assert isinstance(gate, RecurrentGate)
    hidden, _ = filled_gru(state, f"{name}.att_gru")(x.square().mean(3).permute(2, 0, 1))
    factors = functional.linear(hidden, state[f"{name}.att_fc.weight"], state[f"{name}.att_fc.bias"]).sigmoid()
    assert difference(gate(x, Memory()), x * factors.permute(1, 2, 0)[..., None]) < TOLERANCE


def grouped(state: dict[str, Any], name: str, rows: Any, *, is_bidirectional: bool) -> Any:
    """Run the two GRUs of a path along axis 0, each over its half of the channels, and join their outputs."""
    halves = rows.chunk(2, 2)
    grus = [filled_gru(state, f"{name}.{group}", is_bidirectional=is_bidirectional) for group in ("rnn1", "rnn2")]
    return torch.cat([gru(half)[0] for gru, half in zip(grus, halves, strict=True)], 2)


def test_dual_path_equals_its_four_grus_one_by_one() -> None:
    state, name = random_state("gtcrn"), "dpgrnn2"
    layer = weights.gtcrn(state).middle[1]
    assert isinstance(layer, DualPath)
    x = noise(3, 16, N_FRAMES, 33)

    def added(y: Any, path: str, made: Any) -> Any:
        made = functional.linear(made, state[f"{name}.{path}_fc.weight"], state[f"{name}.{path}_fc.bias"])
        parts = [state[f"{name}.{path}_ln.{part}"] for part in ("weight", "bias")]
        return y + functional.layer_norm(made, (33, 16), *parts, 1e-8)

    y = x.permute(0, 2, 3, 1)
    along = grouped(state, f"{name}.intra_rnn", y.flatten(0, 1).transpose(0, 1), is_bidirectional=True)
    y = added(y, "intra", along.transpose(0, 1).reshape(y.shape))
    over = grouped(state, f"{name}.inter_rnn", y.transpose(1, 2).flatten(0, 1).transpose(0, 1), is_bidirectional=False)
    y = added(y, "inter", over.transpose(0, 1).reshape(3, 33, N_FRAMES, 16).transpose(1, 2))
    assert difference(layer(x, Memory()), y.permute(0, 3, 1, 2)) < TOLERANCE


@pytest.mark.parametrize(("place", "dilation"), [(0, 1), (3, 8), (6, 4)])
def test_micro_temporal_layer_equals_its_layers_one_by_one(place: int, dilation: int) -> None:
    state, x = random_state("gtcrn-micro"), noise(2, 16, 20, 33)
    layer = weights.micro(state).middle[place]
    assert isinstance(layer, Residual)
    name = f"gtcn{1 + place // 4}.blocks.{place % 4}"

    def convolved(part: int, y: Any, **options: Any) -> Any:
        y = functional.conv2d(y, state[f"{name}.conv{part}.weight"], state[f"{name}.conv{part}.bias"], **options)
        return normed(state, f"{name}.bn{part}", y)

    y = functional.prelu(convolved(1, x), state[f"{name}.act1.weight"])
    y = convolved(2, functional.pad(y, (0, 0, 2 * dilation, 0)), groups=16, dilation=(dilation, 1))
    y = convolved(3, functional.prelu(y, state[f"{name}.act2.weight"]))
    assert difference(layer(x, Memory()), functional.prelu(x + y, state[f"{name}.act3.weight"])) < TOLERANCE


def test_building_draws_no_random_numbers() -> None:
    before = torch.random.get_rng_state()
    weights.gtcrn(random_state("gtcrn"))
    weights.micro(random_state("gtcrn-micro"))
    assert torch.equal(torch.random.get_rng_state(), before)
