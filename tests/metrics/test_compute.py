"""One metric for two waveforms or for a pair: the function that its description names is called."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from seinfer.core.errors import RegistryError
from seinfer.metrics import METRICS, Metric, MetricError
from seinfer.metrics.compute import compute, compute_on_pair
from seinfer.metrics.pair import Pair, pair_of
from seinfer.metrics.signals import check

from .spare import LONELY

CLEAN = np.random.default_rng(0).standard_normal(1000)


def scaled(*, reference: object, estimate: object, sample_rate: int, si_sdr: float) -> float:
    return 2 * si_sdr


@pytest.mark.parametrize("function", ["seinfer.metrics.sdr:nothing", "seinfer.nowhere:sdr", "no colon", ""])
def test_compute_metric_with_wrong_function_names_it(function: str) -> None:
    metric = Metric(name="odd", unit="", function=function, method="by hand", source="none")
    with pytest.raises(RegistryError, match="the metric odd cannot be loaded"):
        compute(metric, reference=[0.0], estimate=[0.0], sample_rate=1)


def test_compute_metric_without_its_packages_names_the_install_command(spare_packages: dict[str, str]) -> None:
    signals = {"reference": None, "estimate": [0.5], "sample_rate": 1}
    with pytest.raises(MetricError, match=r"lonely-metrics\[spare\]") as caught:
        compute(LONELY, **signals)
    assert caught.value.reason == "not_installed"
    spare_packages["second"] = "2.0"
    assert compute(LONELY, **signals) == 1.0


def test_compute_metric_without_function_or_reference_needs_on_pair() -> None:
    metric = replace(LONELY, function="", extra="")
    with pytest.raises(RegistryError, match="the metric lonely cannot be loaded from ''"):
        compute(metric, reference=None, estimate=[0.5], sample_rate=1)


def test_compute_on_pair_equals_compute() -> None:
    signals = {"reference": CLEAN, "estimate": CLEAN + 0.1 * CLEAN[::-1], "sample_rate": 16_000}
    metric = METRICS["si_sdr"]
    assert compute_on_pair(metric, pair_of(**signals)) == compute(metric, **signals)
    assert compute_on_pair(replace(metric, on_pair=""), pair_of(**signals)) == compute(metric, **signals)


def test_compute_on_pair_passes_the_needed_values() -> None:
    metric = Metric("scaled", "", f"{__name__}:scaled", "of a test", "none", needs=("si_sdr",))
    pair = pair_of(reference=CLEAN, estimate=CLEAN, sample_rate=16_000, values={"si_sdr": 3.0, "sdr": 4.0})
    assert compute_on_pair(metric, pair) == 6.0


def test_compute_on_pair_without_its_packages_is_not_installed(spare_packages: dict[str, str]) -> None:
    assert spare_packages == {"first": "1.0"}
    pair = Pair(None, check(CLEAN, "estimate"), 16_000, {})
    with pytest.raises(MetricError) as caught:
        compute_on_pair(replace(LONELY, on_pair=f"{__name__}:scaled"), pair)
    assert caught.value.reason == "not_installed"
