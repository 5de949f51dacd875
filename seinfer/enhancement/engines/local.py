"""One worker process a model on this machine. What a model does to its process costs the clip that caused it, no more.

A worker that dies or hangs takes a few clips with it, of which one is to blame. Each of those is tried again alone in a
fresh worker; the one that ends its worker once more is marked failed, the others go on.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...core import errors
from ...core.process import Child, Message, thread_variables
from ...core.records import Enhancement, Job, ModelSpec, from_json, to_json
from ...models.weights import weights_dir
from .base import RunInfo
from .batches import group_by_length

# One batch runs, one is being decoded, one waits: the worker never idles and little is lost with it.
_BATCHES_IN_FLIGHT = 3
# A worker is given up when it says nothing for this many times the audio that it holds, and at least the time-out.
_PATIENCE = 60.0

# What a worker may report of loading, by name; AudioError is about clips and takes a reason.
_ERRORS = {kind.__name__: kind for kind in errors.SeinferError.__subclasses__() if kind is not errors.AudioError}

log = logging.getLogger(__name__)

Emit = Callable[[Enhancement], None]


@dataclass
class _Batch:
    """Jobs that go to the worker together; a suspect goes alone, with nothing beside it."""

    jobs: list[Job]
    alone: bool = False

    @property
    def duration_s(self) -> float:
        return sum(job.duration_s for job in self.jobs)


class LocalEngine:
    """Starts a worker a model.

    Attributes:
        timeout_s: silence after which a worker counts as hung, longer for long clips.
    """

    def __init__(self, device: str, threads: int, timeout_s: float = 300.0) -> None:
        """Prepare.

        Args:
            device: "cpu", "cuda" or "auto".
            threads: cores that a model may use.
            timeout_s: see the attribute.
        """
        self.timeout_s = timeout_s
        self._device = device
        self._threads = threads
        self._children: set[Child] = set()
        self._lock = threading.Lock()
        self._is_closed = False

    def run(self, spec: ModelSpec, jobs: Sequence[Job], emit: Emit) -> RunInfo:
        """Run a model over all jobs; see engines.base.Engine."""
        return _ModelRun(self, spec, emit).run(jobs)

    def start(self, spec: ModelSpec) -> tuple[Child, Message]:
        """Start a worker and wait until its model is loaded.

        Raises:
            SeinferError: it cannot be loaded, as the worker says; BackendError where its process just ended.
        """
        child = self._launch(spec)
        child.send({"spec": to_json(spec), "device": self._device, "threads": self._threads})
        try:
            ready = child.receive(self.timeout_s)
        except TimeoutError:
            child.kill()
            raise errors.BackendError(
                f"{spec.name}: still not loaded after {self.timeout_s:.0f} s; raise --timeout if this machine is slow"
            ) from None
        if ready is None:
            raise errors.BackendError(f"{spec.name}: its process ended while loading ({child.describe_exit()})")
        if ready["event"] == "error":
            child.kill()
            raise _ERRORS.get(ready["kind"], errors.BackendError)(ready["message"])
        log.info("model loaded", extra={"model": spec.name, **ready})
        return child, ready

    def _launch(self, spec: ModelSpec) -> Child:
        # Said in full, because an interpreter of its own may lack what finds the folder.
        environment = {**thread_variables(self._threads), "SEINFER_WEIGHTS_DIR": str(weights_dir())}
        with self._lock:
            if self._is_closed:
                raise errors.BackendError(f"{spec.name}: stopped")
            child = Child(_command(spec), environment, spec.name)
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
    """Return the argv of a worker: of this interpreter, or of the model's own, which need not know seinfer."""
    if not spec.python:
        return [sys.executable, "-m", "seinfer.enhancement.worker"]
    return [spec.python, str(Path(__file__).parents[1] / "bootstrap.py")]


class _ModelRun:
    """One model's way through its jobs, over as many workers as it takes."""

    def __init__(self, engine: LocalEngine, spec: ModelSpec, emit: Emit) -> None:
        self._engine = engine
        self._spec = spec
        self._emit = emit
        self._waiting: deque[_Batch] = deque()
        self._flying: deque[_Batch] = deque()

    def run(self, jobs: Sequence[Job]) -> RunInfo:
        child, ready = self._engine.start(self._spec)
        groups = group_by_length(
            [j.duration_s for j in jobs], max_clips=ready["max_clips"], max_batch_s=ready["max_batch_s"]
        )
        self._waiting.extend(_Batch([jobs[i] for i in group]) for group in groups)
        try:
            while self._waiting or self._flying:
                self._top_up(child)
                if reason := self._take(child):
                    log.warning("worker lost", extra={"model": self._spec.name, "reason": reason})
                    child.kill()
                    self._after_death(reason)
                    if self._waiting:
                        child, _ = self._engine.start(self._spec)
        except errors.SeinferError as error:
            self._give_up(f"worker_lost: no new worker could be started: {error}")
        finally:
            child.stop()
        return RunInfo(ready["device"], ready["note"], ready["load_s"])

    def _top_up(self, child: Child) -> None:
        """Send what may fly beside what is flying."""
        while self._waiting and self._may_fly(self._waiting[0]):
            batch = self._waiting.popleft()
            self._flying.append(batch)
            child.send({"jobs": [to_json(job) for job in batch.jobs]})

    def _may_fly(self, batch: _Batch) -> bool:
        if not self._flying:
            return True
        return not batch.alone and not self._flying[-1].alone and len(self._flying) < _BATCHES_IN_FLIGHT

    def _take(self, child: Child) -> str:
        """Take one result; return why the worker has to go, "" while it is well."""
        limit_s = max(self._engine.timeout_s, _PATIENCE * sum(batch.duration_s for batch in self._flying))
        try:
            message = child.receive(limit_s)
        except TimeoutError:
            return f"timeout: the worker said nothing for {limit_s:.0f} s; raise --timeout if this machine is slow"
        if message is None:
            return f"crashed: the worker process ended ({child.describe_exit()})"
        enhancement = from_json(Enhancement, message)
        for batch in self._flying:
            batch.jobs = [job for job in batch.jobs if job.clip_id != enhancement.clip_id]
        self._flying = deque(batch for batch in self._flying if batch.jobs)
        self._emit(enhancement)
        return ""

    def _after_death(self, reason: str) -> None:
        """A clip that was alone is to blame; of several, each is tried again alone."""
        if self._flying and self._flying[0].alone:
            self._fail(self._flying[0].jobs, reason)
        else:
            suspects = [job for batch in self._flying for job in batch.jobs]
            self._waiting.extendleft(_Batch([job], alone=True) for job in reversed(suspects))
        self._flying.clear()

    def _give_up(self, reason: str) -> None:
        for batch in (*self._flying, *self._waiting):
            self._fail(batch.jobs, reason)
        self._flying.clear()
        self._waiting.clear()

    def _fail(self, jobs: Sequence[Job], error: str) -> None:
        for job in jobs:
            self._emit(Enhancement(job.clip_id, self._spec.name, "failed", error))
