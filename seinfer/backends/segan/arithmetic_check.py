"""Check of this machine's arithmetic: compares each layer of SEGAN+ with its definition, when the model loads.

The rule it keeps: a network that computes wrongly is never run. torch's conv_transpose1d, which is not used here, gives
wrong numbers for this decoder on some machines without an error; the matrix products used instead are checked too.

Each layer gets random samples of the shape of one window, and its whole output is compared, which costs no more than
reading its weights once more. A random sum over the output channels of a convolution equals a convolution with the
weights summed in the same way; and a transposed convolution of an outer product of positions and channels equals one
with the weights summed over the channels. The idea is that of Freivalds, "Probabilistic machines can use less running
time", IFIP Congress 1977.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ...core.errors import BackendError
from ...core.records import ModelSpec
from .network import Generator
from .options import WINDOW_SAMPLES, Options

if TYPE_CHECKING:
    import torch

Array = npt.NDArray[np.floating[Any]]
Tensors = Mapping[str, Array]
Layer = Callable[[Array], Array]
"""(position, channel) -> (position, channel)."""

_TOLERANCE = 1e-4
"""Share of the largest value. Rounding stays below 2e-6; the wrong results of torch are above 3e-2."""


def refuse_wrong_arithmetic(
    spec: ModelSpec, options: Options, generator: Generator, state: Mapping[str, torch.Tensor], device: torch.device
) -> None:
    """Check every layer of a generator.

    Args:
        spec: the model, for the message.
        options: the shape of the generator.
        generator: on `device`.
        state: its tensors, on the CPU.
        device: the device that it runs on.

    Raises:
        BackendError: the output of a layer differs from its definition.
    """
    tensors = {name: tensor.numpy() for name, tensor in state.items()}
    stride, first = options.pooling, generator.decoder[0]

    def first_of_decoder(samples: torch.Tensor) -> torch.Tensor:
        z_dim = options.z_dim
        return first(samples[..., z_dim:], generator.begin(samples[..., :z_dim]))

    for index, layer in enumerate(generator.encoder):
        name, length = f"enc_blocks.{index}.conv", WINDOW_SAMPLES // stride**index
        _require_right(spec, name, _error_of_convolution(_in_numpy(layer, device), tensors, name, length, stride))
    decoder: list[Callable[[torch.Tensor], torch.Tensor]] = [first_of_decoder, *generator.decoder[1:]]
    for index, run in enumerate(decoder):
        name, length = f"dec_blocks.{index}.deconv", options.code_length * stride**index
        _require_right(spec, name, _error_of_transposed(_in_numpy(run, device), tensors, name, length, stride))


def _in_numpy(layer: Callable[[torch.Tensor], torch.Tensor], device: torch.device) -> Layer:
    import torch

    def run(samples: Array) -> Array:
        made: Array = layer(torch.from_numpy(samples.astype(np.float32))[None].to(device))[0].cpu().numpy()
        return made

    return run


def _require_right(spec: ModelSpec, name: str, error: float) -> None:
    # Written with `not` so that NaN is refused too.
    if not error <= _TOLERANCE:
        raise BackendError(
            f"{spec.name}: this machine computes the layer {name} wrongly: error {error:.1e} of its largest value, "
            f"expected below {_TOLERANCE:.0e}; try another number of threads, another device or another release of "
            "torch, and report it to the authors of torch"
        )


def _error_of_convolution(layer: Layer, tensors: Tensors, name: str, length: int, stride: int) -> float:
    """Return the largest error of a convolution, relative to its largest value."""
    rng = np.random.default_rng(0)
    weight, bias = tensors[f"{name}.weight"], tensors[f"{name}.bias"]
    n_out, n_in, kernel = weight.shape
    samples = rng.standard_normal((length, n_in))
    signs = rng.choice(np.array([-1, 1], np.float32), n_out)
    summed = (signs @ weight.reshape(n_out, -1)).reshape(n_in, kernel).astype(np.float64)
    edged = np.pad(samples, ((kernel // 2 - 1, kernel // 2), (0, 0)), mode="reflect")
    seen = np.lib.stride_tricks.sliding_window_view(edged, kernel, axis=0)[::stride]
    expected = np.einsum("mck,ck->m", seen, summed) + signs @ bias
    return _relative(layer(samples) @ signs, expected[: length // stride])


def _error_of_transposed(layer: Layer, tensors: Tensors, name: str, length: int, stride: int) -> float:
    """Return the largest error of a transposed convolution, relative to its largest value."""
    rng = np.random.default_rng(0)
    weight, bias = tensors[f"{name}.weight"], tensors[f"{name}.bias"]
    n_in, n_out, kernel = weight.shape
    along, across = rng.standard_normal(length), rng.standard_normal(n_in).astype(np.float32)
    summed = (across @ weight.reshape(n_in, -1)).reshape(n_out, kernel).T.astype(np.float64)
    made = np.zeros((stride * length + kernel, n_out))
    for tap in range(kernel):
        made[tap : tap + stride * length : stride] += np.outer(along, summed[tap])
    lead = (kernel - stride) // 2
    return _relative(layer(np.outer(along, across)), made[lead : lead + stride * length] + bias)


def _relative(found: Array, expected: Array) -> float:
    return float(np.abs(found - expected).max() / (np.abs(expected).max() or 1.0))
