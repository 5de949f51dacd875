"""The simulation behind docs/scale.md agrees with the measurement, with Amdahl's law, and with seinfer's own limits."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.lengths import QUANTILES_S, lengths_s
from benchmarks.scale_model import AHEAD, Cluster, Costs, ModelCost, simulate
from benchmarks.simulate_scale import LIMITS, MEASURED, check, costs_of
from seinfer.backends.base import batch_limits
from seinfer.enhancement.engines import local
from seinfer.enhancement.loading import load_enhancer
from seinfer.models.registry import load_registry
from tests.helpers import ROOT

MAX_ERROR = 0.05
"""Largest relative error of the simulated elapsed time, as docs/scale.md states it."""
MODEL = ModelCost("model", s_per_s=0.1, max_clips=1)
EQUAL = [5.0] * 640
EQUAL_WORK_S = 640 * 5.0 * (0.1 + 0.1)


@pytest.mark.parametrize("n_cores", [1, 2])
def test_simulation_of_the_measured_run_agrees_with_its_elapsed_time(n_cores: int) -> None:
    simulated_s, measured_s = check(json.loads(MEASURED.read_text(encoding="utf-8")))[n_cores]
    assert simulated_s == pytest.approx(measured_s, rel=MAX_ERROR)


@pytest.mark.parametrize("n_cores", [1, 2, 8, 64])
def test_simulation_of_equal_clips_without_overhead_is_n_times_as_fast(n_cores: int) -> None:
    run = simulate(Costs((MODEL,), scoring_s_per_s=0.1), EQUAL, Cluster(n_cores))
    assert run.elapsed_s == pytest.approx(EQUAL_WORK_S / n_cores)
    assert run.work_s == pytest.approx(EQUAL_WORK_S)


@pytest.mark.parametrize("n_cores", [1, 2, 8, 64])
def test_simulation_with_a_serial_part_follows_amdahls_law(n_cores: int) -> None:
    costs = Costs((MODEL,), 0.1, before_s=1.0, before_clip_s=0.01, after_s=2.0, after_row_s=0.02)
    serial_s = 1.0 + 640 * 0.01 + 2.0 + 640 * 0.02
    run = simulate(costs, EQUAL, Cluster(n_cores))
    assert run.serial_s == pytest.approx(serial_s)
    assert run.elapsed_s == pytest.approx(serial_s + EQUAL_WORK_S / n_cores)


@pytest.mark.parametrize("n_cores", [16, 100, 1000])
def test_simulation_with_a_slow_parent_never_exceeds_the_rate_of_the_parent(n_cores: int) -> None:
    lengths = lengths_s(400)
    run = simulate(Costs((MODEL,), 0.1, result_s=0.5), lengths, Cluster(n_cores))
    assert run.parent_s == pytest.approx(400 * 0.5)
    assert run.elapsed_s >= run.parent_s
    assert run.elapsed_s <= run.parent_s + 0.2 * max(lengths) + run.work_s / n_cores + 1.0


def test_simulation_with_more_workers_is_never_beyond_the_ideal() -> None:
    costs, lengths = Costs((MODEL, MODEL), 0.1, 0.3, result_s=0.001), lengths_s(300)
    for n_cores in (1, 2, 3, 7, 50, 1000):
        run = simulate(costs, lengths, Cluster(n_cores))
        assert run.elapsed_s >= (run.work_s + run.start_s) / n_cores - 1e-9


def test_simulation_with_one_very_long_clip_waits_for_it() -> None:
    run = simulate(Costs((MODEL,), 0.1), [*EQUAL, 1000.0], Cluster(640))
    assert run.elapsed_s == pytest.approx(1000.0 * (0.1 + 0.1))
    assert run.tail_s > 0.9 * run.elapsed_s


def test_simulation_counts_the_start_of_every_process() -> None:
    costs = Costs((ModelCost("a", 0.1, start_s=3.0), ModelCost("b", 0.1, start_s=3.0)), 0.1, scoring_start_s=2.0)
    assert simulate(costs, EQUAL, Cluster(8)).start_s == pytest.approx(8 * (3.0 + 3.0 + 2.0))


def test_simulation_with_a_parent_on_the_same_core_adds_its_time() -> None:
    costs = Costs((MODEL,), 0.1, result_s=0.02)
    shared = simulate(costs, EQUAL, Cluster(1, parent_has_core=False))
    assert shared.elapsed_s == pytest.approx(EQUAL_WORK_S + 640 * 0.02)


def test_simulation_with_back_pressure_never_has_more_clips_in_progress() -> None:
    costs = Costs((ModelCost("model", 0.01, max_clips=4),), 0.5)
    free = simulate(costs, EQUAL, Cluster(2))
    held = simulate(costs, EQUAL, Cluster(2, max_unscored=8))
    assert free.max_unscored > 30
    assert held.max_unscored <= 8 - 1 + 4
    assert held.work_s == pytest.approx(free.work_s)


def test_simulation_repeated_gives_the_same_outcome() -> None:
    costs = costs_of(json.loads(MEASURED.read_text(encoding="utf-8")))
    assert simulate(costs, lengths_s(200), Cluster(12)) == simulate(costs, lengths_s(200), Cluster(12))


def test_simulation_with_more_jobs_gives_each_model_fewer_processes() -> None:
    costs = Costs((ModelCost("a", 0.1, start_s=1.0), ModelCost("b", 0.1, start_s=1.0)), 0.1)
    started = {jobs: simulate(costs, EQUAL, Cluster(8, jobs=jobs)).start_s for jobs in (1, 2, 16)}
    assert started == {1: 2 * 8, 2: 2 * 4, 16: 2}


def test_lengths_cover_the_distribution_for_any_number_of_clips() -> None:
    for n_clips in (10, 1000):
        lengths = sorted(lengths_s(n_clips))
        assert QUANTILES_S[0] <= lengths[0] < lengths[-1] <= QUANTILES_S[-1]
        assert lengths[n_clips // 2] == pytest.approx(QUANTILES_S[10], rel=0.1)


def test_batches_sent_ahead_are_those_of_the_local_engine() -> None:
    assert AHEAD == local._BATCHES_IN_PROGRESS


@pytest.mark.parametrize("model", ["noisy", "rnnoise"])
def test_batch_limits_are_those_of_the_model(model: str) -> None:
    limits = batch_limits(load_enhancer(load_registry().find(model), threads=1))
    assert (limits.max_clips, limits.max_batch_s) == LIMITS[model]


def test_simulate_scale_prints_a_table_and_draws_the_same_figure_twice(tmp_path: Path) -> None:
    figures = []
    for name in ("a.svg", "b.svg"):
        sizes = ["--clips", "50", "--workers", "1", "4", "--shards", "1", "2"]
        command = [sys.executable, "-m", "benchmarks.simulate_scale", *sizes, "--figure", str(tmp_path / name)]
        result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        assert result.returncode == 0, result.stderr
        assert "| 4 | " in result.stdout
        figures.append((tmp_path / name).read_bytes())
    assert figures[0] == figures[1]
