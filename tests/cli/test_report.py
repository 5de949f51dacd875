"""`seinfer report`: rebuilds the files of a run folder, with other options for the tables."""

from __future__ import annotations

import csv
import json
import subprocess
from pathlib import Path

import pytest

from seinfer.core.errors import SeinferError
from seinfer.models import extras
from tests.helpers import invoke, rows, seinfer


def groups(folder: Path) -> set[str]:
    return {row["group_key"] for row in rows(folder / "summary.csv")}


def test_report_by_and_baseline_change_the_tables_and_without_them_the_settings_of_the_run_are_used(
    example_run: Path,
) -> None:
    changed = invoke("report", example_run, "--by", "noise,snr", "--baseline", "small")
    assert changed.exit_code == 5  # a clip failed
    assert "the improvement over small" in changed.stdout
    assert groups(example_run) == {"all", "noise", "snr_db"}
    again = invoke("report", example_run)
    assert "the improvement over noisy" in again.stdout
    assert groups(example_run) == {"all"}


def test_report_dnsmos_csv_is_written_with_the_option_only(example_run: Path) -> None:
    (example_run / "dnsmos.csv").unlink(missing_ok=True)
    invoke("report", example_run)
    assert not (example_run / "dnsmos.csv").exists()
    invoke("report", example_run, "--dnsmos-csv")
    assert (
        (example_run / "dnsmos.csv").read_text(encoding="utf-8").startswith("filename,len_in_sec,sr,num_hops,OVRL_raw")
    )


def test_report_json_equals_format_json(example_run: Path) -> None:
    assert invoke("report", example_run, "--json").stdout == invoke("report", example_run, "--format", "json").stdout


def test_report_sort_and_metrics_change_the_printed_table(example_run: Path) -> None:
    shown = invoke("report", example_run, "--sort", "rtf", "--metrics", "pesq_wb", "--format", "csv").stdout
    found = list(csv.DictReader(shown.splitlines()))
    assert [row["model"] for row in found] == ["noisy", "small", "good", "absent"]
    assert "sdr" not in found[0]


@pytest.mark.parametrize(
    "arguments",
    [("--by", "colour"), ("--baseline", "unknown"), ("--sort", "colour"), ("--metrics", "stoi"), ("--format", "xml")],
)
def test_report_invalid_option_is_a_usage_error(example_run: Path, arguments: tuple[str, str]) -> None:
    error = invoke("report", example_run, *arguments).exception
    assert isinstance(error, SeinferError)
    assert error.exit_code == 2


def test_report_without_options_rebuilds_the_same_files(
    compared: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    out, first = compared
    before = {path.name: path.read_bytes() for path in out.glob("*.csv")}
    for name in before:
        (out / name).unlink()
    again = seinfer("report", out)
    assert again.returncode == 0, again.stderr
    assert {path.name: path.read_bytes() for path in out.glob("*.csv")} == before
    assert again.stdout == first.stdout


def test_report_json_has_models_and_failures(compared: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    document = json.loads(seinfer("report", compared[0], "--json").stdout)
    assert [model["model"] for model in document["models"]] == ["noisy", "rnnoise"]
    assert document["models"][1]["figures"]["sdr"]["summary"]["n"] == 3
    assert document["failures"] == []


def test_report_html_writes_the_page_and_without_it_the_page_of_an_earlier_command_is_removed(
    compared_copy: Path,
) -> None:
    out = compared_copy / "out"
    first = invoke("report", out, "--html")
    assert first.exit_code == 0, first.exception
    page = (out / "report.html").read_bytes()
    assert page.count(b"<audio controls") == 9
    assert f"page: {out / 'report.html'}" in first.stderr
    assert json.loads((out / "run.json").read_text(encoding="utf-8"))["report"]["html"] is True
    invoke("report", out, "--html")
    assert (out / "report.html").read_bytes() == page
    invoke("report", out)
    assert not (out / "report.html").exists()


def test_report_html_with_an_embed_limit_of_0_links_the_files_of_the_run(compared_copy: Path) -> None:
    out = compared_copy / "out"
    invoke("report", out, "--html", "--embed-limit", 0)
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "data:audio" not in page
    assert 'src="audio/rnnoise/' in page


def test_report_html_without_its_packages_names_the_install_line_and_changes_nothing(
    compared_copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extras, "version_of", lambda name: "" if name == "jinja2" else "1")
    before = {path.name: path.stat().st_mtime_ns for path in (compared_copy / "out").iterdir()}
    error = invoke("report", compared_copy / "out", "--html").exception
    assert isinstance(error, SeinferError)
    assert str(error).startswith("--html needs jinja2: ")
    assert "[report]" in str(error)
    assert {path.name: path.stat().st_mtime_ns for path in (compared_copy / "out").iterdir()} == before
