"""The description of a metric: its release, and whether its packages are installed."""

from __future__ import annotations

from importlib.metadata import version

import pytest

from seinfer.metrics import METRICS, Metric, is_available, why_unavailable

from .spare import LONELY, modules_after


@pytest.mark.parametrize("name", METRICS)
def test_metric_implementation_names_a_release(name: str) -> None:
    metric = METRICS[name]
    assert metric.implementation.startswith(f"{metric.package} {version(metric.package)}, ")


def test_metric_implementation_of_missing_package_is_marked() -> None:
    metric = Metric(name="m", unit="", function="m:m", method="by hand", source="none", package="no-such-package")
    assert metric.implementation == "no-such-package (not installed), by hand"


def test_is_available_follows_the_packages_of_the_extra(spare_packages: dict[str, str]) -> None:
    assert not is_available(LONELY)
    assert why_unavailable(LONELY).startswith("needs second: ")
    assert why_unavailable(LONELY).endswith("-m pip install 'lonely-metrics[spare]'")
    spare_packages["second"] = "2.0"
    assert is_available(LONELY)
    assert why_unavailable(LONELY) == ""


@pytest.mark.usefixtures("spare_packages")
def test_is_available_metric_of_the_core_install_always_is() -> None:
    assert all(is_available(metric) for metric in METRICS.values() if metric.needs_reference)


def test_is_available_imports_nothing_heavy() -> None:
    loaded = modules_after("import seinfer.metrics as m; [m.why_unavailable(metric) for metric in m.METRICS.values()]")
    assert not loaded & {"numpy", "scipy", "onnxruntime", "speechmos", "pesq"}
