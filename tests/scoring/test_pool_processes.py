"""Which process of the pool gets a task, and processes that are lost with their machine; without real processes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from seinfer.core.errors import BackendError
from seinfer.core.process import Message, OnMessage, Process
from seinfer.core.records import Score, ScoringTask, to_json
from seinfer.scoring.pool import ScoringPool

READY: Message = {"event": "ready"}
DONE: Message = {"event": "done"}


class Recorder(Process):
    """A process that records the tasks sent to it."""

    def __init__(self) -> None:
        self.tasks: list[dict[str, Any]] = []
        self.is_lost = False

    def send(self, message: Mapping[str, Any]) -> None:
        self.tasks.append(message["task"])

    def kill(self) -> None: ...

    def describe_exit(self) -> str:
        return "signal 9"


class Pool:
    """A pool of recorders."""

    def __init__(self, n_processes: int) -> None:
        self.started: list[Recorder] = []
        self.pool = ScoringPool(n_processes, lambda child, message: None, self._launch)

    def _launch(self, command: object, environment: object, name: str, on_message: OnMessage | None = None) -> Recorder:
        self.started.append(Recorder())
        return self.started[-1]

    def submit(self, clip: str, model: str) -> None:
        self.pool.submit(ScoringTask(clip, f"{clip}.wav", "", {model: f"{model}/{clip}.wav"}, ("si_sdr",), 0))

    def handle(self, child: Recorder, message: Message | None) -> list[Score]:
        return list(self.pool.handle(child, message))

    def finish(self, child: Recorder) -> None:
        task = child.tasks[-1]
        for model in task["estimates"]:
            score = Score(task["clip_id"], model, 16_000, {"si_sdr": 1.0})
            assert self.handle(child, {"event": "score", **to_json(score)}) == [score]
        self.handle(child, DONE)

    def lose(self, child: Recorder) -> list[Score]:
        child.is_lost = True
        return self.handle(child, None)


def clips(child: Recorder) -> list[str]:
    return [task["clip_id"] for task in child.tasks]


@pytest.fixture
def two() -> Pool:
    """Return a pool whose two processes have scored clip a and clip b of one model."""
    pool = Pool(2)
    pool.submit("a", "one")
    pool.submit("b", "one")
    for child in pool.started:
        pool.handle(child, READY)
    for child in pool.started:
        pool.finish(child)
    assert [clips(child) for child in pool.started] == [["a"], ["b"]]
    return pool


def test_pool_further_estimate_goes_to_the_process_that_had_its_reference(two: Pool) -> None:
    first, second = two.started
    for clip in ("c", "d", "b", "a"):  # c and d keep both processes busy, while b and a wait
        two.submit(clip, "two")
    two.finish(second)
    assert clips(second) == ["b", "d", "b"]
    two.finish(first)
    assert clips(first) == ["a", "c", "a"]


def test_pool_process_without_a_task_of_its_own_takes_a_new_reference_first(two: Pool) -> None:
    first, second = two.started
    for clip in ("c", "d", "a", "e"):
        two.submit(clip, "two")
    two.finish(second)
    assert clips(second) == ["b", "d", "e"]
    two.finish(second)
    assert clips(second) == ["b", "d", "e", "a"]  # better than to wait for the other process
    assert clips(first) == ["a", "c"]


def test_pool_task_of_a_lost_process_is_repeated_whole_on_another(two: Pool) -> None:
    first, second = two.started
    two.submit("c", "two")
    assert clips(first) == ["a", "c"]
    assert two.lose(first) == []
    assert clips(second) == ["b", "c"]
    assert second.tasks[-1] == first.tasks[-1]
    assert len(two.started) == 3


def test_pool_task_that_is_lost_again_and_again_gets_the_reason_of_a_crash() -> None:
    pool = Pool(1)
    pool.submit("a", "one")
    scores = []
    for attempt in range(4):
        pool.handle(pool.started[attempt], READY)
        assert not scores
        scores = pool.lose(pool.started[attempt])
    assert [score.reasons for score in scores] == [{"si_sdr": "metric_crash: signal 9"}]


def test_pool_process_that_is_lost_while_it_starts_is_replaced_but_not_without_end() -> None:
    pool = Pool(1)
    pool.submit("a", "one")
    assert pool.lose(pool.started[0]) == []
    assert len(pool.started) == 2
    with pytest.raises(BackendError, match=r"ended while starting \(signal 9\)"):
        pool.lose(pool.started[1])
