"""A pool of processes over clips and their estimates. A failure is a value with its reason; a crash costs one figure.

PESQ holds the interpreter lock and can end its process (arrays of 50 utterances, unchecked), so scoring runs in
processes of its own. One that dies is replaced; the metric that it had begun is given up for that estimate and the rest
is done again.
"""

from __future__ import annotations

import queue
import sys
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import replace

from ..core.errors import BackendError
from ..core.process import Child, Message, thread_variables
from ..core.records import Score, ScoringTask, from_json, to_json


class ScoringPool:
    """Processes that score; results come in any order."""

    def __init__(self, processes: int) -> None:
        """Prepare `processes` scoring processes; they start with the first task, and load in the background."""
        self._n_processes = processes
        self._waiting: OrderedDict[tuple[str, str], ScoringTask] = OrderedDict()
        self._inbox: queue.Queue[tuple[Child, Message | None]] = queue.Queue()
        self._starting: set[Child] = set()
        self._running: dict[Child, ScoringTask | None] = {}
        self._begun: dict[Child, tuple[str, str]] = {}

    def submit(self, task: ScoringTask) -> None:
        """Queue a task; one that waits for the same reference takes it in, so that the reference is read once."""
        if not self._running and not self._starting:
            for _ in range(self._n_processes):
                self._start()
        self._queue(task)
        self._dispatch()

    def _queue(self, task: ScoringTask) -> None:
        slot = (task.clip_id, task.reference)
        if waiting := self._waiting.get(slot):
            task = replace(
                task,
                estimates={**waiting.estimates, **task.estimates},
                banned={**waiting.banned, **task.banned},
            )
        self._waiting[slot] = task

    def ready(self) -> Iterator[Score]:
        """Yield the scores that are there, without waiting."""
        while True:
            try:
                message = self._inbox.get_nowait()
            except queue.Empty:
                return
            yield from self._take(*message)

    def finish(self) -> Iterator[Score]:
        """Yield the rest, waiting until every task is done."""
        while self._waiting or any(task is not None for task in self._running.values()):
            yield from self._take(*self._inbox.get())

    def close(self) -> None:
        """End all processes."""
        for child in (*self._running, *self._starting):
            child.kill()

    def _start(self) -> None:
        command = [sys.executable, "-m", "seinfer.scoring.worker"]
        child = Child(
            command, thread_variables(1), "scoring", lambda source, message: self._inbox.put((source, message))
        )
        self._starting.add(child)

    def _dispatch(self) -> None:
        for child, task in self._running.items():
            if task is None and self._waiting:
                _, self._running[child] = self._waiting.popitem(last=False)
                child.send({"task": to_json(self._running[child])})

    def _take(self, child: Child, message: Message | None) -> Iterator[Score]:
        if message is None:
            yield from self._after_death(child)
        elif message["event"] == "ready":
            self._starting.discard(child)
            self._running[child] = None
        elif message["event"] == "metric":
            self._begun[child] = (message["model"], message["metric"])
        elif message["event"] == "score":
            score = from_json(Score, message)
            task = self._running[child]
            assert task is not None
            self._running[child] = replace(
                task, estimates={model: path for model, path in task.estimates.items() if model != score.model}
            )
            yield score
        else:
            self._running[child] = None
            self._begun.pop(child, None)
        self._dispatch()

    def _after_death(self, child: Child) -> Iterator[Score]:
        """Blame the metric that had begun, and redo the rest of the task without it."""
        if child in self._starting:
            raise BackendError(
                f"a scoring process ended while starting ({child.describe_exit()}); see `seinfer doctor`"
            )
        task = self._running.pop(child)
        how = child.describe_exit()
        model, metric = self._begun.pop(child, ("", ""))
        self._start()
        if task is None or not task.estimates:
            return
        if model in task.estimates and f"{model} {metric}" not in task.banned:
            reason = "pesq_crash" if metric.startswith("pesq") else "metric_crash"
            self._queue(replace(task, banned={**task.banned, f"{model} {metric}": reason}))
            return
        # No metric had begun: reading or preparing the next estimate ends the process, nothing can be left out.
        model, *rest = task.estimates
        reasons = dict.fromkeys(task.metrics, f"metric_crash: {how}")
        yield Score(task.clip_id, model, task.sample_rate, reasons=reasons)
        if rest:
            self._queue(replace(task, estimates={name: task.estimates[name] for name in rest}))
