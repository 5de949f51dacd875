"""One worker process per model on this machine. A crash costs only the clip that caused it.

When a worker dies or hangs, a few clips were in progress, and one of them is the cause. Each is tried again alone in a
new worker; the clip that ends its worker again is marked as failed, and the others continue.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from ...core import errors
from ...core.process import Child, Launch, Message, Process, thread_variables
from ...core.records import Enhancement, Job, ModelSpec, to_json
from ...models.weights import weights_dir
from .base import RunInfo
from .batches import Batch, WaitingBatches
from .session import LocalSession
from .waiting import cut, receive, receive_result

# One batch runs, one is being decoded, one waits: the worker is never idle, and few clips are lost with it.
_BATCHES_IN_PROGRESS = 3
# How often a worker that was lost with its machine is replaced for the same work.
_MAX_LOSSES = 3

# Errors that a worker may report while loading, by name; AudioError is about clips and has a reason.
_ERRORS = {kind.__name__: kind for kind in errors.SeinferError.__subclasses__() if kind is not errors.AudioError}

log = logging.getLogger(__name__)

Emit = Callable[[Enhancement], None]
Start = Callable[[ModelSpec], tuple[Process, Message]]


class LocalEngine:
    """Starts one worker per model.

    Attributes:
        threads: processor cores that a model may use.
        timeout_s: when a worker counts as hung, see `waiting.receive`.
    """

    def __init__(
        self,
        device: str,
        threads: int,
        timeout_s: float = 300.0,
        precision: str = "float32",
        launch: Launch | None = None,
    ) -> None:
        """Prepare.

        Args:
            device: "cpu", "cuda" or "auto".
            threads: see the attribute.
            timeout_s: see the attribute.
            precision: "float32", "bf16" or "fp16".
            launch: starts a worker's process; None for one on this machine.
        """
        self.threads = threads
        self.timeout_s = timeout_s
        self._device = device
        self._precision = precision
        self._start_process = launch
        self._children: set[Process] = set()
        self._lock = threading.Lock()
        self._is_closed = False

    def run(
        self, spec: ModelSpec, jobs: Sequence[Job], emit: Emit, on_loaded: Callable[[], None] = lambda: None
    ) -> RunInfo:
        """Run a model over all jobs; see engines.base.Engine."""
        waiting = WaitingBatches()
        model_run = ModelRun(spec, self.start, self.timeout_s, emit, waiting)
        info = model_run.run(jobs, on_loaded)
        for batch in waiting.take_all():
            fail(spec, batch.jobs, model_run.failure, emit)
        return info

    @contextmanager
    def open(self, spec: ModelSpec) -> Iterator[LocalSession]:
        """Load a model to run it batch by batch; see engines.base.MeasuringEngine."""
        child, ready = self.start(spec)
        try:
            yield LocalSession(child, ready, spec.name, self.threads, self.timeout_s)
        finally:
            child.kill()

    def start(self, spec: ModelSpec) -> tuple[Process, Message]:
        """Start a worker and wait until its model is loaded.

        Raises:
            SeinferError: it cannot be loaded, as the worker reports; BackendError if its process ended or hangs.
        """
        settings = {"device": self._device, "threads": self.threads, "precision": self._precision}
        for _ in range(_MAX_LOSSES):
            child = self._launch(spec)
            child.send({"spec": to_json(spec), **settings})
            try:
                ready = receive(child, self.timeout_s)
            except TimeoutError as error:
                child.kill()
                raise errors.BackendError(f"{spec.name}: still not loaded: {error}") from None
            if ready is not None or not child.is_lost:
                break
        if ready is None:
            raise errors.BackendError(f"{spec.name}: its process ended while loading ({child.describe_exit()})")
        if ready.get("event") not in ("ready", "error"):
            child.kill()
            raise errors.BackendError(
                f"{spec.name}: {_command(spec)[0]} does not answer as a worker of seinfer; expected a Python "
                "interpreter: correct the key python of its table"
            )
        if ready["event"] == "error":
            child.kill()
            raise _ERRORS.get(ready["kind"], errors.BackendError)(cut(ready["message"], spec.name))
        log.info("model loaded", extra={"model": spec.name, **ready})
        return child, ready

    def _launch(self, spec: ModelSpec) -> Process:
        # The full path, because another interpreter may lack the package that finds the folder.
        environment = {**thread_variables(self.threads), "SEINFER_WEIGHTS_DIR": str(weights_dir())}
        with self._lock:
            if self._is_closed:
                raise errors.BackendError(f"{spec.name}: stopped")
            child = (self._start_process or Child)(_command(spec), environment, spec.name)
            self._children.add(child)
        return child

    def close(self) -> None:
        """End all workers at once and start no more."""
        with self._lock:
            self._is_closed = True
            children = tuple(self._children)
        for child in children:
            child.kill()


def _command(spec: ModelSpec) -> list[str]:
    """Return the argv of a worker: in this interpreter, or in the model's own, where seinfer need not be installed."""
    if not spec.python:
        return [sys.executable, "-m", "seinfer.enhancement.worker"]
    return [spec.python, str(Path(__file__).parents[1] / "bootstrap.py")]


