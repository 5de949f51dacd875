"""DNSMOS against Microsoft's own script, with scores recorded by record_dnsmos.py."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soxr

from seinfer.metrics import METRICS, Metric, MetricError, dnsmos_networks
from seinfer.metrics.compute import compute
from seinfer.metrics.dnsmos_networks import P808, P835, P835_PERSONALISED, network
from seinfer.metrics.evaluate import evaluate
from seinfer.metrics.pair import Reference

from .oracleclips import dnsmos_clip
from .signals import SAMPLE_RATE, Floats, noise_syllables

ORACLE = 1e-5  # MOS
RECORDED = json.loads(Path(__file__).with_name("dnsmos_oracle.json").read_text(encoding="utf-8"))
# Column -> name in the script's table.
PLAIN = {
    "dnsmos_sig": "SIG",
    "dnsmos_bak": "BAK",
    "dnsmos_ovrl": "OVRL",
    "dnsmos_p808": "P808_MOS",
    "dnsmos_sig_raw": "SIG_raw",
    "dnsmos_bak_raw": "BAK_raw",
    "dnsmos_ovrl_raw": "OVRL_raw",
    "dnsmos_n_hops": "num_hops",
}
PERSONALISED = {"pdnsmos_sig": "SIG", "pdnsmos_bak": "BAK", "pdnsmos_ovrl": "OVRL"}
BLIND = [metric for metric in METRICS.values() if "dnsmos" in metric.name]
SHORT = dnsmos_clip(5.0)  # one window


def scores_of(estimate: Floats, names: Any, sample_rate: int = SAMPLE_RATE, **options: Any) -> dict[str, float]:
    metrics = [METRICS[name] for name in names]
    found = evaluate(reference=None, estimate=estimate, sample_rate=sample_rate, metrics=metrics, **options)
    assert found.reasons == {}
    return found.values


@pytest.mark.parametrize("duration_s", RECORDED["dnsmos"])
def test_dnsmos_any_duration_equals_the_script(duration_s: str) -> None:
    found = scores_of(dnsmos_clip(float(duration_s)), PLAIN)
    for name, key in PLAIN.items():
        assert found[name] == pytest.approx(RECORDED["dnsmos"][duration_s][key], abs=ORACLE), name


@pytest.mark.parametrize("duration_s", RECORDED["pdnsmos"])
def test_pdnsmos_equals_the_script(duration_s: str) -> None:
    found = scores_of(dnsmos_clip(float(duration_s)), PERSONALISED)
    for name, key in PERSONALISED.items():
        assert found[name] == pytest.approx(RECORDED["pdnsmos"][duration_s][key], abs=ORACLE), name


def test_networks_are_those_of_the_recorded_scores() -> None:
    digests = RECORDED["sha256"]
    assert P835.sha256 == digests["DNSMOS/sig_bak_ovr.onnx"]
    assert P835_PERSONALISED.sha256 == digests["pDNSMOS/sig_bak_ovr.onnx"]
    assert P808.sha256 == digests["DNSMOS/model_v8.onnx"]


@pytest.mark.parametrize(("duration_s", "tiled"), [(5.0, 1.0), (9.0, 1.0), (9.01, 0.0), (20.0, 0.0)])
def test_dnsmos_counts_report_the_windows_of_the_clip(duration_s: float, tiled: float) -> None:
    found = scores_of(noise_syllables(duration_s), ["dnsmos_n_hops", "dnsmos_n_used", "dnsmos_tiled"])
    counts = {5.0: (1, 1), 9.0: (9, 7), 9.01: (1, 1), 20.0: (11, 7)}[duration_s]
    assert tuple(found.values()) == (*counts, tiled)


def counting(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Count the runs of each network."""
    runs: list[str] = []

    def counted(file: dnsmos_networks.NetworkFile) -> Any:
        run = network(file)
        return lambda inputs: runs.append(file.path) or run(inputs)

    monkeypatch.setattr(dnsmos_networks, "network", counted)
    return runs


