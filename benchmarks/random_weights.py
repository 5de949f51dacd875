"""Checkpoints of random numbers for networks whose weights are not here.

For measurements of time and memory only, which are the same as with real weights. The output of the network is noise.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from seinfer.backends.demucs import options as demucs_options
from seinfer.backends.segan import options as segan_options
from seinfer.core.records import ModelSpec, WeightFile

BACKENDS = ("seinfer.backends.demucs:load", "seinfer.backends.segan:load")
"""Backends that `with_random_weights` knows."""


def with_random_weights(spec: ModelSpec, folder: Path) -> ModelSpec:
    """Write a checkpoint of random numbers to a folder and return the model with it, for a backend of BACKENDS."""
    import torch

    torch.manual_seed(0)
    path = folder / f"{spec.name}.th"
    if spec.backend == "seinfer.backends.demucs:load":
        from denoiser.demucs import Demucs

        state = Demucs(**asdict(demucs_options.read_options(spec).architecture)).state_dict()
    else:
        shapes = segan_options.tensor_shapes(segan_options.read_options(spec))
        state = {name: random_tensor(name, shape) for name, shape in shapes.items()}
    torch.save(state, path)
    return replace(spec, files=(WeightFile(name=path.name, path=str(path)),))


def random_tensor(name: str, shape: tuple[int, ...]):  # type: ignore[no-untyped-def]  # torch is imported inside
    """Return random weights for a tensor of SEGAN+, scaled so that the level of the samples stays about the same."""
    import torch

    fan_in = shape[0] * 8 if "deconv.weight" in name else int(np.prod(shape[1:]))
    return torch.empty(shape).uniform_(-1, 1) * (3 / max(fan_in, 10)) ** 0.5
