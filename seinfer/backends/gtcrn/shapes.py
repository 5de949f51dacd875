"""Names and shapes of every tensor in a checkpoint of GTCRN and of GTCRN-Micro: what the strict loading expects.

Source: Xiaobin-Rong/gtcrn@3862c44, gtcrn.py; bglid/GTCRN-Micro@8b81539, gtcrn_micro/models/gtcrn_micro.py.
"""

from __future__ import annotations

N_LOW, N_HIGH, N_BANDS = 65, 192, 64
"""Bins that are kept as they are, bins above them, and the bands that those are reduced to."""
N_CHANNELS = 16
N_WIDTH = 33
"""Positions along the frequency axis in the middle of the network."""
HALF = N_CHANNELS // 2
N_TCN, N_TCN_LAYERS = 2, 4
_N_GATE_UNITS = 16

Shapes = dict[str, tuple[int, ...]]


def gtcrn_shapes() -> Shapes:
    """Return name -> shape for GTCRN, 271 tensors."""
    shapes = {**_bands(), **_ends(n_in=9, groups=2)}
    for name, is_decoder in _block_names():
        n_seen = 3 * HALF
        point = (n_seen, N_CHANNELS) if is_decoder else (N_CHANNELS, n_seen)
        shapes |= _block(name, point=point, depth=(N_CHANNELS, 1), is_decoder=is_decoder)
        shapes |= _gru(f"{name}.tra.att_gru", HALF, _N_GATE_UNITS, ["l0"])
        shapes |= _linear(f"{name}.tra.att_fc", _N_GATE_UNITS, HALF)
    for name in ("dpgrnn1", "dpgrnn2"):
        for group in ("rnn1", "rnn2"):
            shapes |= _gru(f"{name}.intra_rnn.{group}", HALF, HALF // 2, ["l0", "l0_reverse"])
            shapes |= _gru(f"{name}.inter_rnn.{group}", HALF, HALF, ["l0"])
        for path in ("intra", "inter"):
            shapes |= _linear(f"{name}.{path}_fc", N_CHANNELS, N_CHANNELS)
            shapes |= {f"{name}.{path}_ln.{part}": (N_WIDTH, N_CHANNELS) for part in ("weight", "bias")}
    return shapes


def micro_shapes() -> Shapes:
    """Return name -> shape for GTCRN-Micro, 388 tensors."""
    shapes = {**_bands(), "sfe.depth_conv.weight": (3, 1, 1, 3), **_ends(n_in=3, groups=1)}
    for name, is_decoder in _block_names():
        point = (HALF, N_CHANNELS) if is_decoder else (N_CHANNELS, HALF)
        depth = (N_CHANNELS, N_CHANNELS if is_decoder else 1)
        shapes |= _block(name, point=point, depth=depth, is_decoder=is_decoder)
        shapes |= {f"{name}.tra.depth_conv.weight": (HALF, 1, 3), f"{name}.tra.depth_conv.bias": (HALF,)}
        shapes |= {f"{name}.tra.point_conv.weight": (HALF, HALF, 1), f"{name}.tra.point_conv.bias": (HALF,)}
    for name in tcn_names():
        kernels = {"1": (N_CHANNELS, 1, 1), "2": (1, 3, 1), "3": (N_CHANNELS, 1, 1)}
        for part, kernel in kernels.items():
            shapes |= _convolution(f"{name}.conv{part}", (N_CHANNELS, *kernel), N_CHANNELS)
            shapes |= _norm(f"{name}.bn{part}", N_CHANNELS) | {f"{name}.act{part}.weight": (1,)}
    return shapes


def tcn_names() -> list[str]:
    """Return the names of the temporal convolution layers of GTCRN-Micro, in order."""
    return [f"gtcn{stack + 1}.blocks.{layer}" for stack in range(N_TCN) for layer in range(N_TCN_LAYERS)]


def _block_names() -> list[tuple[str, bool]]:
    encoder = [(f"encoder.en_convs.{place}", False) for place in (2, 3, 4)]
    return encoder + [(f"decoder.de_convs.{place}", True) for place in (0, 1, 2)]


def _bands() -> Shapes:
    return {"erb.erb_fc.weight": (N_BANDS, N_HIGH), "erb.ierb_fc.weight": (N_HIGH, N_BANDS)}


def _ends(n_in: int, groups: int) -> Shapes:
    """The convolutions with a stride, at both ends of the network."""
    n_grouped = N_CHANNELS // groups
    convolutions = (
        ("encoder.en_convs.0", (N_CHANNELS, n_in), N_CHANNELS),
        ("encoder.en_convs.1", (N_CHANNELS, n_grouped), N_CHANNELS),
        ("decoder.de_convs.3", (N_CHANNELS, n_grouped), N_CHANNELS),
        ("decoder.de_convs.4", (N_CHANNELS, 2), 2),
    )
    shapes: Shapes = {}
    for name, channels, n_out in convolutions:
        shapes |= _convolution(f"{name}.conv", (*channels, 1, 5), n_out) | _norm(f"{name}.bn", n_out)
        if n_out > 2:  # the last one ends in a tanh
            shapes[f"{name}.act.weight"] = (1,)
    return shapes


def _block(name: str, *, point: tuple[int, int], depth: tuple[int, int], is_decoder: bool) -> Shapes:
    last = (N_CHANNELS, HALF) if is_decoder else (HALF, N_CHANNELS)
    return {
        **_convolution(f"{name}.point_conv1", (*point, 1, 1), N_CHANNELS),
        **_norm(f"{name}.point_bn1", N_CHANNELS),
        f"{name}.point_act.weight": (1,),
        **_convolution(f"{name}.depth_conv", (*depth, 3, 3), N_CHANNELS),
        **_norm(f"{name}.depth_bn", N_CHANNELS),
        f"{name}.depth_act.weight": (1,),
        **_convolution(f"{name}.point_conv2", (*last, 1, 1), HALF),
        **_norm(f"{name}.point_bn2", HALF),
    }


def _convolution(name: str, weight: tuple[int, ...], n_out: int) -> Shapes:
    return {f"{name}.weight": weight, f"{name}.bias": (n_out,)}


def _norm(name: str, n_channels: int) -> Shapes:
    shapes: Shapes = {f"{name}.{part}": (n_channels,) for part in ("weight", "bias", "running_mean", "running_var")}
    return {**shapes, f"{name}.num_batches_tracked": ()}


def _linear(name: str, n_in: int, n_out: int) -> Shapes:
    return {f"{name}.weight": (n_out, n_in), f"{name}.bias": (n_out,)}


def _gru(name: str, n_in: int, n_units: int, directions: list[str]) -> Shapes:
    shapes: Shapes = {}
    for direction in directions:
        shapes[f"{name}.weight_ih_{direction}"] = (3 * n_units, n_in)
        shapes[f"{name}.weight_hh_{direction}"] = (3 * n_units, n_units)
        shapes |= {f"{name}.bias_{part}_{direction}": (3 * n_units,) for part in ("ih", "hh")}
    return shapes