class ModelRun:
    """Runs one model with one worker at a time, with a new worker whenever one is lost.

    Attributes:
        failure: why no new worker could be started; "" if none was missing. The batches that wait are then left.
    """

    def __init__(self, spec: ModelSpec, start: Start, timeout_s: float, emit: Emit, waiting: WaitingBatches) -> None:
        """Prepare.

        Args:
            spec: the model.
            start: starts a worker; see `LocalEngine.start`.
            timeout_s: when a worker counts as hung, see `waiting.receive`.
            emit: called with each result.
            waiting: the batches, which other workers may take too.
        """
        self.failure = ""
        self._spec = spec
        self._start = start
        self._timeout_s = timeout_s
        self._emit = emit
        self._waiting = waiting
        self._in_progress: deque[Batch] = deque()

    def run(self, jobs: Sequence[Job], on_loaded: Callable[[], None]) -> RunInfo:
        """Run until no batch is left; see engines.base.Engine."""
        child, ready = self._start(self._spec)
        on_loaded()
        self._waiting.fill(jobs, max_clips=ready["max_clips"], max_batch_s=ready["max_batch_s"])
        try:
            while self._has_sent_batches(child):
                if reason := self._receive(child):
                    log.warning("worker lost", extra={"model": self._spec.name, "reason": reason})
                    child.kill()
                    self._retry_alone(reason, is_lost=child.is_lost)
                    if self._waiting:
                        child, _ = self._start(self._spec)
        except errors.SeinferError as error:
            self.failure = f"worker_lost: no new worker could be started: {error}"
        finally:
            child.stop()
        names = ("device", "note", "load_s", "precision", "precision_snr_db")
        return RunInfo(**{name: ready[name] for name in names})

    def _has_sent_batches(self, child: Process) -> bool:
        """Send the batches that may be in progress together; return False if none is in progress."""
        while batch := self._waiting.take(len(self._in_progress), self._may_send):
            self._in_progress.append(batch)
            child.send({"jobs": [to_json(job) for job in batch.jobs]})
        return bool(self._in_progress)

    def _may_send(self, batch: Batch) -> bool:
        if not self._in_progress:
            return True
        return not batch.alone and not self._in_progress[-1].alone and len(self._in_progress) < _BATCHES_IN_PROGRESS

    def _receive(self, child: Process) -> str:
        """Wait for one result; return the reason why the worker must be replaced, "" if it works."""
        try:
            enhancement = receive_result(child, self._timeout_s, self._spec.name)
        except TimeoutError as error:
            return f"timeout: {error}"
        if enhancement is None:
            return f"crashed: the worker process ended ({child.describe_exit()})"
        for batch in self._in_progress:
            batch.jobs = [job for job in batch.jobs if job.clip_id != enhancement.clip_id]
        self._in_progress = deque(batch for batch in self._in_progress if batch.jobs)
        self._emit(enhancement)
        return ""

    def _retry_alone(self, reason: str, *, is_lost: bool) -> None:
        """Fail the clip that was in progress alone; of several clips, queue each alone.

        If the worker was lost with its machine, the batches are queued as they were, because no clip is the cause.
        """
        batches = list(self._in_progress)
        self._in_progress.clear()
        if is_lost and all(batch.n_losses < _MAX_LOSSES for batch in batches):
            self._waiting.put_back(replace(batch, n_losses=batch.n_losses + 1) for batch in batches)
        elif batches and batches[0].alone:
            fail(self._spec, batches[0].jobs, reason, self._emit)
        else:
            self._waiting.put_back(Batch([job], alone=True) for batch in batches for job in batch.jobs)


def fail(spec: ModelSpec, jobs: Sequence[Job], error: str, emit: Emit) -> None:
    """Report jobs as failed."""
    for job in jobs:
        emit(Enhancement(job.clip_id, spec.name, "failed", error))
