"""`seinfer metrics`, and runs with metrics of other packages that crash or raise."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from seinfer.metrics.table import METRICS
from tests.helpers import RATE, rows, seinfer, speech_like, write_audio, write_paired_set

# pesq.py replaces the package and crashes on some clips, like the package; "loud" crashes and "odd" raises on the same.
PESQ = """
import os, signal
class PesqError(Exception): pass
BufferTooShortError = NoUtterancesError = PesqError
def pesq(rate, reference, estimate, mode):
    if abs(estimate[0] - 0.5) < 1e-3:
        os.kill(os.getpid(), signal.SIGSEGV)
    return 2.0
"""
LOUD = """
import os, signal
from seinfer.metrics import Metric

def loud(*, reference, estimate, sample_rate):
    if abs(estimate[0] - 0.5) < 1e-3:
        os.kill(os.getpid(), signal.SIGSEGV)
    return 1.0

def odd(*, reference, estimate, sample_rate):
    if abs(estimate[0] - 0.5) < 1e-3:
        raise TypeError("raised by the test")
    return 3.0

METRIC = Metric(name="loud", unit="", function="loud_metric:loud", method="of a test", source="none")
ODD = Metric(name="odd", unit="", function="loud_metric:odd", method="of a test", source="none", needs_reference=False)
"""
ENTRY_POINTS = """[seinfer.metrics]
loud = loud_metric:METRIC
odd = loud_metric:ODD
lost = no_such_package:METRIC
"""


@pytest.fixture
def site(tmp_path: Path) -> dict[str, str]:
    """Install the modules above into a folder; return the environment that makes them importable."""
    folder = tmp_path / "site"
    info = folder / "loud_metric-1.5.dist-info"
    info.mkdir(parents=True)
    (folder / "pesq.py").write_text(PESQ)
    (folder / "loud_metric.py").write_text(LOUD)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: loud-metric\nVersion: 1.5\n")
    (info / "entry_points.txt").write_text(ENTRY_POINTS)
    return {"PYTHONPATH": os.pathsep.join([str(folder), *sys.path])}


def test_metrics_on_80_columns_lists_unit_and_range_of_each_and_the_packages() -> None:
    result = seinfer("metrics", environment={"COLUMNS": "80"})
    assert (result.returncode, result.stderr) == (0, "")
    for metric in METRICS.values():
        assert f"{metric.name}: {metric.implementation}" not in result.stdout
    assert (
        "lsd, speech_attenuation, residual_noise, nisqa, nisqa_noi, nisqa_dis, nisqa_col, nisqa_loud, scoreq by "
        "seinfer 0.1.0; pesq_wb, pesq_nb, pesq_nb_raw by pesq 0.0.4; " in result.stdout
    )
    (line,) = (line for line in result.stdout.splitlines() if line.startswith("pesq_wb* "))
    assert re.split(r"  +", line.strip()) == [
        "pesq_wb*",
        "MOS-LQO",
        "1.04 to 4.64",
        "higher",
        "needed",
        "16000",
        "300",
        "yes",
    ]


def test_metrics_json_has_every_fact_and_the_plug_ins(site: dict[str, str]) -> None:
    result = seinfer("metrics", "--json", environment=site)
    assert result.returncode == 0, result.stderr
    assert "warning: metric plug-in lost = 'no_such_package:METRIC': ModuleNotFoundError: No module" in result.stderr
    listed = {row["name"]: row for row in json.loads(result.stdout)}
    assert list(listed) == [*METRICS, "loud", "odd"]
    assert listed["lsd"]["higher_is_better"] is False
    assert (listed["sdr"]["lower"], listed["sdr"]["upper"], listed["lsd"]["upper"]) == (-100, 100, None)
    assert listed["pesq_wb"]["version"] == "0.0.4"
    assert listed["dnsmos_ovrl"]["needs_reference"] is False
    assert all(row["source"] and row["implementation"] and row["cost"] > 0 for row in listed.values())


def test_metrics_verbose_gives_the_implementation_and_the_source_of_each_metric() -> None:
    shown = seinfer("metrics", "--verbose").stdout
    for metric in METRICS.values():
        assert (f"{metric.name}: {metric.implementation}; {metric.source}" in shown) is not metric.is_diagnostic


def test_doctor_lists_the_packages_of_metrics_and_broken_plug_ins(site: dict[str, str]) -> None:
    findings = json.loads(seinfer("doctor", "--json", environment=site).stdout)
    assert findings["extras"]["seinfer[dnsmos]"].startswith("onnxruntime ")
    assert "metric plug-in lost" in findings["plug-ins"]["problem 1"]


def test_metrics_json_imports_no_metric() -> None:
    code = (
        "import sys; from seinfer.cli.app import app\n"
        "try: app(['metrics', '--json'])\n"
        "except SystemExit: pass\n"
        "heavy = {'numpy', 'scipy', 'onnxruntime', 'speechmos', 'pesq', 'soundfile', 'torch'}\n"
        "print(heavy & set(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "set()"


def test_compare_metrics_that_crash_or_raise_leave_only_their_own_cells_empty(
    tmp_path: Path, site: dict[str, str]
) -> None:
    folder = write_paired_set(tmp_path / "set", 2)
    crashing = speech_like(1.5, RATE)
    crashing[0] = 0.5
    write_audio(folder / "noisy" / "c0.wav", crashing)
    command = (
        "compare",
        "--no-cost",
        "--models",
        "noisy",
        "--metrics",
        "pesq_wb,si_sdr,loud,odd",
        "--out",
        "out",
        folder,
    )
    result = seinfer(*command, cwd=tmp_path, environment=site)
    assert result.returncode == 0, result.stderr
    assert "warning: metric plug-in lost" in result.stderr
    first, second = rows(tmp_path / "out" / "per_clip.csv")
    assert (second["pesq_wb"], second["loud"], second["odd"], second["loud_delta"]) == (
        *("2.000000", "1.000000", "3.000000", "0.000000"),
    )
    assert first["si_sdr"]
    assert [first[name] for name in ("pesq_wb", "loud", "odd")] == ["", "", ""]
    assert first["ref_status"].split("; ") == [
        *("pesq_wb: pesq_crash", "loud: metric_crash", "odd: metric_error: TypeError: raised by the test"),
    ]
    failed = {(row["clip_id"], row["reason"]) for row in rows(tmp_path / "out" / "failures.csv")}
    assert failed == {("c0", "pesq_crash"), ("c0", "metric_crash"), ("c0", "metric_error")}


def test_compare_set_with_some_clean_files_gives_each_clip_the_metrics_that_apply(tmp_path: Path) -> None:
    folder = write_paired_set(tmp_path / "set", 1)
    write_audio(folder / "noisy" / "alone.wav", speech_like(5.0, RATE, seed=3))
    write_audio(folder / "noisy" / "silent.wav", np.zeros(RATE, np.float32))
    result = seinfer("compare", "--no-cost", "--models", "noisy", "--out", "out", folder, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert "note: 1 clip with a clean file is compared with it, 2 without one" in result.stdout
    alone, c0, silent = rows(tmp_path / "out" / "per_clip.csv")
    with_reference, without_reference = (
        ("sdr", "pesq_wb", "stoi"),
        ("dnsmos_sig", "dnsmos_bak", "dnsmos_ovrl", "dnsmos_p808"),
    )
    assert all(c0[name] and not alone[name] for name in with_reference)
    assert all(alone[name] and not c0[name] and not silent[name] for name in without_reference)
    assert (alone["ref_status"], c0["ref_status"]) == ("no_reference", "ok")
    assert silent["ref_status"] == "; ".join(["no_reference", *(f"{name}: silent_est" for name in without_reference)])
    assert [alone[f"dnsmos_{name}"] for name in ("n_hops", "n_used", "tiled")] == ["1", "1", "true"]
    assert [silent[f"dnsmos_{name}"] for name in ("n_hops", "n_used", "tiled")] == ["", "", ""]
    summary = {row["metric"]: (row["n"], row["n_failed"]) for row in rows(tmp_path / "out" / "summary.csv")}
    assert (summary["sdr"], summary["dnsmos_ovrl"]) == (("1", "0"), ("1", "1"))
    assert "dnsmos_n_hops" not in summary
    header = json.loads((tmp_path / "out" / "run.json").read_text())
    assert header["metrics_for"]["without_reference"] == list(without_reference)
    assert {"onnxruntime", "speechmos"} <= set(header["versions"])
    assert "dnsmos_tiled" in header["diagnostics"] and "dnsmos_tiled" not in header["metrics"]


def test_compare_pesq_with_more_utterances_than_its_tables_have_room_for_is_a_score(tmp_path: Path) -> None:
    burst, clean = speech_like(0.3, RATE), np.zeros(39 * RATE, np.float32)
    for start in range(0, len(clean) - len(burst), round(0.65 * RATE)):
        clean[start : start + len(burst)] = burst
    folder = write_paired_set(tmp_path / "set", 1)
    write_audio(folder / "clean" / "bursts.wav", clean)
    write_audio(folder / "noisy" / "bursts.wav", clean + 0.003 * np.random.default_rng(0).standard_normal(len(clean)))
    command = ("compare", "--no-cost", "--models", "noisy", "--metrics", "pesq_wb", "--out", "out", folder)
    result = seinfer(*command, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    bursts, c0 = rows(tmp_path / "out" / "per_clip.csv")
    assert (bursts["ref_status"], c0["ref_status"]) == ("pesq_wb: mean of 3 pieces", "ok")
    assert 1.0 < float(bursts["pesq_wb"]) < 4.64
    assert rows(tmp_path / "out" / "failures.csv") == []
    assert "1 clip(s), such as bursts," in " ".join(result.stdout.split())


ASR = """
import numpy as np
def transcribe(samples, sample_rate):
    return "one two three" if np.abs(samples).max() > 0.05 else "one"
