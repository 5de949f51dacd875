"""The stage that measures costs: which models, on which clip, kept from before, and failures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from seinfer.backends.base import BatchLimits
from seinfer.clips.discovery import inspect
from seinfer.clips.pairing import collect
from seinfer.core.errors import BackendError
from seinfer.core.records import Clip, Cost, Enhancement, Job, ModelSpec
from seinfer.enhancement.calibration import Calibration, Reading
from seinfer.enhancement.engines.local import LocalEngine
from seinfer.metrics.choice import MetricSelection
from seinfer.models.registry import load_registry
from seinfer.models.selection import Selection
from seinfer.pipeline import costs
from seinfer.pipeline.costs import MAX_CLIP_S, clip_of_median_duration, measure_costs
from seinfer.pipeline.journal import RunFolder, read_journal
from seinfer.pipeline.pipeline import execute
from seinfer.pipeline.request import Request
from tests.helpers import RATE, rows, write_audio
from tests.pipeline.test_pipeline import NoProgress

NOISY = load_registry().specs["noisy"]
A, B = replace(NOISY, name="a"), replace(NOISY, name="b")
DIGESTS = {"a": "digest of a", "b": "digest of b"}


class MeasuringTestEngine(LocalEngine):
    """Opens sessions whose every clip takes 1 s; records the models and the samples of the clip."""

    def __init__(self, threads: int = 1, broken: str = "") -> None:
        super().__init__("cpu", threads)
        self.opened: list[str] = []
        self.shapes: set[tuple[int, ...]] = set()
        self._broken = broken

    @contextmanager
    def open(self, spec: ModelSpec) -> Iterator[OneSecond]:
        self.opened.append(spec.name)
        if spec.name == self._broken:
            raise BackendError(f"{spec.name} cannot be loaded")
        yield OneSecond(self)


class OneSecond:
    device, threads, limits = "cpu", 1, BatchLimits()

    def __init__(self, engine: MeasuringTestEngine) -> None:
        self._engine = engine

    def run(self, jobs: Sequence[Job]) -> list[Enhancement]:
        self._engine.shapes |= {np.shape(soundfile.read(job.source, always_2d=True)[0]) for job in jobs}
        return [Enhancement(job.clip_id, "x", "ok", wall_s=1.0, cpu_s=1.0, batch_size=len(jobs)) for job in jobs]


@pytest.fixture(autouse=True)
def _quiet_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the fixed calculation take the same time always: a load of this machine must not change the results."""
    monkeypatch.setattr(costs, "calibrate", lambda threads: Calibration(lambda: Reading(0.05, 0.05)))


@pytest.fixture
def request_(tmp_path: Path) -> Request:
    for name, duration_s in {"short": 0.5, "middle": 1.0, "long": 2.0}.items():
        write_audio(tmp_path / "set" / f"{name}.wav", np.full((2, round(duration_s * RATE)), 0.1, np.float32))
    return Request(
        out=tmp_path / "out",
        clips=collect([tmp_path / "set"]),
        selection=Selection((A, B), {}, is_named=False),
        metrics=MetricSelection(),
    )


def measure(request: Request, engine: MeasuringTestEngine, digests: dict[str, str] = DIGESTS) -> dict[str, Cost]:
    with closing(RunFolder(request.out)) as folder:
        measure_costs(request, folder, inspect(request.clips.clips), digests, engine, NoProgress())
    return {model: cost for model, (_, cost) in read_journal(request.out).costs.items()}


def test_measure_costs_measures_every_model_on_the_clip_of_median_duration(request_: Request) -> None:
    engine = MeasuringTestEngine()
    found = measure(request_, engine)
    assert engine.opened == ["a", "b"]
    assert engine.shapes == {(RATE, 2)}
    assert {(cost.clip_id, cost.clip_s, cost.rtf) for cost in found.values()} == {("middle", 1.0, 1.0)}
    assert all(cost.processor and not cost.error for cost in found.values())


def test_measure_costs_with_mono_averages_the_channels(request_: Request) -> None:
    engine = MeasuringTestEngine()
    measure(replace(request_, mono=True), engine)
    assert engine.shapes == {(RATE, 1)}


