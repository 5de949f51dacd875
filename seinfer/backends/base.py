"""The contract of a backend. The author of a new model needs to read this page and no other.

A backend is a module or a package with a function `load`, which returns an object that enhances batches of clips:

    def load(spec, weights, *, device, threads) -> Enhancer

Every backend must keep these rules (tests/backends/test_contract.py checks each of them for each model):

- The output has as many samples as the input, in float32, all finite. The input array is not modified. Silence in gives
  (near) silence out.
- The result of a clip does not depend on the other clips of the batch, nor on how often or in which order clips run.
- The output is aligned with the input: the backend compensates the algorithmic delay. The backend does not change the
  level; only the network may.
- Every length from one sample on works. The memory for the network is bounded for clips of any length. If a long clip
  is therefore enhanced in pieces and the result is only close to that of the whole clip, the backend reports it
  (see `Chunking`).
- Weights are checked strictly: a missing, extra or wrong-shape tensor is an IntegrityError.
- Frameworks are imported inside `load`, by `require`.
- If the backend has options, its module states the default of each in a mapping `DEFAULT_OPTIONS`. Then a user can set
  an option that the model's table does not state. An unknown option is a RegistryError.

The page has five parts: batches, the enhancer, `load`, optional capabilities, helpers.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from ..core.errors import MissingExtraError
from ..core.records import ModelSpec

__all__ = [
    "Batch",
    "BatchLimits",
    "Chunking",
    "Enhancer",
    "FirstPass",
    "Load",
    "Reducible",
    "Stream",
    "Streaming",
    "TwoPass",
    "Waveform",
    "batch_limits",
    "each_row",
    "is_chunked",
    "pad",
    "require",
    "run_stream",
    "stream_over",
]

# --- Batches: clips of different lengths in one zero-padded array ---

Waveform = npt.NDArray[np.float32]
"""Samples of one channel, shape (time,), float32, nominally within [-1, 1]."""


@dataclass(frozen=True)
class Batch:
    """Waveforms in one array. Padding is at the end only.

    Attributes:
        samples: float32, shape (batch, time), zero-padded at the end.
        lengths: number of samples of each row that are signal.
    """

    samples: npt.NDArray[np.float32]
    lengths: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.lengths)

    def rows(self) -> Iterator[Waveform]:
        """Yield each waveform without its padding, as a view."""
        for row, length in zip(self.samples, self.lengths, strict=True):
            yield row[:length]


def pad(waveforms: Sequence[Waveform]) -> Batch:
    """Put waveforms of shape (time,) into one batch."""
    lengths = tuple(len(w) for w in waveforms)
    samples = np.zeros((len(lengths), max(lengths, default=0)), np.float32)
    for row, waveform in zip(samples, waveforms, strict=True):
        row[: len(waveform)] = waveform
    return Batch(samples, lengths)


# --- The enhancer and how it is loaded ---


@runtime_checkable
class Enhancer(Protocol):
    """A loaded network.

    It may have these optional members too: `batch_limits` (see BatchLimits), `device` ("cuda" if it runs on the GPU; an
    enhancer without this attribute runs on the "cpu"), `open_stream` (see Streaming), `open_first_pass` (see TwoPass),
    `is_chunked` (see Chunking), `set_precision` (see Reducible).

    Attributes:
        sample_rate: Hz, of its input and its output.
    """

    sample_rate: int

    def enhance(self, batch: Batch) -> list[Waveform]:
        """Return one waveform per row, each as long as the row's signal."""
        ...


class Load(Protocol):
    """The function that a model's `backend` string names."""

    def __call__(self, spec: ModelSpec, weights: Mapping[str, Path], *, device: str, threads: int) -> Enhancer:
        """Load the network.

        Args:
            spec: the model's table.
            weights: file name -> verified file, one for each of `spec.files`.
            device: "cpu" or "cuda".
            threads: number of cores that it may use.

        Raises:
            MissingExtraError: packages are not installed.
            IntegrityError: the weights do not fit the network.
        """
        ...


# --- Optional capabilities of an enhancer ---


@dataclass(frozen=True)
class BatchLimits:
    """Largest batch that an enhancer accepts in one call. An enhancer may have it as attribute `batch_limits`.

    Attributes:
        max_clips: rows in a batch.
        max_batch_s: seconds of audio in a batch, padding included.
    """

    max_clips: int = 1
    max_batch_s: float = 60.0


