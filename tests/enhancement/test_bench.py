"""The figures of each batch size, with the session and the clock of the tests of cost.py."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from seinfer.core.errors import BackendError
from seinfer.core.records import Job
from seinfer.enhancement.bench import BATCH_SIZES, BenchCost, batch_cost, measure_model
from seinfer.enhancement.calibration import Calibration
from seinfer.enhancement.cost import Figures, Repetition
from tests.enhancement.test_cost import CLIP_S, FakeSession, Machine


def measure(session: FakeSession, machine: Machine) -> BenchCost:
    clip = Job("clip", "clip.wav", "", CLIP_S)
    calibration, cost = Calibration(machine.read), BenchCost("model", session.threads)
    return measure_model(session, calibration, clip, CLIP_S, Path("scratch"), cost, machine.now)


def test_measure_model_gives_figures_for_each_batch_size() -> None:
    machine = Machine()
    session = FakeSession(machine, alone_s=0.2, exponent=0.5, max_clips=16)
    session.limits = replace(session.limits, max_batch_s=100.0)
    cost = measure(session, machine)
    assert [batch.batch_size for batch in cost.measured] == list(BATCH_SIZES)
    assert [batch.clips_per_s for batch in cost.batches] == pytest.approx([5.0, 10.0, 20.0])
    assert [batch.rtf for batch in cost.batches] == pytest.approx([0.05, 0.025, 0.0125])
    assert cost.fastest is not None
    assert cost.fastest.batch_size == 16
    assert (cost.load_s, cost.device, cost.clip_s) == (0.5, "cpu", CLIP_S)


def test_measure_model_batch_that_it_does_not_accept_has_a_reason() -> None:
    machine = Machine()
    session = FakeSession(machine, max_clips=4)
    cost = measure(session, machine)
    assert [batch.reason for batch in cost.batches] == ["", "", "the model accepts no batch of this size"]
    assert set(session.sizes) == {1, 4}


def test_measure_model_batch_that_would_take_too_long_has_a_reason() -> None:
    machine = Machine()
    session = FakeSession(machine, alone_s=4.0, max_clips=16)
    session.limits = replace(session.limits, max_batch_s=1000.0)
    cost = measure(session, machine)
    assert [batch.reason for batch in cost.batches][1:] == ["it would take more than 60 s"] * 2
    assert set(session.sizes) == {1}


def test_measure_model_batch_that_ends_the_worker_has_a_reason() -> None:
    machine = Machine()
    cost = measure(FakeSession(machine, max_clips=4, failing_size=4), machine)
    assert [batch.reason for batch in cost.batches][:2] == ["", "crashed: by the test"]


def test_measure_model_worker_that_ends_with_one_clip_raises() -> None:
    machine = Machine()
    with pytest.raises(BackendError, match="crashed: by the test"):
        measure(FakeSession(machine, failing_size=1), machine)


def test_batch_cost_processor_time_is_the_median_for_a_second_of_audio() -> None:
    repetitions = tuple(Repetition(rtf, 1.5, 1.0, 90.0, is_disturbed=False) for rtf in (0.1, 0.2, 0.4))
    cost = batch_cost(Figures(4, repetitions, is_busy=True), 5.0)
    assert (cost.rtf, cost.rtf_low, cost.rtf_high, cost.n_repeats) == (0.2, 0.1, 0.4, 3)
    assert cost.cpu_s_per_s == pytest.approx(0.3)
    assert cost.clips_per_s == pytest.approx(1.0)
    assert cost.is_busy


def test_batch_cost_unknown_processor_time_is_absent() -> None:
    unknown = Repetition(0.1, 0.0, 1.0, 90.0, is_disturbed=False)
    assert batch_cost(Figures(1, (unknown,), is_busy=False), 5.0).cpu_s_per_s is None