def test_evaluate_all_columns_runs_each_network_once_a_window(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = counting(monkeypatch)
    found = scores_of(SHORT, [metric.name for metric in BLIND])
    assert list(found) == [metric.name for metric in BLIND]
    assert sorted(runs) == sorted([P835.path, P835_PERSONALISED.path, P808.path])


def test_evaluate_with_a_reference_does_not_use_it(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = counting(monkeypatch)
    metrics = [METRICS[name] for name in ("si_sdr", "dnsmos_p808", "dnsmos_n_hops")]
    for reference in (Reference(SHORT[::-1].copy(), SAMPLE_RATE), Reference(np.zeros(10), SAMPLE_RATE)):
        found = evaluate(reference=reference, estimate=SHORT, sample_rate=SAMPLE_RATE, metrics=metrics)
        assert found.values["dnsmos_p808"] == pytest.approx(RECORDED["dnsmos"]["5.0"]["P808_MOS"], abs=ORACLE)
    assert found.reasons == {"si_sdr": "silent_ref"}
    assert len(runs) == 2


def test_compute_dnsmos_equals_evaluate() -> None:
    found = scores_of(SHORT, ["dnsmos_p808", "dnsmos_n_used"])
    for name, value in found.items():
        assert compute(METRICS[name], reference=None, estimate=SHORT, sample_rate=SAMPLE_RATE) == value


def test_dnsmos_same_clip_in_other_memory_has_the_same_score() -> None:
    expected = scores_of(SHORT, ["dnsmos_p808"])
    kept = SHORT.copy()
    kept.flags.writeable = False
    assert scores_of(kept, ["dnsmos_p808"]) == expected
    assert scores_of(np.stack([SHORT, SHORT], axis=1)[:, 1], ["dnsmos_p808"]) == expected
    assert scores_of(SHORT.astype(np.float32), ["dnsmos_p808"]) == expected  # 16 bits fit in either
    np.testing.assert_array_equal(kept, SHORT)


def test_dnsmos_noise_lowers_the_ratings() -> None:
    names = ["dnsmos_bak", "dnsmos_ovrl", "dnsmos_p808"]
    noise = 0.05 * np.random.default_rng(0).standard_normal(len(SHORT))
    clean, noisy = scores_of(SHORT, names), scores_of(SHORT + noise, names)
    assert all(1 <= noisy[name] < clean[name] <= 5 for name in names)


def test_dnsmos_8_khz_is_resampled_to_16_khz() -> None:
    narrow = soxr.resample(SHORT, SAMPLE_RATE, 8000)
    names = ["dnsmos_p808", "dnsmos_n_used"]
    expected = scores_of(soxr.resample(narrow, 8000, SAMPLE_RATE), names)
    assert scores_of(narrow, names, 8000, resample=soxr.resample) == expected


@pytest.mark.parametrize(
    ("estimate", "sample_rate", "reason"),
    [
        (SHORT[:0], SAMPLE_RATE, "too_short"),
        (0 * SHORT, SAMPLE_RATE, "silent_est"),
        (SHORT + 1e-6 * np.nan, SAMPLE_RATE, "nonfinite"),
        (np.where(SHORT.max() == SHORT, np.inf, SHORT), SAMPLE_RATE, "nonfinite"),
        (SHORT, 8000, "sample_rate"),
    ],
)
def test_dnsmos_unusable_clip_gives_the_reason_for_all(estimate: Floats, sample_rate: int, reason: str) -> None:
    found = evaluate(reference=None, estimate=estimate, sample_rate=sample_rate, metrics=BLIND)
    assert found == ({}, dict.fromkeys([metric.name for metric in BLIND], reason))
    for metric in BLIND:
        with pytest.raises(MetricError) as caught:
            compute(metric, reference=None, estimate=estimate, sample_rate=sample_rate)
        assert caught.value.reason == reason


@pytest.mark.parametrize("n_samples", [1, 159, 5000])
def test_dnsmos_tiny_clip_has_scores(n_samples: int) -> None:
    found = scores_of(SHORT[10_000 : 10_000 + n_samples], ["dnsmos_p808", "dnsmos_tiled"])
    assert 1 < found["dnsmos_p808"] < 5
    assert found["dnsmos_tiled"] == 1


@pytest.fixture
def other_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Replace the package speechmos by an empty folder, with no network loaded."""
    spec = ModuleSpec("speechmos", None, is_package=True)
    spec.submodule_search_locations = [str(tmp_path)]
    monkeypatch.setattr(dnsmos_networks, "find_spec", lambda name: spec)
    network.cache_clear()
    (tmp_path / "dnsmos_models").mkdir()
    return tmp_path


def refusal(metric: Metric) -> str:
    found = evaluate(reference=None, estimate=SHORT, sample_rate=SAMPLE_RATE, metrics=[metric])
    assert found.values == {}
    return found.reasons[metric.name]


def test_dnsmos_another_network_is_refused(other_package: Path) -> None:
    (other_package / P808.path).write_bytes(b"another network")
    said = refusal(METRICS["dnsmos_p808"])
    assert said.startswith(f"model_file: {other_package / P808.path} has sha256 ")
    assert said.endswith(f"expected {P808.sha256}")


def test_dnsmos_missing_network_names_its_path(other_package: Path) -> None:
    said = refusal(METRICS["dnsmos_sig"])
    assert said == f"model_file: {other_package / P835.path} cannot be read (No such file or directory)"


def test_dnsmos_without_speechmos_gives_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dnsmos_networks, "find_spec", lambda name: None)
    network.cache_clear()
    assert refusal(METRICS["dnsmos_sig"]).startswith("not_installed: there is no package speechmos")


def test_dnsmos_without_onnxruntime_gives_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    network.cache_clear()
    assert refusal(METRICS["dnsmos_p808"]).startswith("not_installed: onnxruntime cannot be imported (")


def test_dnsmos_never_imports_speechmos_or_librosa() -> None:
    code = (
        "import os, sys, numpy as np; from seinfer.metrics import METRICS\n"
        "from seinfer.metrics.compute import compute\n"
        "compute(METRICS['dnsmos_p808'], reference=None, estimate=np.ones(16000), sample_rate=16000)\n"
        "assert os.environ['ORT_DISABLE_TELEMETRY'] == '1'\n"
        "print(sorted({'speechmos', 'librosa', 'numba', 'requests', 'torch'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


def test_dnsmos_implementation_names_package_and_network() -> None:
    for metric in BLIND:
        if not metric.name.startswith("dnsmos_n") and metric.name != "dnsmos_tiled":
            assert metric.implementation.startswith("speechmos 0.0.1.1, ")
            assert any(file.sha256 in metric.implementation for file in (P835, P835_PERSONALISED, P808))
