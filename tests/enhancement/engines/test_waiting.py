"""A worker that is slow is told from one that hangs; the test decides the messages and processor time of the child."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import pytest

from seinfer.core.messages import MAX_CHARACTERS
from seinfer.core.process import Child, Message
from seinfer.core.records import Enhancement, to_json
from seinfer.enhancement.engines.waiting import BUSY_FACTOR, receive, receive_result

TIMEOUT_S = 10.0
STEP_S = 1.0


class FakeChild:
    """Sends its messages after silence, and uses a share of a core meanwhile. Its time is that of the waits."""

    def __init__(self, share: Sequence[float], messages: Sequence[tuple[float, Message | None]] = ()) -> None:
        self.now_s = 0.0
        self.n_measured = 0
        self._share = share
        self._messages = list(messages)

    @property
    def processor_s(self) -> float:
        self.n_measured += 1
        return sum(STEP_S * self._share[min(step, len(self._share) - 1)] for step in range(round(self.now_s / STEP_S)))

    def receive(self, timeout_s: float) -> Message | None:
        if self._messages and self.now_s >= self._messages[0][0]:
            return self._messages.pop(0)[1]
        self.now_s += timeout_s
        raise TimeoutError


def wait(child: FakeChild) -> Message | None:
    return receive(cast(Child, child), TIMEOUT_S)


def test_receive_worker_that_does_not_compute_hangs_after_the_timeout() -> None:
    child = FakeChild([0.0])
    with pytest.raises(TimeoutError, match="no progress for 10 s, and did not compute; raise --timeout"):
        wait(child)
    assert child.now_s == TIMEOUT_S


def test_receive_worker_that_stops_computing_hangs_one_timeout_later() -> None:
    child = FakeChild([1.0] * 15 + [0.0])
    with pytest.raises(TimeoutError, match="did not compute"):
        wait(child)
    assert child.now_s == 15 + TIMEOUT_S


def test_receive_worker_that_computes_hangs_after_a_multiple_of_the_timeout() -> None:
    child = FakeChild([1.0])
    with pytest.raises(TimeoutError, match=rf"no progress for 50 s \({BUSY_FACTOR} times --timeout\), although it"):
        wait(child)
    assert child.now_s == BUSY_FACTOR * TIMEOUT_S


def test_receive_slow_worker_that_computes_is_waited_for() -> None:
    child = FakeChild([0.05], [(45.0, {"event": "ready"})])
    assert wait(child) == {"event": "ready"}


def test_receive_idle_threads_that_wake_up_do_not_count_as_computing() -> None:
    with pytest.raises(TimeoutError, match="did not compute"):
        wait(FakeChild([0.002]))


def test_receive_process_that_the_worker_started_and_ended_is_not_counted_as_computing() -> None:
    child = FakeChild([1.0, 1.0, -2.0, 0.0])
    with pytest.raises(TimeoutError, match="did not compute"):
        wait(child)


def test_receive_prompt_messages_do_not_measure_the_processor_time() -> None:
    child = FakeChild([1.0], [(0.0, {"event": "clip"})] * 3)
    assert [wait(child) for _ in range(3)] == [{"event": "clip"}] * 3
    assert child.n_measured == 0  # it reads many files of /proc, and there is a message for each clip


def test_receive_worker_that_ended_returns_none() -> None:
    assert wait(FakeChild([0.0], [(3.0, None)])) is None


def test_receive_result_counts_each_block_of_a_long_clip_as_progress() -> None:
    done = Enhancement("x", "a", "failed", "failed: " + 1000 * "x")
    blocks = [(40.0 * n, {"event": "block"}) for n in range(1, 5)]
    child = FakeChild([1.0], [*blocks, (200.0, {"event": "clip", **to_json(done)})])
    result = receive_result(cast(Child, child), TIMEOUT_S, "a")
    assert result is not None
    assert (result.clip_id, len(result.error)) == ("x", MAX_CHARACTERS)
