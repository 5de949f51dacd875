"""The interface of an engine: it runs one model over jobs, on this machine or elsewhere, and reports each result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from ...backends.base import BatchLimits
from ...core.records import Enhancement, Job, ModelSpec, StreamRun


@dataclass(frozen=True)
class RunInfo:
    """How a model ran.

    Attributes:
        device: "cpu" or "cuda".
        note: why it did not run on another device or in another precision; may be empty.
        load_s: seconds until the model was ready.
        precision: "float32", "bf16" or "fp16".
        precision_snr_db: see `enhancement.precision.Precision`; None for float32.
    """

    device: str = "cpu"
    note: str = ""
    load_s: float = 0.0
    precision: str = "float32"
    precision_snr_db: float | None = None


class Engine(Protocol):
    """Runs models; `run` may be called from several threads.

    `emit` is called exactly once per job with its Enhancement, ok or failed, on the calling thread.
    """

    def run(
        self,
        spec: ModelSpec,
        jobs: Sequence[Job],
        emit: Callable[[Enhancement], None],
        on_loaded: Callable[[], None] = lambda: None,
    ) -> RunInfo:
        """Run a model over all jobs; `on_loaded` is called before the first job, on the calling thread.

        Raises:
            SeinferError: the model could not be loaded; no job was started.
        """
        ...

    def close(self) -> None:
        """End all workers at once; every `run` in progress then returns or raises soon."""
        ...


class Session(Protocol):
    """A loaded model that enhances one batch after the other; nothing is decoded or written while it enhances.

    Attributes:
        device: "cpu" or "cuda".
        threads: processor cores that the model may use.
        limits: largest batch that the model accepts.
        load_s: seconds until the model was ready, without the start of its process.
    """

    device: str
    threads: int
    limits: BatchLimits
    load_s: float

    def run(self, jobs: Sequence[Job]) -> list[Enhancement]:
        """Enhance the jobs as one batch, and wait for the results.

        Raises:
            BackendError: the worker ended or hung.
        """
        ...

    def run_stream(self, job: Job) -> StreamRun:
        """Send a clip through a stream of the model, one hop at a time, and wait for the times of the hops.

        Raises:
            BackendError: the worker ended or hung.
        """
        ...


class MeasuringEngine(Engine, Protocol):
    """An engine that can also run a model batch by batch, to measure its cost."""

    threads: int

    def open(self, spec: ModelSpec) -> AbstractContextManager[Session]:
        """Load a model in a worker of its own, which ends with the `with` block.

        Raises:
            SeinferError: the model could not be loaded.
        """
        ...
