"""Discrete event simulation of one `seinfer compare` on any number of cores; the rule of scheduling is seinfer's own.

- The clips of each model are grouped by `group_by_length`, longest first.
- `jobs` models run at once, each in n / `jobs` processes, which take batches from one queue. A process has AHEAD
  batches: it computes one, the others wait. The last batches are kept for processes that have fewer.
- Every result goes through the parent process, one at a time: a line of the journal, and then the scoring task.
- A scoring process gets its next task when the parent has handled its last score.
- With `max_unscored`, no batch is sent while so many clips that were sent have no score yet (back-pressure).

A core computes one batch, one scoring task or one start of a process at a time, in the order in which they became
ready. Real processes share a core instead; the total time is the same: no core is idle while something is ready.
Not simulated: failures, the limits of disk and network, and scoring tasks that share a reference.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from seinfer.enhancement.engines.batches import group_by_length

AHEAD = 3
"""Batches of a process that are in progress: see _BATCHES_IN_PROGRESS in seinfer/enhancement/engines/local.py."""


@dataclass(frozen=True)
class ModelCost:
    """One model.

    Attributes:
        name: of the model.
        s_per_s: processor seconds for a second of audio: decoding, inference and writing.
        start_s: processor seconds until its process is ready.
        max_clips, max_batch_s: largest batch.
    """

    name: str
    s_per_s: float
    start_s: float = 0.0
    max_clips: int = 4
    max_batch_s: float = 60.0


@dataclass(frozen=True)
class Costs:
    """Everything that takes time, in processor seconds of one core.

    Attributes:
        models: the models.
        scoring_s_per_s, scoring_clip_s: for a second of audio, and in addition for each estimate.
        scoring_start_s: start of a scoring process.
        before_s, before_clip_s: parent before the first process starts: once, and for each clip.
        result_s: parent, for the result of a clip and its score together.
        after_s, after_row_s: parent after the last score: once, and for each clip and model.
    """

    models: tuple[ModelCost, ...]
    scoring_s_per_s: float
    scoring_start_s: float = 0.0
    scoring_clip_s: float = 0.0
    before_s: float = 0.0
    before_clip_s: float = 0.0
    result_s: float = 0.0
    after_s: float = 0.0
    after_row_s: float = 0.0


@dataclass(frozen=True)
class Cluster:
    """The machine or machines of one run.

    Attributes:
        n_cores: number of workers: a core with one process for inference and one for scoring.
        jobs: models that run at once.
        parent_has_core: the parent has a core of its own besides them.
        max_unscored: back-pressure; None: none.
    """

    n_cores: int
    jobs: int = 1
    parent_has_core: bool = True
    max_unscored: int | None = None


@dataclass(frozen=True)
class Outcome:
    """A simulated run; all values are seconds.

    Attributes:
        elapsed_s: from the start to the last table.
        work_s: inference and scoring, over all cores.
        start_s: starts of processes, over all cores.
        parent_s: time that the parent computed between `before` and `after`.
        serial_s: parent alone, before the first process and after the last score.
        tail_s: from the last moment at which all cores were busy until the last score.
        max_unscored: most clips that were sent to a model and had no score yet, at one moment.
    """

    elapsed_s: float
    work_s: float
    start_s: float
    parent_s: float
    serial_s: float
    tail_s: float
    max_unscored: int


def simulate(costs: Costs, lengths_s: Sequence[float], cluster: Cluster) -> Outcome:
    """Simulate a run over clips of these lengths, in seconds. The same arguments always give the same outcome."""
    return _Run(costs, lengths_s, cluster).outcome()


@dataclass
class _Pool:
    """The processes of one model and the batches that none of them has."""

    cost: ModelCost
    batches: deque[list[float]]
    n_open: int
    n_processes: int

    def has_enough(self, n_in_progress: int) -> bool:
        """Return whether a process with so many batches gets another; see WaitingBatches of seinfer."""
        return len(self.batches) > n_in_progress * (self.n_processes - 1)


@dataclass
class _Process:
    pool: _Pool
    batches: deque[list[float]] = field(default_factory=deque)
    is_computing: bool = False


class _Run:
    def __init__(self, costs: Costs, lengths_s: Sequence[float], cluster: Cluster) -> None:
        self._costs, self._cluster = costs, cluster
        self._now = costs.before_s + costs.before_clip_s * len(lengths_s)
        self._n_rows = len(lengths_s) * len(costs.models)
        self._n_unscored = self._most_unscored = self._n_scored = 0
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._n_events = 0
        self._n_free = cluster.n_cores
        self._ready: deque[tuple[float, Callable[[], None]]] = deque()
        self._last_full_s = self._now
        self._messages: deque[Callable[[], None]] = deque()
        self._parent_computes = False
        self._tasks: deque[float] = deque()
        self._held: deque[_Process] = deque()
        self._n_idle_scorers = 0
        self._scorers_started = False
        self._work_s = self._start_s = self._parent_s = 0.0
        self._pools = [self._pool(cost, lengths_s) for cost in costs.models]
        self._waiting = deque(self._pools)

    def outcome(self) -> Outcome:
        began_s = self._now
        for _ in range(self._cluster.jobs):
            self._start_next_model()
        while self._events:
            self._now, _, happen = heapq.heappop(self._events)
            happen()
        assert self._n_scored == self._n_rows
        after_s = self._costs.after_s + self._costs.after_row_s * self._n_rows
        return Outcome(
            elapsed_s=self._now + after_s,
            work_s=self._work_s,
            start_s=self._start_s,
            parent_s=self._parent_s,
            serial_s=began_s + after_s,
            tail_s=self._now - self._last_full_s,
            max_unscored=self._most_unscored,
        )

    def _pool(self, cost: ModelCost, lengths_s: Sequence[float]) -> _Pool:
        n = max(1, self._cluster.n_cores // self._cluster.jobs)
        groups = group_by_length(lengths_s, max_clips=cost.max_clips, max_batch_s=cost.max_batch_s)
        return _Pool(cost, deque([lengths_s[index] for index in group] for group in groups), len(groups), n)

    # --- time and cores ---

    def _after(self, seconds: float, happen: Callable[[], None]) -> None:
        self._n_events += 1
        heapq.heappush(self._events, (self._now + seconds, self._n_events, happen))

    def _compute(self, seconds: float, then: Callable[[], None], *, first: bool = False) -> None:
        """Use a core as soon as one is free."""
        if self._n_free:
            self._n_free -= 1
            self._after(seconds, partial(self._computed, then))
        elif first:
            self._ready.appendleft((seconds, then))
        else:
            self._ready.append((seconds, then))

    def _computed(self, then: Callable[[], None]) -> None:
        if not self._n_free:
            self._last_full_s = self._now
        self._n_free += 1
        then()
        while self._ready and self._n_free:
            self._compute(*self._ready.popleft())

    # --- models ---

    def _start_next_model(self) -> None:
        if self._waiting:
            pool = self._waiting.popleft()
            for _ in range(pool.n_processes):
                process = _Process(pool)
                self._start_s += pool.cost.start_s
                self._compute(pool.cost.start_s, partial(self._send_batches, process))

    def _send_batches(self, process: _Process) -> None:
        limit = self._cluster.max_unscored
        while (n := len(process.batches) + process.is_computing) < AHEAD and process.pool.has_enough(n):
            if limit is not None and self._n_unscored >= limit:
                self._held.append(process)
                break
            process.batches.append(process.pool.batches.popleft())
            self._n_unscored += len(process.batches[-1])
            self._most_unscored = max(self._most_unscored, self._n_unscored)
        if process.batches and not process.is_computing:
            process.is_computing = True
            batch = process.batches.popleft()
            seconds = process.pool.cost.s_per_s * sum(batch)
            self._work_s += seconds
            self._compute(seconds, partial(self._enhanced, process, batch))

    def _enhanced(self, process: _Process, batch: list[float]) -> None:
        process.is_computing = False
        process.pool.n_open -= 1
        for length_s in batch:
            self._tell_parent(partial(self._submit, length_s))
        self._send_batches(process)
        if not process.pool.n_open:
            self._start_next_model()

    # --- the parent ---

    def _tell_parent(self, handle: Callable[[], None]) -> None:
        self._messages.append(handle)
        if not self._parent_computes:
            self._handle_next()

    def _handle_next(self) -> None:
        self._parent_computes = bool(self._messages)
        if self._messages:
            seconds, handled = self._costs.result_s / 2, partial(self._handled, self._messages.popleft())
            self._parent_s += seconds
            if self._cluster.parent_has_core:
                self._after(seconds, handled)
            else:
                self._compute(seconds, handled, first=True)

    def _handled(self, handle: Callable[[], None]) -> None:
        handle()
        self._handle_next()

    # --- scoring ---

    def _submit(self, length_s: float) -> None:
        self._tasks.append(length_s)
        if not self._scorers_started:
            self._scorers_started = True
            for _ in range(self._cluster.n_cores):
                self._start_s += self._costs.scoring_start_s
                self._compute(self._costs.scoring_start_s, self._scorer_is_idle)
        elif self._n_idle_scorers:
            self._n_idle_scorers -= 1
            self._scorer_is_idle()

    def _scorer_is_idle(self) -> None:
        if not self._tasks:
            self._n_idle_scorers += 1
            return
        seconds = self._costs.scoring_clip_s + self._costs.scoring_s_per_s * self._tasks.popleft()
        self._work_s += seconds
        self._compute(seconds, partial(self._tell_parent, self._scored))

    def _scored(self) -> None:
        self._n_scored += 1
        self._n_unscored -= 1
        self._scorer_is_idle()
        limit = self._cluster.max_unscored
        while limit is not None and self._held and self._n_unscored < limit:
            self._send_batches(self._held.popleft())
