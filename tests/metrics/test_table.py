"""The table of metrics, its plug-ins, and what its import loads."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import EntryPoint

import pytest

from seinfer.core.errors import UsageError
from seinfer.core.metric_names import GROUP, METRIC_NAMES, metric_names
from seinfer.metrics import METRICS, Metric, load_table, table

from .spare import modules_after

LOUD = Metric(name="loud", unit="dB", function="nowhere:loud", method="of a test", source="none")
ODD = Metric(name="a b", unit="", function="nowhere:odd", method="of a test", source="none")
NOT_A_METRIC = 3


def test_import_table_loads_nothing_heavy() -> None:
    loaded = modules_after("import seinfer.metrics; list(seinfer.metrics.load_table().metrics)")
    assert not loaded & {"numpy", "scipy", "pesq", "torch", "pystoi", "mir_eval"}


def test_import_evaluation_loads_neither_torch_nor_oracles() -> None:
    modules = ("compute", "evaluate", "diagnostics", "sdr", "si_sdr", "stoi", "pesq", "composite", "lsd", "dnsmos")
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
        *("sdr", "si_sdr", "pesq_wb", "pesq_nb", "pesq_nb_raw", "stoi", "estoi"),
        *("csig", "cbak", "covl", "ssnr", "lsd", "speech_attenuation", "residual_noise"),
    ]
    assert [m.name for m in METRICS.values() if not m.needs_reference] == [
        *("dnsmos_sig", "dnsmos_bak", "dnsmos_ovrl", "dnsmos_p808", "pdnsmos_sig", "pdnsmos_bak", "pdnsmos_ovrl"),
        *("distillmos", "nisqa", "nisqa_noi", "nisqa_dis", "nisqa_col", "nisqa_loud", "scoreq", "wer", "wer_deletions"),
        *("dnsmos_n_hops", "dnsmos_n_used", "dnsmos_tiled", "dnsmos_sig_raw", "dnsmos_bak_raw", "dnsmos_ovrl_raw"),
    ]
    assert list(METRICS) == sorted(METRICS, key=lambda name: not METRICS[name].needs_reference)


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
        ("a b", f"{__name__}:ODD", "has the name 'a b', expected letters, digits and underscores"),
        ("number", f"{__name__}:NOT_A_METRIC", "is a int, expected a seinfer.metrics.Metric"),
        ("quiet", f"{__name__}:LOUD", "has the name 'loud', expected 'quiet'"),
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


def test_metric_names_are_the_metrics_by_which_models_are_compared() -> None:
    assert list(METRIC_NAMES) == [metric.name for metric in METRICS.values() if not metric.is_diagnostic]
    assert metric_names()[: len(METRIC_NAMES)] == METRIC_NAMES


def test_load_table_plug_in_cannot_take_our_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "FALSE_SDR", Metric("sdr", "dB", "nowhere:sdr", "of a test", "none"))
    install_plug_ins(monkeypatch, sdr=f"{__name__}:FALSE_SDR")
    found = load_table()
    assert found.metrics["sdr"] is METRICS["sdr"]
    assert "already taken" in found.problems[0]


def install_plug_ins(monkeypatch: pytest.MonkeyPatch, **entries: str) -> None:
    points = [EntryPoint(name, value, GROUP) for name, value in entries.items()]
    monkeypatch.setattr(table, "entry_points", lambda group: points)
    load_table.cache_clear()


@pytest.fixture(autouse=True)
def _fresh_table() -> Iterator[None]:
    """Leave no plug-in of a test behind."""
    yield
    load_table.cache_clear()
