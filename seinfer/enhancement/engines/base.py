"""The interface of an engine: it runs one model over jobs, on this machine or elsewhere, and reports each result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from ...core.records import Enhancement, Job, ModelSpec


@dataclass(frozen=True)
class RunInfo:
    """How a model ran.

    Attributes:
        device: "cpu" or "cuda".
        note: why it did not run on another device; may be empty.
        load_s: seconds until the model was ready.
    """

    device: str = "cpu"
    note: str = ""
    load_s: float = 0.0


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
