"""What an engine is: it runs one model over jobs, wherever that may be, and says what came of each."""

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
        note: why not on another, empty where there is nothing to say.
        load_s: seconds until the model was ready.
    """

    device: str = "cpu"
    note: str = ""
    load_s: float = 0.0


class Engine(Protocol):
    """Runs models; `run` may be called from several threads.

    `emit` gets exactly one Enhancement a job, ok or failed, on the calling thread.
    """

    def run(self, spec: ModelSpec, jobs: Sequence[Job], emit: Callable[[Enhancement], None]) -> RunInfo:
        """Run a model over all jobs.

        Raises:
            SeinferError: the model could not be loaded; no job was begun.
        """
        ...

    def close(self) -> None:
        """End whatever runs, at once; `run` then returns or raises soon, wherever it is."""
        ...
