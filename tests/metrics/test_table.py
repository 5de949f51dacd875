"""The table of metrics, its plug-ins, and what importing it costs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint, version

import pytest

from seinfer.errors import RegistryError, UsageError
from seinfer.metrics import METRICS, Metric, MetricError, load_table, table

LOUD = Metric(name="loud", unit="dB", function="nowhere:loud", method="of a test", source="none")
NOT_A_METRIC = 3


def modules_after(statement: str) -> set[str]:
    code = f"import sys; {statement}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_import_table_loads_nothing_heavy() -> None:
    loaded = modules_after("import seinfer.metrics; list(seinfer.metrics.load_table().metrics)")
    assert not loaded & {"numpy", "scipy", "pesq", "torch", "pystoi", "mir_eval"}


def test_import_evaluation_loads_neither_torch_nor_oracles() -> None:
    modules = ("evaluate", "diagnostics", "sdr", "si_sdr", "stoi", "pesq")
    loaded = modules_after("; ".join(f"import seinfer.metrics.{module}" for module in modules))
    assert "seinfer.metrics.stoi" in loaded
    assert not loaded & {"torch", "scipy.signal", "scipy.stats", "pystoi", "mir_eval", "soundfile"}


def test_metrics_columns_are_in_order() -> None:
    assert list(METRICS) == ["sdr", "si_sdr", "pesq_wb", "pesq_nb", "stoi", "estoi"]
    assert [m.name for m in METRICS.values() if m.default] == ["sdr", "si_sdr", "pesq_wb", "stoi", "estoi"]


@pytest.mark.parametrize("name", METRICS)
def test_metric_implementation_names_a_release(name: str) -> None:
    metric = METRICS[name]
    assert metric.implementation.startswith(f"{metric.package} {version(metric.package)}, ")


def test_metric_implementation_of_missing_package_says_so() -> None:
    metric = Metric(name="m", unit="", function="m:m", method="by hand", source="none", package="no-such-package")
    assert metric.implementation == "no-such-package (not installed), by hand"


@pytest.mark.parametrize("function", ["seinfer.metrics.sdr:nothing", "seinfer.nowhere:sdr", "no colon", ""])
def test_metric_with_wrong_function_says_where(function: str) -> None:
    metric = Metric(name="odd", unit="", function=function, method="by hand", source="none")
    with pytest.raises(RegistryError, match="the metric odd cannot be loaded"):
        metric.compute(reference=[0.0], estimate=[0.0], sample_rate=1)


def test_metric_error_outside_the_closed_set_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        MetricError("bad_luck")


def test_find_unknown_metric_names_the_closest() -> None:
    with pytest.raises(UsageError, match="no metric called 'pesq_vb': did you mean pesq_"):
        load_table().find("pesq_vb")
    with pytest.raises(UsageError, match="known: sdr, si_sdr"):
        load_table().find("zzz")
    assert load_table().find("stoi") is METRICS["stoi"]


def test_load_table_adds_plug_ins_behind_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, loud=f"{__name__}:LOUD")
    found = load_table()
    assert list(found.metrics) == [*METRICS, "loud"]
    assert found.problems == ()


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("loud", "no_such_package:LOUD", "No module named 'no_such_package'"),
        ("loud", f"{__name__}:QUIET", "has no attribute 'QUIET'"),
        ("number", f"{__name__}:NOT_A_METRIC", "is a int, expected a seinfer.metrics.Metric"),
        ("quiet", f"{__name__}:LOUD", "calls itself 'loud', expected 'quiet'"),
        ("sdr", "seinfer.metrics.table:_OURS", "is a tuple"),
    ],
)
def test_load_table_bad_plug_in_is_a_problem_line(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, problem: str
) -> None:
    install(monkeypatch, **{name: value})
    found = load_table()
    assert list(found.metrics) == list(METRICS)
    assert len(found.problems) == 1
    assert problem in found.problems[0]


def test_load_table_plug_in_cannot_take_our_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "FALSE_SDR", Metric("sdr", "dB", "nowhere:sdr", "of a test", "none"))
    install(monkeypatch, sdr=f"{__name__}:FALSE_SDR")
    found = load_table()
    assert found.metrics["sdr"] is METRICS["sdr"]
    assert "already taken" in found.problems[0]


def install(monkeypatch: pytest.MonkeyPatch, **entries: str) -> None:
    points = [EntryPoint(name, value, table.GROUP) for name, value in entries.items()]
    monkeypatch.setattr(table, "entry_points", lambda group: points)
    load_table.cache_clear()


@pytest.fixture(autouse=True)
def _fresh_table() -> Iterator[None]:
    """Leave no plug-in of a test behind."""
    yield
    load_table.cache_clear()
