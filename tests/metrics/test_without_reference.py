"""The metrics that need no reference: defaults, diagnostics, and names that can be imported."""

from __future__ import annotations

import pytest

from seinfer.core.imports import import_object
from seinfer.metrics import METRICS, Metric
from seinfer.metrics.without_reference import WITHOUT_REFERENCE


def test_defaults_are_those_of_dnsmos() -> None:
    chosen = [metric.name for metric in WITHOUT_REFERENCE if metric.default]
    assert chosen == ["dnsmos_sig", "dnsmos_bak", "dnsmos_ovrl", "dnsmos_p808"]
    assert not any(metric.needs_reference for metric in WITHOUT_REFERENCE)


def test_diagnostics_belong_to_metrics_and_are_never_defaults() -> None:
    for metric in METRICS.values():
        assert all(METRICS[name].is_diagnostic and not METRICS[name].default for name in metric.diagnostics)
    named = {name for metric in METRICS.values() for name in metric.diagnostics}
    assert named == {metric.name for metric in METRICS.values() if metric.is_diagnostic}


@pytest.mark.parametrize("metric", WITHOUT_REFERENCE, ids=lambda metric: metric.name)
def test_metric_function_can_be_imported(metric: Metric) -> None:
    assert metric.function == ""
    assert callable(import_object(metric.on_pair))
