"""The figures and the verdict of a stream, with a session and a calibration of the test."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from seinfer.backends.base import BatchLimits
from seinfer.core.records import Enhancement, Job, StreamRun
from seinfer.enhancement.calibration import Calibration, Reading
from seinfer.enhancement.stream_cost import MAX_ROUNDS, StreamCost, figures_of, measure_stream, percentile
from seinfer.models.registry import load_registry

SPEC = load_registry().specs["rnnoise"]
HOP_S = 0.01


def run_of(seconds: Sequence[float], cpu_seconds: Sequence[float] | None = None) -> StreamRun:
    """Return the times of hops of 10 ms."""
    return StreamRun("", 16_000, 160, 320, tuple(seconds), tuple(cpu_seconds or seconds), 80.0)


class FakeSession:
    """Answers with the runs in turn, the last one again and again."""

    device, threads, load_s = "cpu", 1, 0.5
    limits = BatchLimits()

    def __init__(self, *runs: StreamRun) -> None:
        self.runs = list(runs)
        self.n_calls = 0

    def run(self, jobs: Sequence[Job]) -> list[Enhancement]:
        raise AssertionError("no batch is measured here")

    def run_stream(self, job: Job) -> StreamRun:
        self.n_calls += 1
        return self.runs.pop(0) if len(self.runs) > 1 else self.runs[0]


def measure(session: FakeSession, slowdowns: Sequence[float] = (1.0,)) -> StreamCost:
    """Measure; the fixed calculation takes so many times its best time, the last value again and again."""
    left = list(slowdowns)
    calibration = Calibration(lambda: Reading(0.05 * (left.pop(0) if len(left) > 1 else left[0]), 0.05))
    return measure_stream(session, calibration, Job("clip", "clip.wav", "", 10.0), SPEC)


def test_measure_stream_on_a_quiet_machine_takes_the_first_round() -> None:
    session = FakeSession(run_of([0.001] * 98 + [0.002, 0.004]))
    cost = measure(session)
    assert session.n_calls == 1
    assert (cost.p50_ms, cost.p99_ms, cost.worst_ms) == pytest.approx((1.0, 2.0, 4.0))
    assert (cost.hop_ms, cost.n_hops, cost.n_late) == (10.0, 100, 0)
    assert (cost.latency_ms, cost.stream_latency_ms) == (SPEC.latency_ms, 20.0)
    assert (cost.verdict, cost.margin) == ("yes", pytest.approx(5.0))
    assert not cost.is_busy


def test_measure_stream_disturbed_round_is_repeated() -> None:
    session = FakeSession(run_of([0.02] * 100, [0.001] * 100), run_of([0.001] * 100))
    cost = measure(session, [3.0, 3.0, 1.0])
    assert session.n_calls == 3
    assert (cost.verdict, cost.is_busy, cost.p99_ms) == ("yes", False, pytest.approx(1.0))


def test_measure_stream_always_disturbed_is_busy_and_ends() -> None:
    session = FakeSession(run_of([0.001] * 99 + [0.02], [0.001] * 100))
    cost = measure(session, [3.0])
    assert session.n_calls == MAX_ROUNDS
    assert cost.is_busy
    assert cost.verdict == "unclear"


def test_measure_stream_model_without_streams_has_the_reason() -> None:
    cost = measure(FakeSession(StreamRun("needs the whole clip before its first output")))
    assert cost.error == "no_stream: needs the whole clip before its first output"
    assert cost.verdict == ""


@pytest.mark.parametrize(
    ("seconds", "verdict"),
    [
        ([0.001] * 1000, "yes"),
        ([0.001] * 995 + [0.02] * 5, "not always"),
        ([0.001] * 900 + [0.02] * 100, "no"),
    ],
)
def test_verdict_follows_the_late_hops(seconds: list[float], verdict: str) -> None:
    assert figures_of(StreamCost("model"), run_of(seconds), 1.0).verdict == verdict


def test_verdict_of_late_processor_time_on_a_busy_machine_is_no() -> None:
    cost = figures_of(StreamCost("model", device="cpu"), run_of([0.05] * 100, [0.02] * 100), 3.0)
    assert (cost.is_busy, cost.verdict) == (True, "no")


def test_percentile_is_a_value_that_occurs() -> None:
    values = [float(value) for value in range(1, 101)]
    assert [percentile(values, percent) for percent in (50, 99, 100)] == [50.0, 99.0, 100.0]
    assert percentile([3.0], 99) == 3.0
