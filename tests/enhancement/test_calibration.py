"""The fixed calculation that recognises a busy machine, with readings given by the tests."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from seinfer.enhancement.calibration import Calibration, Reading, calibrate


def slowdowns(readings: Sequence[tuple[float, float]]) -> list[float]:
    given = iter(Reading(*reading) for reading in readings)
    calibration = Calibration(lambda: next(given))
    measured = [calibration.measure() for _ in readings]
    return [calibration.slowdown(reading) for reading in measured]


def test_slowdown_of_equal_readings_is_one() -> None:
    assert slowdowns([(0.05, 0.05)] * 4) == [1.0] * 4


def test_slowdown_of_a_machine_that_was_busy_for_a_while_is_relative_to_the_best_reading() -> None:
    assert slowdowns([(0.10, 0.10), (0.05, 0.05), (0.075, 0.075)]) == pytest.approx([2.0, 1.0, 1.5])


def test_slowdown_of_a_machine_that_is_always_busy_is_relative_to_the_processor_time() -> None:
    assert slowdowns([(0.15, 0.05), (0.20, 0.051)]) == pytest.approx([3.0, 4.0])


def test_slowdown_of_a_system_without_processor_times_is_relative_to_the_shortest_time() -> None:
    assert slowdowns([(0.05, 0.0), (0.10, 0.0)]) == pytest.approx([1.0, 2.0])


@pytest.mark.parametrize("threads", [1, 2])
def test_calibrate_runs_a_calculation_that_takes_processor_time_in_each_thread(threads: int) -> None:
    calibration = calibrate(threads)
    reading = calibration.measure()
    assert 0 < calibration.best_s <= reading.wall_s
    assert reading.cpu_s > 0
    assert calibration.slowdown(reading) >= 1
