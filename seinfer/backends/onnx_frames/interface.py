"""The inputs and outputs of a frame-by-frame graph: which one is the spectrum, and how its axes are ordered.

The rule: the first input is one frame of the spectrum and every other input a cache; the outputs have the same order
and shapes. The names are free. Anything else is an IntegrityError that names what was found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ...core.errors import IntegrityError
from ...core.records import ModelSpec
from ..frames import Spectra
from ..onnx import Array, unfit

if TYPE_CHECKING:
    import onnx

Sizes = tuple[int, ...]


@dataclass(frozen=True)
class Interface:
    """Shapes of one frame.

    Attributes:
        spectrum: shape of the first input and output: the bins, 2 for (Re, Im), and sizes of 1.
        caches: shapes of the other inputs and outputs.
    """

    spectrum: Sizes
    caches: tuple[Sizes, ...]

    @property
    def _is_bin_first(self) -> bool:
        return [size for size in self.spectrum if size != 1][1] == 2

    def pack(self, spectra: Spectra) -> Array:
        """Return spectra of shape (..., frequency) as (..., *spectrum)."""
        parts = np.stack([spectra.real, spectra.imag], -1 if self._is_bin_first else -2)
        return parts.reshape(*spectra.shape[:-1], *self.spectrum).astype(np.float32)

    def unpack(self, packed: Array) -> Spectra:
        """Return the reverse of `pack`."""
        front = packed.shape[: packed.ndim - len(self.spectrum)]
        parts = packed.reshape(*front, -1, 2) if self._is_bin_first else packed.reshape(*front, 2, -1).swapaxes(-1, -2)
        return parts[..., 0].astype(np.float64) + 1j * parts[..., 1]

    def start(self, n_clips: int) -> list[Array]:
        """Return the caches at the start of clips, shape (clip, *cache) each."""
        return [np.zeros((n_clips, *shape), np.float32) for shape in self.caches]


def read_interface(model: onnx.ModelProto, n_bins: int, path: Path, spec: ModelSpec) -> Interface:
    """Check the inputs and outputs of a graph.

    Args:
        model: the graph; a size that is free in an input is set to 1, in place.
        n_bins: bins of a spectrum.
        path: its file, for the message.
        spec: the model, for the message.

    Raises:
        IntegrityError: it is not a frame-by-frame network, or has another number of bins.
    """
    _fix_free_sizes(model.graph.input)
    inputs, outputs = _tensors(model.graph.input), _tensors(model.graph.output)
    if problem := _problem(inputs, outputs, n_bins):
        raise IntegrityError(unfit(path, spec, problem))
    return Interface(inputs[0].sizes, tuple(one.sizes for one in inputs[1:]))


@dataclass(frozen=True)
class _Tensor:
    name: str
    sizes: Sizes
    is_float32: bool

    def __str__(self) -> str:
        return f"{self.name!r} {self.sizes}"


def _tensors(values: Sequence[onnx.ValueInfoProto]) -> list[_Tensor]:
    from onnx import TensorProto

    tensors = [(value.name, value.type.tensor_type) for value in values]
    return [
        # A free size of an output is written as 0 here; `_problem` accepts it, and the first run checks it.
        _Tensor(name, tuple(size.dim_value for size in tensor.shape.dim), tensor.elem_type == TensorProto.FLOAT)
        for name, tensor in tensors
    ]


def _fix_free_sizes(values: Sequence[onnx.ValueInfoProto]) -> None:
    for value in values:
        for size in value.type.tensor_type.shape.dim:
            if not size.HasField("dim_value"):
                size.dim_value = 1


def _problem(inputs: Sequence[_Tensor], outputs: Sequence[_Tensor], n_bins: int) -> str:
    """Return why a graph is not a network of one frame of `n_bins`, "" if it is."""
    if not inputs or len(inputs) != len(outputs):
        return (
            f"it has {len(inputs)} inputs and {len(outputs)} outputs; expected as many outputs as inputs: the spectrum "
            "of one frame, then the caches"
        )
    if other := [str(one) for one in (*inputs, *outputs) if not one.is_float32]:
        return f"{', '.join(other)} of it are not float32; expected float32 only"
    spectrum = inputs[0]
    if sorted(size for size in spectrum.sizes if size != 1) != sorted([2, n_bins]):
        return (
            f"its first input is {spectrum}; expected one frame of {n_bins} bins (n_fft / 2 + 1) with real and "
            f"imaginary part, such as (1, {n_bins}, 1, 2). If the network has another STFT, set the option n_fft"
        )
    for given, made in zip(inputs, outputs, strict=True):
        if not _fits(given.sizes, made.sizes):
            return (
                f"its output {made} stands where its input {given} stands; expected the outputs in the order of the "
                "inputs, with the same shapes"
            )
    return ""


def _fits(given: Sizes, made: Sizes) -> bool:
    return len(given) == len(made) and all(b in (a, 0) for a, b in zip(given, made, strict=True))
