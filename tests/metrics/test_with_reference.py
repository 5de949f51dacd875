"""The metrics that compare with a reference: defaults, and names that can be imported."""

from __future__ import annotations

import pytest

from seinfer.core.imports import import_object
from seinfer.metrics import Metric
from seinfer.metrics.with_reference import WITH_REFERENCE


def test_defaults_are_the_core_metrics() -> None:
    assert [metric.name for metric in WITH_REFERENCE if metric.default] == ["sdr", "si_sdr", "pesq_wb", "stoi", "estoi"]


def test_all_need_a_reference_and_none_is_a_diagnostic() -> None:
    assert all(metric.needs_reference and not metric.is_diagnostic for metric in WITH_REFERENCE)


@pytest.mark.parametrize("metric", WITH_REFERENCE, ids=lambda metric: metric.name)
def test_metric_functions_can_be_imported(metric: Metric) -> None:
    assert callable(import_object(metric.function))
    assert callable(import_object(metric.on_pair))