"""


@pytest.mark.parametrize("is_paired", [True, False])
def test_compare_word_errors_come_from_the_recogniser_and_the_transcripts_of_the_user(
    tmp_path: Path, is_paired: bool
) -> None:
    (tmp_path / "my_asr.py").write_text(ASR)
    folder = write_paired_set(tmp_path / "set", 2)
    for index, level in enumerate((0.5, 0.01)):
        write_audio(folder / "noisy" / f"c{index}.wav", level * speech_like(1.5, RATE))
    (tmp_path / "said.csv").write_text("clip_id,transcript\nc0,One two four three.\nc1,One two.\n")
    source = folder if is_paired else folder / "noisy"
    command = [
        "compare",
        "--no-cost",
        "--models",
        "noisy",
        "--metrics",
        "wer,wer_deletions",
        "--out",
        "out",
        str(source),
    ]
    environment = {"SEINFER_ASR": "my_asr:transcribe", "PYTHONPATH": str(tmp_path)}
    result = seinfer(*command, "--categories", "said.csv", environment=environment, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    found = {row["clip_id"]: (row["wer"], row["wer_deletions"]) for row in rows(tmp_path / "out" / "per_clip.csv")}
    assert found == {"c0": ("0.250000", "0.250000"), "c1": ("0.500000", "0.500000")}
    assert "by my_asr:transcribe (sha256 " in (tmp_path / "out" / "run.json").read_text()
    # Another transcript is another score, although no file has changed.
    (tmp_path / "said.csv").write_text("clip_id,transcript\nc0,one two three\nc1,one\n")
    again = seinfer(*command, "--categories", "said.csv", environment=environment, cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert [row["wer"] for row in rows(tmp_path / "out" / "per_clip.csv")] == ["0.000000", "0.000000"]


def test_metrics_pull_unknown_network_names_the_known_ones() -> None:
    result = seinfer("metrics", "pull", "pesq_wb")
    assert (result.returncode, result.stdout) == (2, "")
    assert "no network is fetched for pesq_wb; expected nisqa, scoreq, or all" in result.stderr


def test_metrics_pull_from_a_file_verifies_and_pins_it(tmp_path: Path) -> None:
    (tmp_path / "copy.onnx").write_bytes(b"a network")
    environment = {"SEINFER_WEIGHTS_DIR": str(tmp_path / "weights"), "SEINFER_OFFLINE": "1"}
    result = seinfer("metrics", "pull", "scoreq", "--from", tmp_path / "copy.onnx", environment=environment)
    assert result.returncode == 0, result.stderr
    assert "weights licence: none stated; code: MIT" in result.stderr
    assert (tmp_path / "weights" / "scoreq" / "adapt_nr_telephone.onnx.pin.json").is_file()


def test_metrics_pull_without_network_is_one_line_with_the_remedy(tmp_path: Path) -> None:
    environment = {"SEINFER_WEIGHTS_DIR": str(tmp_path), "SEINFER_OFFLINE": "1"}
    result = seinfer("metrics", "pull", "nisqa", environment=environment)
    assert result.returncode == 1
    assert "`seinfer metrics pull nisqa --from DIR|FILE`" in result.stderr
