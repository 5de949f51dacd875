"""Quality against costs of the test, on the run of the tests of the Pareto line."""

from __future__ import annotations

import pytest

from seinfer.analysis.quality_cost import as_cost, quality_against_cost
from seinfer.core.records import BASELINE
from seinfer.enhancement.bench import BatchCost, BenchCost
from tests.reports import example_run


def cost(model: str, rtf: float, threads: int = 1) -> BenchCost:
    batch = BatchCost(1, rtf=rtf, rtf_low=rtf, rtf_high=rtf, clips_per_s=1.0, cpu_s_per_s=rtf / 2, peak_rss_mib=90.0)
    return BenchCost(model, threads, device="cpu", processor="P", clip_s=5.0, batches=(batch,))


def test_quality_against_cost_has_a_row_for_noisy_and_each_measured_model() -> None:
    results = example_run.results()
    model = next(name for name in results.models if name != BASELINE)
    rows = quality_against_cost(results, [cost(model, 0.3), cost(model, 0.2, threads=2), cost("elsewhere", 0.1)])
    assert [row.model for row in rows] == [BASELINE, model]
    assert rows[0].cost is None
    assert rows[1].cost == cost(model, 0.2, threads=2)
    assert set(rows[1].means) == set(results.metrics)


def test_quality_against_cost_best_model_is_on_the_line() -> None:
    results = example_run.results()
    names = [name for name in results.models if name != BASELINE]
    rows = quality_against_cost(results, [cost(name, 0.1) for name in names])
    for metric in results.metrics:
        assert any(metric in row.on_line for row in rows)


def test_quality_against_cost_model_that_failed_has_no_row() -> None:
    results = example_run.results()
    model = next(name for name in results.models if name != BASELINE)
    assert [row.model for row in quality_against_cost(results, [BenchCost(model, 1, "crashed")])] == [BASELINE]


def test_as_cost_has_the_figures_of_one_clip_at_a_time() -> None:
    found = as_cost(cost("model", 0.2, threads=2))
    assert (found.rtf, found.threads, found.device, found.processor) == (0.2, 2, "cpu", "P")
    assert found.cpu_share == pytest.approx(0.5)
