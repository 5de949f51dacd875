"""Stand-in weights of NISQA: the shapes of the real ones, filled from a seed in the order of their names."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import numpy as np


def stand_in(shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Any]:
    """Return name -> tensor."""
    import torch

    rng = np.random.default_rng(20)
    tensors = {}
    for name in sorted(shapes):
        values = rng.standard_normal(shapes[name]) / np.sqrt(max(1, np.prod(shapes[name][1:])))
        if name.endswith("running_var"):
            values = 0.5 + np.abs(values)
        is_count = name.endswith("num_batches_tracked")
        tensors[name] = torch.tensor(0) if is_count else torch.from_numpy(np.asarray(values, np.float32))
    return tensors


def checkpoint() -> bytes:
    """Return stand-in weights in the form of the authors' file."""
    import torch

    from seinfer.metrics.nisqa import build

    shapes = {name: tuple(value.shape) for name, value in build(torch).state_dict().items()}
    content = io.BytesIO()
    torch.save({"args": {}, "model_state_dict": stand_in(shapes)}, content)
    return content.getvalue()
