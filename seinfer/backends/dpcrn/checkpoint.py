"""Strict reader of a Keras weights file (HDF5): a missing, extra or wrong-shape tensor is an error.

The rule: each tensor is taken once, by name and shape, and a tensor that nobody took is an error at the end. So a
network that was built from the file contains every tensor of it. Nothing in the file is executed.

Source: the layout is that of `keras.Model.save_weights` in TensorFlow 1.15, with one group per layer:
"LAYER/LAYER/TENSOR:0".
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from ...core.errors import IntegrityError

Exact = npt.NDArray[np.float64]

# Errors of the HDF5 library for damaged files; which one depends on the place of the damage.
_UNREADABLE = (OSError, RuntimeError, ValueError, KeyError)


class Checkpoint:
    """The tensors of an open weights file that have not been taken yet."""

    def __init__(self, path: Path, datasets: dict[str, Any]) -> None:
        self._path = path
        self._left = datasets

    def take(self, layer: str, tensor: str, *shape: int) -> Exact:
        """Return a tensor and remove it from the list; in double precision, because weights are combined afterwards.

        Raises:
            IntegrityError: it is missing, was taken before, or is not finite float32 of this shape.
        """
        name = f"{layer}/{layer}/{tensor}:0"
        if name not in self._left:
            raise self._error(f"the tensor {name!r} is missing, expected it with shape {shape}")
        dataset = self._left.pop(name)
        try:
            if dataset.shape != shape or dataset.dtype != np.float32:
                seen = f"{dataset.dtype} of shape {dataset.shape}"
                raise self._error(f"the tensor {name!r} is {seen}, expected float32 of shape {shape}")
            # Keras stores plain arrays. A packed chunk could fill the memory; other storage is in other files.
            if dataset.chunks is not None or dataset.external or dataset.is_virtual:
                raise self._error(f"the tensor {name!r} is stored packed or in other files, expected a plain array")
            values: Exact = dataset[()].astype(np.float64)
        except _UNREADABLE as error:
            raise self._error(f"the tensor {name!r} cannot be read ({error})") from error
        if not np.isfinite(values).all():
            raise self._error(f"the tensor {name!r} contains values that are not finite, expected finite numbers")
        return values

    def check_empty(self) -> None:
        """Raise an IntegrityError if a tensor has not been taken."""
        if self._left:
            n_left, name = len(self._left), min(self._left)
            raise self._error(f"{name!r} is not a tensor of this network ({n_left} extra in all), expected none")

    def _error(self, problem: str) -> IntegrityError:
        return IntegrityError(f"{self._path}: {problem}; {_ADVICE}")


_ADVICE = "the file is damaged or belongs to another model: fetch it again, or name the right file in the model table"


@contextmanager
def open_checkpoint(path: Path, h5py: ModuleType) -> Iterator[Checkpoint]:
    """Open a weights file; every tensor must have been taken when the `with` block ends.

    Args:
        path: the file.
        h5py: the module, imported by the caller.

    Raises:
        IntegrityError: it is not a complete HDF5 file, or a tensor was not taken.
    """
    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise IntegrityError(f"{path}: cannot be read as HDF5 ({error}), expected a Keras .h5; {_ADVICE}") from error
    with file:
        checkpoint = Checkpoint(path, _datasets(path, file, h5py))
        yield checkpoint
        checkpoint.check_empty()


def _datasets(path: Path, file: Any, h5py: ModuleType) -> dict[str, Any]:
    """Return the datasets by full name. Links, which could point to other files, are not followed."""
    found: dict[str, Any] = {}

    def note(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            found[name] = item

    try:
        file.visititems(note)
    except _UNREADABLE as error:
        raise IntegrityError(f"{path}: cannot be listed as HDF5 ({error}), expected a Keras .h5; {_ADVICE}") from error
    return found
