"""Weights from a seed for the goldens of models whose weights nobody here has: not stored, but drawn again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

Shapes = Iterable[tuple[str, tuple[int, ...]]]


def random_state(shapes: Shapes, gain: float, seed: int = 0) -> Mapping[str, npt.NDArray[np.float32]]:
    """Return values for tensors, drawn in the order of their names; `gain` is about the gain of a layer.

    The numbers are of numpy's RandomState, which are the same in every version of numpy.
    """
    rng = np.random.RandomState(seed)
    return {name: _values(rng, name, shape, gain) for name, shape in sorted(shapes)}


def random_tensors_of(build: Callable[[], Any], gain: float) -> dict[str, Any]:
    """Return `random_state` as the tensors of the torch network that `build` makes."""
    import torch

    with torch.device("meta"):
        shapes = [(name, tuple(value.shape)) for name, value in build().state_dict().items()]
    return {name: torch.from_numpy(values) for name, values in random_state(shapes, gain).items()}


def _values(rng: np.random.RandomState, name: str, shape: tuple[int, ...], gain: float) -> npt.NDArray[np.float32]:
    drawn = rng.uniform(-1, 1, shape)
    if len(shape) > 1:
        return np.asarray(drawn * gain * np.sqrt(3 / np.prod(shape[1:])), np.float32)
    # Factors of a normalisation, or slopes of a PReLU, are near 1; all other vectors are biases.
    return np.asarray(1 + 0.5 * drawn if name.endswith("weight") else 0.1 * drawn, np.float32)
