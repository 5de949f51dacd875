"""Weights for DPCRN-TF made from a seed: every tensor of the published checkpoint, with other values.

The network has layers of fixed size, so the stand-in has all 804,646 parameters. It is written to a file when a test
needs it and is not stored. The values are drawn wide enough that each part of the network changes the output: gates
that reach both limits of the hard sigmoid, slopes of PReLU beyond 1, batch statistics far from 0 and 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

Exact = npt.NDArray[np.float64]
Tensors = dict[str, Exact]

# (channels in, channels out, taps along frequency) of each convolution.
ENCODER = ((2, 32, 5), (32, 32, 3), (32, 32, 3), (32, 64, 3), (64, 128, 3))
DECODER = ((256, 64, 3), (128, 32, 3), (64, 32, 3), (64, 32, 3), (64, 2, 5))


def tensor_shapes() -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield (name, shape) of every tensor, named "LAYER/LAYER/TENSOR:0" as in the published file."""
    yield from _named("layer_normalization", gamma=(2, 201), beta=(2, 201))
    for k, (n_in, n_out, width) in enumerate(ENCODER):
        yield from _named(f"model0_conv_{k + 1}", kernel=(2, width, n_in, n_out), bias=(n_out,))
        yield from _batch_norm(f"model0_bn_{k + 1}", n_out)
        yield from _named(_numbered("p_re_lu", k), alpha=(1, 1, n_out))
    for k, (n_in, n_out, width) in enumerate(DECODER):
        yield from _named(f"model0_dconv_{k + 1}", kernel=(2, width, n_out, n_in), bias=(n_out,))
        if k < 4:
            yield from _batch_norm(f"model0_dbn_{k + 1}", n_out)
            yield from _named(_numbered("p_re_lu", 5 + k), alpha=(1, 1, n_out))
    for k in range(2):
        yield from _block(k)


def _block(k: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    block, both = _numbered("dprnn_block", k), _numbered("bidirectional", k)
    first, second = 2 * k, 2 * k + 1
    lstms = {
        f"{both}/{_numbered('forward_lstm', first)}": 64,
        f"{both}/{_numbered('backward_lstm', first)}": 64,
        _numbered("lstm", second): 128,
    }
    for name, n_units in lstms.items():
        yield f"{block}/{block}/{name}/kernel:0", (128, 4 * n_units)
        yield f"{block}/{block}/{name}/recurrent_kernel:0", (n_units, 4 * n_units)
        yield f"{block}/{block}/{name}/bias:0", (4 * n_units,)
    for index in (first, second):
        yield f"{block}/{block}/{_numbered('dense', index)}/kernel:0", (128, 128)
        yield f"{block}/{block}/{_numbered('dense', index)}/bias:0", (128,)
        yield f"{block}/{block}/layer_normalization_{index + 1}/gamma:0", (128, 50)
        yield f"{block}/{block}/layer_normalization_{index + 1}/beta:0", (128, 50)


def _batch_norm(layer: str, n: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield from _named(layer, gamma=(n,), beta=(n,), moving_mean=(n,), moving_variance=(n,))


def _named(layer: str, **shapes: tuple[int, ...]) -> Iterator[tuple[str, tuple[int, ...]]]:
    for tensor, shape in shapes.items():
        yield f"{layer}/{layer}/{tensor}:0", shape


def _numbered(name: str, index: int) -> str:
    return f"{name}_{index}" if index else name


# The range of values by the tensor's own name; kernels are drawn by their number of inputs.
_RANGES = {
    "gamma": (0.5, 1.5),
    "beta": (-0.3, 0.3),
    "moving_mean": (-0.5, 0.5),
    "moving_variance": (0.3, 2.0),
    "alpha": (-0.3, 1.3),
    "bias": (-0.5, 0.5),
}


def draw_tensors() -> Tensors:
    """Return name -> values, float32 values in double precision."""
    rng = np.random.RandomState(0)
    return {name: _draw(rng, name, shape) for name, shape in tensor_shapes()}


def _draw(rng: np.random.RandomState, name: str, shape: tuple[int, ...]) -> Exact:
    kind = name.split("/")[-1].removesuffix(":0")
    if kind in _RANGES:
        values = rng.uniform(*_RANGES[kind], shape)
    else:
        n_in = shape[0] if len(shape) == 2 else np.prod(shape[:2]) * (shape[3] if "dconv" in name else shape[2])
        values = rng.standard_normal(shape) * (2.0 if "lstm" in name else 1.0) / np.sqrt(n_in)
    return values.astype(np.float32).astype(np.float64)


def write_checkpoint(path: Path) -> Path:
    """Write the tensors as Keras does and return the path."""
    import h5py

    with h5py.File(path, "w") as file:
        for name, values in draw_tensors().items():
            file[name] = values.astype(np.float32)
    return path