class Stream(Protocol):
    """One clip, piece by piece; the state of the network is carried from piece to piece.

    The pieces of the output, joined, equal the result of `enhance` for the whole clip: same length, same alignment.
    """

    def push(self, block: Waveform) -> Waveform:
        """Accept the next samples, shape (time,), any length; return the output that is ready, which may be empty."""
        ...

    def finish(self) -> Waveform:
        """Return the rest of the output. The stream cannot be used afterwards."""
        ...


@runtime_checkable
class Streaming(Protocol):
    """An enhancer that can carry its state: a clip of any length runs in bounded memory, with the same result."""

    sample_rate: int

    def open_stream(self) -> Stream:
        """Start a clip."""
        ...


class FirstPass(Protocol):
    """The first of two passes over one clip: it measures properties of the whole clip that the second pass needs."""

    def push(self, block: Waveform) -> None:
        """Accept the next samples, shape (time,), any length."""
        ...

    def open_stream(self) -> Stream:
        """Start the second pass. It must be given the same samples, in pieces of any length."""
        ...


@runtime_checkable
class TwoPass(Protocol):
    """An enhancer that must know the level or length of a clip first: any length in bounded memory, in two passes."""

    sample_rate: int

    def open_first_pass(self) -> FirstPass:
        """Start a clip."""
        ...


@runtime_checkable
class Chunking(Protocol):
    """An enhancer that cannot run every clip as a whole. An enhancer without this method is exact at any length."""

    def is_chunked(self, n_samples: int) -> bool:
        """Return whether a clip of `n_samples`, at the network's rate, is enhanced in pieces with an inexact result."""
        ...


@runtime_checkable
class Reducible(Protocol):
    """An enhancer that can compute in 16 bits. An enhancer without this method computes in float32 only."""

    def set_precision(self, precision: str) -> None:
        """Compute in "float32", "bf16" or "fp16" from now on. Input and output stay float32."""
        ...


# --- Helpers for the callers of a backend ---


def batch_limits(enhancer: Enhancer) -> BatchLimits:
    """Return the enhancer's own batch limits; one clip at a time if it has none."""
    own = getattr(enhancer, "batch_limits", None)
    return own if isinstance(own, BatchLimits) else BatchLimits()


def is_chunked(enhancer: Enhancer, n_samples: int) -> bool:
    """Return whether the result of a clip of `n_samples` is an approximation, because it is too long to run whole."""
    return isinstance(enhancer, Chunking) and enhancer.is_chunked(n_samples)


def stream_over(enhancer: Enhancer, waveform: Waveform) -> Stream | None:
    """Open a stream for a clip of shape (time,) that is in memory as a whole; None if the enhancer has no streams."""
    if isinstance(enhancer, Streaming):
        return enhancer.open_stream()
    if isinstance(enhancer, TwoPass):
        first_pass = enhancer.open_first_pass()
        first_pass.push(waveform)
        return first_pass.open_stream()
    return None


def run_stream(stream: Stream, waveform: Waveform, block_samples: int) -> Waveform:
    """Send a whole clip of shape (time,) through a stream, `block_samples` at a time; return the joined output."""
    starts = range(0, len(waveform), block_samples)
    pieces = [stream.push(waveform[start : start + block_samples]) for start in starts]
    return np.concatenate([*pieces, stream.finish()])


# --- Helpers for the author of a backend ---


def each_row(batch: Batch, enhance_row: Callable[[Waveform], Waveform], threads: int) -> list[Waveform]:
    """Run a network that accepts one clip at a time over a batch, `threads` clips in parallel.

    For libraries that release the interpreter lock while they compute.
    """
    rows = list(batch.rows())
    if threads <= 1 or len(rows) <= 1:
        return [enhance_row(row) for row in rows]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(enhance_row, rows))


def require(module: str, spec: ModelSpec) -> ModuleType:
    """Import a module of a package that an extra installs.

    Raises:
        MissingExtraError: it cannot be imported; `seinfer.models.extras.install_line` completes the message.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingExtraError(
            f"{spec.name} needs the package {module.split('.')[0]!r}, which cannot be imported here ({error}); "
            f"expected the extra {spec.extra!r} of {spec.distribution} to be installed"
        ) from error
