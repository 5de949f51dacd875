"""Checkpoints of random numbers for networks whose weights are not here.

For measurements of time and memory only, which are the same as with real weights. The output of the network is noise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from seinfer.backends.cleanunet import options as cleanunet_options
from seinfer.backends.demucs import options as demucs_options
from seinfer.backends.mp_senet import options as mp_senet_options
from seinfer.backends.segan import options as segan_options
from seinfer.core.records import ModelSpec, WeightFile

BACKENDS = tuple(f"seinfer.backends.{name}:load" for name in ("cleanunet", "demucs", "mp_senet", "segan"))
"""Backends that `with_random_weights` knows."""


def with_random_weights(spec: ModelSpec, folder: Path) -> ModelSpec:
    """Write a checkpoint of random numbers to a folder and return the model with it, for a backend of BACKENDS."""
    import torch

    torch.manual_seed(0)
    path = folder / f"{spec.name}.th"
    state: Mapping[str, Any]
    if spec.backend == "seinfer.backends.demucs:load":
        from denoiser.demucs import Demucs

        state = Demucs(**asdict(demucs_options.read_options(spec).architecture)).state_dict()
    elif spec.backend == "seinfer.backends.cleanunet:load":
        from seinfer.backends.cleanunet import network as cleanunet

        state = {"model_state_dict": cleanunet.Network(cleanunet_options.read_options(spec)).state_dict()}
    elif spec.backend == "seinfer.backends.mp_senet:load":
        from seinfer.backends.mp_senet import network as mp_senet

        state = {"generator": mp_senet.Network(mp_senet_options.read_options(spec)).state_dict()}
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
