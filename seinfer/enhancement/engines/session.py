"""One loaded model in its worker process, one batch after the other; implements `base.Session`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from ...backends.base import BatchLimits
from ...core.errors import BackendError
from ...core.process import Message, Process
from ...core.records import Enhancement, Job, StreamRun, from_json, to_json
from .waiting import receive, receive_result

T = TypeVar("T")


class LocalSession:
    """Sends a batch only after the results of the batch before, so that only inference runs while it is timed."""

    def __init__(self, child: Process, ready: Message, model: str, threads: int, timeout_s: float) -> None:
        """Use a worker whose model is loaded.

        Args:
            child: the worker.
            ready: its first message.
            model: its name, for the log.
            threads: processor cores that the model may use.
            timeout_s: when the worker counts as hung, see `waiting.receive`.
        """
        self.device = str(ready["device"])
        self.threads = threads
        self.load_s = float(ready["load_s"])
        self.limits = BatchLimits(int(ready["max_clips"]), float(ready["max_batch_s"]))
        self._child = child
        self._model = model
        self._timeout_s = timeout_s

    def run(self, jobs: Sequence[Job]) -> list[Enhancement]:
        """Enhance the jobs as one batch; see base.Session."""
        self._child.send({"jobs": [to_json(job) for job in jobs]})
        return [self._receive() for _ in jobs]

    def run_stream(self, job: Job) -> StreamRun:
        """Send a clip through a stream, one hop at a time; see base.Session."""
        self._child.send({"stream": to_json(job)})
        return from_json(StreamRun, self._require(lambda: receive(self._child, self._timeout_s)))

    def _receive(self) -> Enhancement:
        return self._require(lambda: receive_result(self._child, self._timeout_s, self._model))

    def _require(self, answer: Callable[[], T | None]) -> T:
        """Return the answer of the worker.

        Raises:
            BackendError: the worker ended or hung.
        """
        try:
            found = answer()
        except TimeoutError as error:
            raise BackendError(f"timeout: {error}") from None
        if found is None:
            raise BackendError(f"crashed: the worker process ended ({self._child.describe_exit()})")
        return found
