"""The contract of a backend: all that seinfer knows about a network, and all that a network knows about seinfer.

A backend is a module with one function, `load`, which returns an object that enhances batches:

    def load(spec, weights, *, device, threads) -> Enhancer

What every backend must keep (tests/backends/test_contract.py holds each of them to it):

- same length to the sample, float32, finite; the input is not modified; silence in gives (near) silence out
- a clip's result does not depend on the clips beside it, nor on how often or in which order it is run
- aligned with the input: the algorithmic delay is compensated here; the level is left to the network
- any length from one sample; memory for the network bounded however long the clip, and a result that is only near that
  of the whole clip because of it owned up to (`Chunking`)
- strict weights: a missing, extra or wrong-shape tensor is an IntegrityError
- frameworks are imported inside `load`, through `require`
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Protocol, runtime_checkable

import numpy as np

from ..core.errors import MissingExtraError
from ..core.records import ModelSpec
from .batching import Batch, Waveform

__all__ = [
    "Batch",
    "BatchLimits",
    "Chunking",
    "Enhancer",
    "FirstPass",
    "Load",
    "Stream",
    "Streaming",
    "TwoPass",
    "Waveform",
    "batch_limits",
    "each_row",
    "is_chunked",
    "require",
    "run_stream",
    "stream_over",
]


@runtime_checkable
class Enhancer(Protocol):
    """A loaded network.

    It may have more: `batch_limits` (an BatchLimits), `device` ("cuda" where it runs on the GPU, understood to be "cpu"
    otherwise), `open_stream` (see Streaming), `open_first_pass` (see TwoPass), `is_chunked` (see Chunking).

    Attributes:
        sample_rate: Hz that it wants and gives.
    """

    sample_rate: int

    def enhance(self, batch: Batch) -> list[Waveform]:
        """Return one waveform a row, each as long as the row's signal."""
        ...


class Stream(Protocol):
    """One clip, piece by piece, with the network's state carried from piece to piece.

    The pieces that come out, put together, are what `enhance` gives for the whole clip: same length, same alignment.
    """

    def push(self, block: Waveform) -> Waveform:
        """Take the next samples, shape (time,), any length; return those that are ready, which may be none."""
        ...

    def finish(self) -> Waveform:
        """Return the rest. The stream is used up."""
        ...


@runtime_checkable
class Streaming(Protocol):
    """An enhancer whose state can be carried: a clip of any length runs in bounded memory, with the same result."""

    sample_rate: int

    def open_stream(self) -> Stream:
        """Start a clip."""
        ...


class FirstPass(Protocol):
    """The first of two passes over one clip: what the network must know of the whole before it can start."""

    def push(self, block: Waveform) -> None:
        """Take the next samples, shape (time,), any length."""
        ...

    def open_stream(self) -> Stream:
        """Start the second pass, which must be given the same samples, in pieces of any length."""
        ...


@runtime_checkable
class TwoPass(Protocol):
    """An enhancer that needs a clip's level or length first: any length in bounded memory, by two passes."""

    sample_rate: int

    def open_first_pass(self) -> FirstPass:
        """Start a clip."""
        ...


@runtime_checkable
class Chunking(Protocol):
    """An enhancer that cannot run every clip whole. Optional: what lacks this method is exact at any length."""

    def is_chunked(self, n_samples: int) -> bool:
        """Return whether a clip of so many samples, at the network's rate, is put together from pieces inexactly."""
        ...


class Load(Protocol):
    """What a model's `backend` string names."""

    def __call__(self, spec: ModelSpec, weights: Mapping[str, Path], *, device: str, threads: int) -> Enhancer:
        """Load the network.

        Args:
            spec: the model's table.
            weights: file name -> verified file, one for each of `spec.files`.
            device: "cpu" or "cuda".
            threads: cores that it may use.

        Raises:
            MissingExtraError: packages are not installed.
            IntegrityError: the weights do not fit the network.
        """
        ...


@dataclass(frozen=True)
class BatchLimits:
    """How much a network likes to get at once. A backend may have it as attribute `batch_limits`.

    Attributes:
        max_clips: rows in a batch.
        max_batch_s: seconds in a batch, padding counted.
    """

    max_clips: int = 1
    max_batch_s: float = 60.0


def batch_limits(enhancer: Enhancer) -> BatchLimits:
    """Return the enhancer's own batch_limits, or one clip at a time."""
    own = getattr(enhancer, "batch_limits", None)
    return own if isinstance(own, BatchLimits) else BatchLimits()


def is_chunked(enhancer: Enhancer, n_samples: int) -> bool:
    """Return whether the result of a clip of `n_samples` is an approximation, because it is too long to run whole."""
    return isinstance(enhancer, Chunking) and enhancer.is_chunked(n_samples)


def each_row(batch: Batch, enhance_row: Callable[[Waveform], Waveform], threads: int) -> list[Waveform]:
    """Run a network that takes one clip at a time over a batch, `threads` clips side by side.

    For libraries that release the interpreter lock while they compute.
    """
    rows = list(batch.rows())
    if threads <= 1 or len(rows) <= 1:
        return [enhance_row(row) for row in rows]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(enhance_row, rows))


def stream_over(enhancer: Enhancer, waveform: Waveform) -> Stream | None:
    """Open a stream for a clip of shape (time,) that is at hand as a whole; None where no state can be carried."""
    if isinstance(enhancer, Streaming):
        return enhancer.open_stream()
    if isinstance(enhancer, TwoPass):
        first_pass = enhancer.open_first_pass()
        first_pass.push(waveform)
        return first_pass.open_stream()
    return None


def run_stream(stream: Stream, waveform: Waveform, block_samples: int) -> Waveform:
    """Send a whole clip of shape (time,) through a stream, `block_samples` at a time."""
    starts = range(0, len(waveform), block_samples)
    pieces = [stream.push(waveform[start : start + block_samples]) for start in starts]
    return np.concatenate([*pieces, stream.finish()])


def require(module: str, spec: ModelSpec) -> ModuleType:
    """Import a package that an extra brings.

    Raises:
        MissingExtraError: it is not installed; `seinfer.models.extras.install_line` completes the message for the user.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingExtraError(
            f"{spec.name} needs the package {module.split('.')[0]!r}, which cannot be imported here ({error}); "
            f"expected the extra {spec.extra!r} of {spec.distribution} to be installed"
        ) from error
