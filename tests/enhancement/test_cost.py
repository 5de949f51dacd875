"""Cost of a model with a session, a calibration and a clock of the test: no time of this machine matters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from seinfer.backends.base import BatchLimits
from seinfer.core.errors import AudioError, BackendError
from seinfer.core.records import Cost, Enhancement, Job, StreamRun
from seinfer.enhancement.calibration import Calibration, Reading
from seinfer.enhancement.cost import MIN_REPEATS, N_REPEATS, Measurement, Repetition, figures_of

CLIP_S = 4.0
QUIET_S = 0.05
"""Seconds of the fixed calculation on a quiet machine."""


class Machine:
    """A clock that advances by what the session and the calculation take; other work slows both by `load`.

    `load` is called with the number of repetitions of the calculation so far.
    """

    def __init__(self, load: Callable[[int], float] = lambda _: 1.0) -> None:
        self.now_s = 0.0
        self.n_readings = 0
        self.load = load

    def now(self) -> float:
        return self.now_s

    def read(self) -> Reading:
        self.n_readings += 1
        return Reading(self.spend(QUIET_S), QUIET_S)

    def spend(self, quiet_s: float) -> float:
        wall_s = quiet_s * self.load(self.n_readings)
        self.now_s += wall_s
        return wall_s


class FakeSession:
    """A model whose batch of n clips takes `alone_s` * n ** `exponent` on a quiet machine."""

    def __init__(
        self,
        machine: Machine,
        *,
        alone_s: float = 0.2,
        exponent: float = 1.0,
        max_clips: int = 8,
        device: str = "cpu",
        failing_size: int = 0,
        cpu_share: float | None = None,
    ) -> None:
        self.device = device
        self.threads = 2
        self.load_s = 0.5
        self.limits = BatchLimits(max_clips, 60.0)
        self.sizes: list[int] = []
        self._machine = machine
        self._alone_s, self._exponent, self._failing_size = alone_s, exponent, failing_size
        self._cpu_share = cpu_share

    def run_stream(self, job: Job) -> StreamRun:
        raise AssertionError("no stream is measured here")

    def run(self, jobs: Sequence[Job]) -> list[Enhancement]:
        size = len(jobs)
        self.sizes.append(size)
        if size == self._failing_size:
            raise BackendError("crashed: by the test")
        quiet_s = self._alone_s * size**self._exponent
        wall_s = self._machine.spend(quiet_s)
        cpu_s = quiet_s if self._cpu_share is None else wall_s * self._cpu_share
        return [
            Enhancement(
                job.clip_id,
                "model",
                "ok",
                wall_s=wall_s / size,
                cpu_s=cpu_s / size,
                batch_size=size,
                peak_rss_mib=100.0 * size,
            )
            for job in jobs
        ]


def measure(session: FakeSession, machine: Machine) -> Cost:
    calibration = Calibration(machine.read)
    clip = Job("clip", "clip.wav", "", CLIP_S)
    return Measurement(session, calibration, clip, CLIP_S, Path("scratch"), machine.now).run(Cost("model"))


def test_measure_on_a_quiet_machine_gives_the_median_and_is_not_busy() -> None:
    machine = Machine()
    cost = measure(FakeSession(machine), machine)
    assert (cost.rtf, cost.rtf_low, cost.rtf_high) == pytest.approx((0.05, 0.05, 0.05))
    assert cost.n_repeats == N_REPEATS
    assert not cost.is_busy
    assert (cost.device, cost.threads, cost.clip_s) == ("cpu", 2, CLIP_S)
    assert (cost.slowdown, cost.cpu_share) == pytest.approx((1.0, 1.0))


def test_measure_on_a_machine_that_is_always_busy_says_so_and_ends() -> None:
    machine = Machine(lambda _: 3.0)
    cost = measure(FakeSession(machine), machine)
    assert cost.is_busy
    assert cost.n_repeats >= MIN_REPEATS
    assert (cost.rtf, cost.slowdown, cost.cpu_share) == pytest.approx((0.15, 3.0, 1 / 3))


def test_measure_on_a_machine_that_was_busy_for_a_while_repeats_until_it_has_quiet_figures() -> None:
    machine = Machine(lambda n_readings: 2.0 if n_readings < 4 else 1.0)
    cost = measure(FakeSession(machine, alone_s=0.05), machine)
    assert (cost.rtf_low, cost.rtf_high) == pytest.approx((0.0125, 0.0125))
    assert cost.n_repeats == N_REPEATS
    assert not cost.is_busy


def test_measure_worker_that_gets_half_a_core_is_busy_though_the_calculation_is_fast() -> None:
    machine = Machine()
    assert measure(FakeSession(machine, cpu_share=0.5), machine).is_busy
    assert not measure(FakeSession(machine, cpu_share=1.7), machine).is_busy


@pytest.mark.parametrize("options", [{"device": "cuda", "cpu_share": 0.2}, {"cpu_share": 0.0}])
def test_measure_processor_time_that_says_nothing_is_not_used(options: dict[str, float | str]) -> None:
    machine = Machine()
    assert not measure(FakeSession(machine, **options), machine).is_busy


def test_measure_finds_the_smallest_batch_at_which_a_clip_takes_least_time() -> None:
    machine = Machine()
    cost = measure(FakeSession(machine, alone_s=0.02, exponent=0.5, max_clips=4), machine)
    assert cost.batch_size == 4
    assert cost.batch_rtf == pytest.approx(cost.rtf / 2)
    assert (cost.peak_rss_mib, cost.batch_peak_rss_mib) == (100.0, 400.0)


def test_measure_batch_that_saves_nothing_is_one_clip_with_the_same_figures() -> None:
    machine = Machine()
    cost = measure(FakeSession(machine, alone_s=0.02), machine)
    assert cost.batch_size == 1
    assert (cost.batch_rtf, cost.batch_rtf_low, cost.batch_rtf_high) == (cost.rtf, cost.rtf_low, cost.rtf_high)


def test_measure_batches_beyond_the_limits_of_the_model_are_not_tried() -> None:
    machine = Machine()
    session = FakeSession(machine, alone_s=0.02, exponent=0.5, max_clips=3)
    measure(session, machine)
    assert set(session.sizes) == {1, 2}


def test_measure_slow_model_gets_few_repetitions_and_no_batch() -> None:
    machine = Machine()
    session = FakeSession(machine, alone_s=20.0, exponent=0.1)
    cost = measure(session, machine)
    assert cost.n_repeats == MIN_REPEATS
    assert set(session.sizes) == {1}


def test_measure_batch_that_ends_the_worker_keeps_the_figures_of_one_clip() -> None:
    machine = Machine()
    cost = measure(FakeSession(machine, alone_s=0.02, exponent=0.5, failing_size=2), machine)
    assert (cost.batch_size, cost.batch_rtf) == (1, cost.rtf)


def test_measure_worker_that_ends_with_one_clip_raises() -> None:
    machine = Machine()
    with pytest.raises(BackendError, match="crashed: by the test"):
        measure(FakeSession(machine, failing_size=1), machine)


def test_measure_clip_that_cannot_be_enhanced_raises_with_its_reason() -> None:
    class Failing(FakeSession):
        def run(self, jobs: Sequence[Job]) -> list[Enhancement]:
            return [Enhancement(job.clip_id, "model", "failed", "nonfinite_output: NaN") for job in jobs]

    machine = Machine()
    with pytest.raises(AudioError, match="NaN") as caught:
        measure(Failing(machine), machine)
    assert caught.value.reason == "nonfinite_output"


def test_measure_short_times_are_those_of_several_runs() -> None:
    machine = Machine()
    session = FakeSession(machine, alone_s=0.03, max_clips=1)
    cost = measure(session, machine)
    assert len(session.sizes) == 2 + 3 * N_REPEATS
    assert cost.rtf == pytest.approx(0.03 / CLIP_S)


def repetition(rtf: float, *, is_disturbed: bool) -> Repetition:
    return Repetition(rtf, 1.0, 1.0, 50.0, is_disturbed)


def test_figures_of_enough_quiet_repetitions_leave_out_the_disturbed_ones() -> None:
    found = [repetition(0.1, is_disturbed=False)] * MIN_REPEATS + [repetition(0.9, is_disturbed=True)] * 9
    figures = figures_of(1, found)
    assert (figures.median, len(figures.values), figures.is_busy) == (0.1, MIN_REPEATS, False)


def test_figures_of_too_few_quiet_repetitions_are_of_all_and_busy() -> None:
    found = [repetition(0.1, is_disturbed=False)] * (MIN_REPEATS - 1) + [repetition(0.9, is_disturbed=True)] * 4
    figures = figures_of(1, found)
    assert (figures.median, len(figures.values), figures.is_busy) == (0.9, MIN_REPEATS + 3, True)
