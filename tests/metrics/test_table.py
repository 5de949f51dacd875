"""The table of metrics, its plug-ins, and what importing it costs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import EntryPoint, version

import pytest

from seinfer.core.errors import RegistryError, UsageError
from seinfer.metrics import METRICS, Metric, MetricError, is_available, load_table, table, why_not
from seinfer.models import extras as install

LOUD = Metric(name="loud", unit="dB", function="nowhere:loud", method="of a test", source="none")
ODD = Metric(name="a b", unit="", function="nowhere:odd", method="of a test", source="none")
NOT_A_METRIC = 3


def modules_after(statement: str) -> set[str]:
    code = f"import sys; {statement}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_import_table_loads_nothing_heavy() -> None:
    loaded = modules_after("import seinfer.metrics; list(seinfer.metrics.load_table().metrics)")
    assert not loaded & {"numpy", "scipy", "pesq", "torch", "pystoi", "mir_eval"}


def test_import_evaluation_loads_neither_torch_nor_oracles() -> None:
    modules = ("evaluate", "diagnostics", "sdr", "si_sdr", "stoi", "pesq", "composite", "lsd", "dnsmos")
    loaded = modules_after("; ".join(f"import seinfer.metrics.{module}" for module in modules))
    assert "seinfer.metrics.stoi" in loaded
    assert not loaded & {
        "torch",
        "scipy.signal",
        "scipy.stats",
        "pystoi",
        "mir_eval",
        "soundfile",
        "onnxruntime",
        "speechmos",
    }


def test_metrics_columns_are_in_order() -> None:
    assert [m.name for m in METRICS.values() if m.needs_reference] == [
        *("sdr", "si_sdr", "pesq_wb", "pesq_nb", "stoi", "estoi", "csig", "cbak", "covl", "ssnr", "lsd")
    ]
    assert [m.name for m in METRICS.values() if not m.needs_reference] == [
        *("dnsmos_sig", "dnsmos_bak", "dnsmos_ovrl", "dnsmos_p808", "pdnsmos_sig", "pdnsmos_bak", "pdnsmos_ovrl"),
        *("dnsmos_n_hops", "dnsmos_n_used", "dnsmos_tiled", "dnsmos_sig_raw", "dnsmos_bak_raw", "dnsmos_ovrl_raw"),
    ]
    assert list(METRICS) == sorted(METRICS, key=lambda name: not METRICS[name].needs_reference)


def test_metrics_default_with_reference_are_the_core_ones() -> None:
    chosen = [m.name for m in METRICS.values() if m.default and m.needs_reference]
    assert chosen == ["sdr", "si_sdr", "pesq_wb", "stoi", "estoi"]


def test_metrics_default_without_reference_are_dnsmos() -> None:
    chosen = [m.name for m in METRICS.values() if m.default and not m.needs_reference]
    assert chosen == ["dnsmos_sig", "dnsmos_bak", "dnsmos_ovrl", "dnsmos_p808"]


def test_metrics_beside_others_are_diagnostics_that_exist() -> None:
    for metric in METRICS.values():
        assert all(METRICS[name].is_diagnostic and not METRICS[name].default for name in metric.beside)
    beside = {name for metric in METRICS.values() for name in metric.beside}
    assert beside == {metric.name for metric in METRICS.values() if metric.is_diagnostic}


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


LONELY = Metric(
    name="lonely",
    unit="",
    function=f"{__name__}:anything",
    method="of a test",
    source="none",
    needs_reference=False,
    extra="spare",
    distribution="lonely-metrics",
)


@pytest.fixture
def spare_packages(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Stand in for package metadata: the extra "spare" wants two packages, of which those in the result are there."""
    installed = {"first": "1.0"}
    monkeypatch.setattr(install, "extra_packages", lambda owner, extra: ("first", "second"))
    monkeypatch.setattr(install, "version_of", lambda name: installed.get(name, ""))
    return installed


def anything(*, reference: object, estimate: object, sample_rate: int) -> float:
    return 1.0


