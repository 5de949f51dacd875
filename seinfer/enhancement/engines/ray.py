"""Several workers per model, on the machines of a Ray cluster. They take batches from one queue.

A worker is the process that the local engine starts, and is treated in the same way: see local.py. In addition, a
worker may be lost with its machine. Then no clip is the cause: its batches return to the queue, and another worker
takes them.
"""

from __future__ import annotations

import logging
import queue
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass

from ...core.errors import SeinferError
from ...core.records import Enhancement, Job, ModelSpec
from .base import RunInfo, Session
from .batches import WaitingBatches
from .local import Emit, LocalEngine, ModelRun, fail

log = logging.getLogger(__name__)

_Event = Enhancement | None | Future[RunInfo]  # a result; None: a worker is loaded; the end of a worker


@dataclass(frozen=True)
class Pool:
    """The workers of a model.

    Attributes:
        workers: starts them on the cluster.
        n_workers: how many run at the same time.
    """

    workers: LocalEngine
    n_workers: int


class RayEngine:
    """Runs each model in a pool of workers on the cluster.

    Attributes:
        threads: processor cores that a model may use when its cost is measured, on this machine.
    """

    def __init__(self, here: LocalEngine, pool_of: Callable[[ModelSpec], Pool]) -> None:
        """Prepare.

        Args:
            here: measures costs.
            pool_of: returns the pool of a model.
        """
        self.threads = here.threads
        self._here = here
        self._pool_of = pool_of
        self._started: list[LocalEngine] = []
        self._is_closed = False

    def run(
        self, spec: ModelSpec, jobs: Sequence[Job], emit: Emit, on_loaded: Callable[[], None] = lambda: None
    ) -> RunInfo:
        """Run a model over all jobs; see engines.base.Engine."""
        pool = self._pool_of(spec)
        with closing(pool.workers) as workers:
            self._started.append(workers)
            if self._is_closed:
                workers.close()
            return _PoolRun(spec, jobs, workers, min(pool.n_workers, len(jobs))).run(emit, on_loaded)

    def open(self, spec: ModelSpec) -> AbstractContextManager[Session]:
        """Load a model on this machine, to measure its cost; see engines.base.MeasuringEngine."""
        return self._here.open(spec)

    def close(self) -> None:
        """End all workers at once and start no more."""
        self._is_closed = True
        for engine in (self._here, *self._started):
            engine.close()


class _PoolRun:
    """One model in several workers; each has a thread, which only waits for it."""

    def __init__(self, spec: ModelSpec, jobs: Sequence[Job], pool: LocalEngine, n_workers: int) -> None:
        self._spec = spec
        self._jobs = jobs
        self._pool = pool
        self._waiting = WaitingBatches(n_workers)
        self._events: queue.SimpleQueue[_Event] = queue.SimpleQueue()
        self._workers = [
            ModelRun(spec, pool.start, pool.timeout_s, self._events.put, self._waiting) for _ in range(n_workers)
        ]

    def run(self, emit: Emit, on_loaded: Callable[[], None]) -> RunInfo:
        with ThreadPoolExecutor(len(self._workers), thread_name_prefix="ray-worker") as threads:
            futures = [threads.submit(worker.run, self._jobs, self._report_loaded) for worker in self._workers]
            for future in futures:
                future.add_done_callback(self._events.put)
            try:
                self._handle_events(emit, on_loaded)
            finally:  # workers that wait for a place are not needed any more
                self._pool.close()
        info = _first_result(futures)
        reason = next((worker.failure for worker in self._workers if worker.failure), "")
        for batch in self._waiting.take_all():
            fail(self._spec, batch.jobs, reason, emit)
        return info

    def _report_loaded(self) -> None:
        self._events.put(None)

    def _handle_events(self, emit: Emit, on_loaded: Callable[[], None]) -> None:
        """Pass the results on until every job has one, or every worker has ended."""
        n_jobs, n_workers, is_loaded = len(self._jobs), len(self._workers), False
        while n_jobs and n_workers:
            event = self._events.get()
            if isinstance(event, Enhancement):
                n_jobs -= 1
                emit(event)
            elif event is None:
                if not is_loaded:
                    on_loaded()
                is_loaded = True
            else:
                n_workers -= 1


def _first_result(futures: Sequence[Future[RunInfo]]) -> RunInfo:
    """Return how the first worker ran that could be started.

    Raises:
        SeinferError: none could be started.
    """
    errors = [error for future in futures if (error := future.exception())]
    for error in errors:
        log.warning("worker not started", extra={"reason": str(error)})
        if not isinstance(error, SeinferError):
            raise error
    for future in futures:
        if not future.exception():
            return future.result()
    raise errors[0]