def test_measure_costs_long_clip_is_cut(request_: Request, tmp_path: Path) -> None:
    write_audio(tmp_path / "long" / "clip.wav", np.zeros(round((MAX_CLIP_S + 5) * RATE), np.float32))
    engine = MeasuringTestEngine()
    found = measure(replace(request_, clips=collect([tmp_path / "long"])), engine)
    assert engine.shapes == {(round(MAX_CLIP_S * RATE), 1)}
    assert found["a"].clip_s == MAX_CLIP_S


def test_measure_costs_again_keeps_what_is_known_and_measures_what_changed(request_: Request) -> None:
    first = measure(request_, MeasuringTestEngine())
    again = MeasuringTestEngine()
    assert measure(request_, again) == first
    assert again.opened == []
    changed = MeasuringTestEngine()
    measure(request_, changed, {**DIGESTS, "b": "other weights"})
    assert changed.opened == ["b"]
    with_threads = MeasuringTestEngine(threads=2)
    measure(request_, with_threads)
    assert with_threads.opened == ["a", "b"]


@pytest.mark.parametrize("change", [{"is_busy": True}, {"error": "crashed: by the test"}])
def test_measure_costs_again_repeats_a_measurement_that_was_busy_or_failed(
    request_: Request, change: dict[str, bool | str]
) -> None:
    measure(request_, MeasuringTestEngine())
    with closing(RunFolder(request_.out)) as folder:
        key, cost = folder.journal.costs["a"]
        folder.add_cost(key, replace(cost, **change))
    engine = MeasuringTestEngine()
    measure(request_, engine)
    assert engine.opened == ["a"]


def test_measure_costs_model_that_fails_has_its_reason_and_the_others_their_figures(request_: Request) -> None:
    found = measure(request_, MeasuringTestEngine(broken="a"))
    assert (found["a"].error, found["a"].rtf) == ("a cannot be loaded", 0.0)
    assert (found["b"].error, found["b"].rtf) == ("", 1.0)


def test_measure_costs_model_that_did_not_run_is_not_measured(request_: Request) -> None:
    engine = MeasuringTestEngine()
    measure(request_, engine, {"b": "digest of b"})
    assert engine.opened == ["b"]


def test_measure_costs_interrupted_keeps_the_models_before(request_: Request) -> None:
    class Interrupted(MeasuringTestEngine):
        @contextmanager
        def open(self, spec: ModelSpec) -> Iterator[OneSecond]:
            if spec.name == "b":
                raise KeyboardInterrupt
            with super().open(spec) as session:
                yield session

    with pytest.raises(KeyboardInterrupt):
        measure(request_, Interrupted())
    assert list(read_journal(request_.out).costs) == ["a"]


@pytest.mark.parametrize(("durations_s", "expected"), [([3, 1, 2], "2"), ([4, 1, 2, 3], "2"), ([5], "5"), ([], None)])
def test_clip_of_median_duration_of_usable_clips(durations_s: list[int], expected: str | None) -> None:
    clips = [Clip(str(s), "", sample_rate=RATE, channels=1, n_samples=s * RATE) for s in durations_s]
    clips += [Clip(f"bad{i}", "", problem="truncated: by the test") for i in range(9)]
    found = clip_of_median_duration(clips)
    assert (found.clip_id if found else None) == expected


def test_execute_with_cost_writes_it_and_the_table_uses_it(request_: Request) -> None:
    results = execute(replace(request_, has_cost=True), LocalEngine("cpu", 1), NoProgress())
    assert set(results.costs) == {"a", "b"}
    assert all(cost.rtf > 0 and cost.cpu_share > 0 for cost in results.costs.values())
    written = rows(request_.out / "costs.csv")
    assert [(row["model"], row["status"], row["clip_id"]) for row in written] == [
        ("a", "ok", "middle"),
        ("b", "ok", "middle"),
    ]
    assert all(float(row["peak_rss_mib"]) > 10 for row in written)
    assert {row["batch_size"] for row in rows(request_.out / "per_clip.csv")} <= {"1", "2", "3"}


def test_execute_without_cost_measures_nothing(request_: Request, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(costs, "calibrate", lambda threads: pytest.fail("a cost was measured"))
    results = execute(request_, LocalEngine("cpu", 1), NoProgress())
    assert results.costs == {}
    assert rows(request_.out / "costs.csv") == []