def test_is_available_follows_the_packages_of_the_extra(spare_packages: dict[str, str]) -> None:
    assert not is_available(LONELY)
    assert why_not(LONELY).startswith("needs second: ")
    assert why_not(LONELY).endswith("-m pip install 'lonely-metrics[spare]'")
    spare_packages["second"] = "2.0"
    assert is_available(LONELY)
    assert why_not(LONELY) == ""


def test_is_available_metric_of_the_core_install_always_is(spare_packages: dict[str, str]) -> None:
    assert all(is_available(metric) for metric in METRICS.values() if metric.needs_reference)


def test_is_available_imports_nothing_heavy() -> None:
    loaded = modules_after("import seinfer.metrics as m; [m.why_not(metric) for metric in m.METRICS.values()]")
    assert not loaded & {"numpy", "scipy", "onnxruntime", "speechmos", "pesq"}


def test_metric_without_its_packages_says_what_to_install(spare_packages: dict[str, str]) -> None:
    signals = {"reference": None, "estimate": [0.5], "sample_rate": 1}
    with pytest.raises(MetricError, match=r"lonely-metrics\[spare\]") as caught:
        LONELY.compute(**signals)
    assert caught.value.reason == "not_installed"
    spare_packages["second"] = "2.0"
    assert LONELY.compute(**signals) == 1.0


def test_metric_without_function_or_reference_needs_one_of_pair() -> None:
    metric = replace(LONELY, function="", extra="")
    with pytest.raises(RegistryError, match="the metric lonely cannot be loaded from ''"):
        metric.compute(reference=None, estimate=[0.5], sample_rate=1)


def test_metric_error_outside_the_closed_set_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        MetricError("bad_luck")


def test_find_unknown_metric_names_the_closest() -> None:
    with pytest.raises(UsageError, match="no metric called 'pesq_vb': did you mean pesq_"):
        load_table().find("pesq_vb")
    with pytest.raises(UsageError, match="expected one of sdr, si_sdr"):
        load_table().find("zzz")
    assert load_table().find("stoi") is METRICS["stoi"]


def test_load_table_adds_plug_ins_behind_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    install_plug_ins(monkeypatch, loud=f"{__name__}:LOUD")
    found = load_table()
    assert list(found.metrics) == [*METRICS, "loud"]
    assert found.problems == ()


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("loud", "no_such_package:LOUD", "No module named 'no_such_package'"),
        ("loud", f"{__name__}:QUIET", "has no attribute 'QUIET'"),
        ("loud", "tests.metrics.raises_on_import:METRIC", "RuntimeError: no driver"),
        ("a b", f"{__name__}:ODD", "calls itself 'a b', expected letters, digits and underscores"),
        ("number", f"{__name__}:NOT_A_METRIC", "is a int, expected a seinfer.metrics.Metric"),
        ("quiet", f"{__name__}:LOUD", "calls itself 'loud', expected 'quiet'"),
        ("sdr", "seinfer.metrics.table:_OURS", "is a tuple"),
    ],
)
def test_load_table_bad_plug_in_is_a_problem_line(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, problem: str
) -> None:
    install_plug_ins(monkeypatch, **{name: value})
    found = load_table()
    assert list(found.metrics) == list(METRICS)
    assert len(found.problems) == 1
    assert problem in found.problems[0]


def test_load_table_plug_in_cannot_take_our_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "FALSE_SDR", Metric("sdr", "dB", "nowhere:sdr", "of a test", "none"))
    install_plug_ins(monkeypatch, sdr=f"{__name__}:FALSE_SDR")
    found = load_table()
    assert found.metrics["sdr"] is METRICS["sdr"]
    assert "already taken" in found.problems[0]


def install_plug_ins(monkeypatch: pytest.MonkeyPatch, **entries: str) -> None:
    points = [EntryPoint(name, value, table.GROUP) for name, value in entries.items()]
    monkeypatch.setattr(table, "entry_points", lambda group: points)
    load_table.cache_clear()


@pytest.fixture(autouse=True)
def _fresh_table() -> Iterator[None]:
    """Leave no plug-in of a test behind."""
    yield
    load_table.cache_clear()
