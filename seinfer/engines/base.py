"""What an engine is: it runs one model over jobs, wherever that may be, and says what came of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from ..records import Enhancement, Job, ModelSpec


class Engine(Protocol):
    """Runs one model at a time.

    `emit` gets exactly one Enhancement a job, ok or failed, on the calling thread.
    """

    def run(self, spec: ModelSpec, jobs: Sequence[Job], emit: Callable[[Enhancement], None]) -> None:
        """Run a model over all jobs.

        Raises:
            BackendError: the model could not be loaded; no job was begun.
        """
        ...
