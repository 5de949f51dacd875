"""A pool of scoring processes. A failure becomes a score with a reason; a crash costs one metric of one estimate.

PESQ holds the interpreter lock and can crash its process (arrays for 50 utterances, without bounds checks), so scoring
runs in separate processes. A process that dies is replaced, and the rest of the task is done again. PESQ is then
computed over pieces of the clip, for all estimates that have no score yet. A metric that crashes again, and any other
metric, is excluded for that estimate.

The pool has no thread and no queue of its own. Its processes report to the callback of the owner, which puts each
message on its event queue and later passes it to `handle`.
"""

from __future__ import annotations

import sys
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import replace

from ..core.errors import BackendError
from ..core.process import Child, Launch, Message, Process, thread_variables
from ..core.records import Score, ScoringTask, from_json, to_json

_PESQ = "pesq"  # the first letters of the metrics that the package pesq computes
_MAX_LOSSES = 3
"""A task whose process is lost with its machine more often may be the cause, for example by its memory."""
_STARTING = ("", "")
_MAX_REMEMBERED = 5_000
"""References whose process is remembered: of more, hardly any is still in a process when its next estimate comes."""


class ScoringPool:
    """Processes that score; scores arrive in any order.

    All methods are for one thread, the owner's. `on_message` alone is called on other threads.
    """

    def __init__(
        self,
        processes: int,
        on_message: Callable[[Process, Message | None], None],
        launch: Launch = Child,
    ) -> None:
        """Prepare a pool. The processes start with the first task, and load in the background.

        Args:
            processes: number of scoring processes.
            on_message: called with each message of a process, and with None when the process has ended. It is called
                on reader threads, so it should only put both arguments on a queue; the owner then calls `handle`.
            launch: starts a process: on this machine, or on a cluster.
        """
        self._n_processes = processes
        self._on_message = on_message
        self._launch = launch
        self._losses: Counter[tuple[str, str]] = Counter()
        self._waiting: OrderedDict[tuple[str, str], ScoringTask] = OrderedDict()
        self._starting: set[Process] = set()
        self._running: dict[Process, ScoringTask | None] = {}
        self._current_metric: dict[Process, tuple[str, str]] = {}
        self._last: dict[tuple[str, str], Process] = {}

    @property
    def is_idle(self) -> bool:
        """Whether no task is waiting or running: every submitted estimate has its score."""
        return not self._waiting and all(task is None for task in self._running.values())

    @property
    def n_waiting(self) -> int:
        """Number of tasks that no process has begun."""
        return len(self._waiting)

    def submit(self, task: ScoringTask) -> None:
        """Queue a task. It is merged with a waiting task of the same reference, so that the reference is read once."""
        if not self._running and not self._starting:
            for _ in range(self._n_processes):
                self._start()
        self._queue(task)
        self._dispatch()

    def handle(self, child: Process, message: Message | None) -> Iterator[Score]:
        """Process one message that `on_message` was called with, and yield the scores that result.

        Read the iterator to its end: the next task is sent after the last score.

        Args:
            child: the process. A process that is not in the pool (any more) is ignored.
            message: its message; None: the process has ended.

        Raises:
            BackendError: a process ended before it was ready.
        """
        if child not in self._running and child not in self._starting:
            return
        if message is None:
            yield from self._after_death(child)
        elif message["event"] == "ready":
            self._starting.discard(child)
            self._running[child] = None
        elif message["event"] == "metric":
            self._current_metric[child] = (message["model"], message["metric"])
        elif message["event"] == "score":
            score = from_json(Score, message)
            task = self._running[child]
            assert task is not None
            self._running[child] = _without(task, score.model)
            yield score
        else:
            self._running[child] = None
            self._current_metric.pop(child, None)
        self._dispatch()

    def close(self) -> None:
        """Kill all processes and forget their tasks."""
        children = (*self._running, *self._starting)
        self._waiting.clear()
        self._running.clear()
        self._starting.clear()
        for child in children:
            child.kill()

    def _start(self) -> None:
        command = [sys.executable, "-m", "seinfer.scoring.worker"]
        self._starting.add(self._launch(command, thread_variables(1), "scoring", self._on_message))

    def _queue(self, task: ScoringTask) -> None:
        slot = (task.clip_id, task.reference)
        if waiting := self._waiting.get(slot):
            task = replace(
                task,
                estimates={**waiting.estimates, **task.estimates},
                excluded={**waiting.excluded, **task.excluded},
                crashed=tuple(dict.fromkeys((*waiting.crashed, *task.crashed))),
            )
        self._waiting[slot] = task

    def _dispatch(self) -> None:
        for child, running in self._running.items():
            if running is None and self._waiting:
                slot = self._best_slot(child)
                task = self._waiting.pop(slot)
                self._running[child] = task
                if slot in self._last or len(self._last) < _MAX_REMEMBERED:
                    self._last[slot] = child
                child.send({"task": to_json(task)})

    def _best_slot(self, child: Process) -> tuple[str, str]:
        """Return the first waiting task whose reference this process had last, and may still have (see references.py).

        If there is none, the first whose reference no other process had; if there is none either, the first of all.
        """
        first_new = None
        for slot in self._waiting:
            last = self._last.get(slot)
            if last is child:
                return slot
            if first_new is None and last not in self._running:
                first_new = slot
        return first_new or next(iter(self._waiting))

    def _after_death(self, child: Process) -> Iterator[Score]:
        """Queue the rest of the task again, with a second try or without the metric that was being computed."""
        if child in self._starting:
            self._starting.discard(child)
            if child.is_lost and self._may_repeat(_STARTING, self._n_processes):
                self._start()
                return
            raise BackendError(
                f"a scoring process ended while starting ({child.describe_exit()}); see `seinfer doctor`"
            )
        task = self._running.pop(child)
        how = child.describe_exit()
        model, metric = self._current_metric.pop(child, ("", ""))
        self._start()
        if task is None or not task.estimates:
            return
        if child.is_lost and self._may_repeat((task.clip_id, task.reference), _MAX_LOSSES):
            self._queue(task)
            return
        if model in task.estimates and metric.startswith(_PESQ) and metric not in task.crashed:
            self._queue(replace(task, crashed=(*task.crashed, metric)))
            return
        if model in task.estimates and f"{model} {metric}" not in task.excluded:
            reason = "pesq_crash" if metric.startswith(_PESQ) else "metric_crash"
            self._queue(replace(task, excluded={**task.excluded, f"{model} {metric}": reason}))
            return
        # No metric had started: the process died while reading the next estimate, so there is no metric to exclude.
        model = next(iter(task.estimates))
        reasons = dict.fromkeys(task.metrics, f"metric_crash: {how}")
        yield Score(task.clip_id, model, task.sample_rate, reasons=reasons)
        if rest := _without(task, model).estimates:
            self._queue(replace(task, estimates=rest))

    def _may_repeat(self, slot: tuple[str, str], limit: int) -> bool:
        """Return whether work is done again whose process was lost with its machine; not without end."""
        self._losses[slot] += 1
        return self._losses[slot] <= limit


def _without(task: ScoringTask, model: str) -> ScoringTask:
    """Return the task without the estimate of one model."""
    return replace(task, estimates={name: path for name, path in task.estimates.items() if name != model})
