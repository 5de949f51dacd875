"""The options about tables, from the command line to the files."""

from __future__ import annotations

import csv
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from seinfer.core.errors import SeinferError
from seinfer.pipeline.journal import RunFolder
from tests.helpers import invoke, seinfer
from tests.reports import example_run


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Write the journal of the example run, as a command would have."""
    path = tmp_path_factory.mktemp("example") / "out"
    results = example_run.results()
    folder = RunFolder(path)
    folder.add_plan(results.header, results.clips)
    for row in results.by_clip:
        if row.enhancement:
            folder.add_enhancement("", row.enhancement)
        if row.score:
            folder.add_score("", row.score)
    folder.close()
    yield path


def groups(folder: Path) -> set[str]:
    with open(folder / "summary.csv", newline="", encoding="utf-8") as file:
        return {row["group_key"] for row in csv.DictReader(file)}


def test_report_takes_by_and_baseline_and_without_them_is_as_the_run_was(run_folder: Path) -> None:
    changed = invoke("report", run_folder, "--by", "noise,snr", "--baseline", "small")
    assert changed.exit_code == 5  # a clip failed
    assert "the improvement over small" in changed.stdout
    assert groups(run_folder) == {"all", "noise", "snr_db"}
    again = invoke("report", run_folder)
    assert "the improvement over noisy" in again.stdout
    assert groups(run_folder) == {"all"}


def test_report_dnsmos_csv_is_written_when_asked_for(run_folder: Path) -> None:
    (run_folder / "dnsmos.csv").unlink(missing_ok=True)
    invoke("report", run_folder)
    assert not (run_folder / "dnsmos.csv").exists()
    invoke("report", run_folder, "--dnsmos-csv")
    assert (
        (run_folder / "dnsmos.csv").read_text(encoding="utf-8").startswith("filename,len_in_sec,sr,num_hops,OVRL_raw")
    )


def test_report_json_and_format_json_are_the_same(run_folder: Path) -> None:
    assert invoke("report", run_folder, "--json").stdout == invoke("report", run_folder, "--format", "json").stdout


def test_report_sorts_and_chooses_metrics(run_folder: Path) -> None:
    shown = invoke("report", run_folder, "--sort", "rtf", "--metrics", "pesq_wb", "--format", "csv").stdout
    rows = list(csv.DictReader(shown.splitlines()))
    assert [row["model"] for row in rows] == ["noisy", "small", "good", "absent"]
    assert "sdr" not in rows[0]


@pytest.mark.parametrize(
    "arguments",
    [("--by", "colour"), ("--baseline", "nobody"), ("--sort", "colour"), ("--metrics", "stoi"), ("--format", "xml")],
)
def test_report_options_that_make_no_sense_are_usage_errors(run_folder: Path, arguments: tuple[str, str]) -> None:
    error = invoke("report", run_folder, *arguments).exception
    assert isinstance(error, SeinferError)
    assert error.exit_code == 2


def test_recommend_reads_a_run_folder(run_folder: Path) -> None:
    result = invoke("recommend", run_folder, "--metric", "sdr", "--max-rtf", "0.5", "--json")
    assert result.exit_code == 0, result.stdout
    document = json.loads(result.stdout)
    assert document["pick"] == "small"
    assert {c["model"]: c["ruled_out"] for c in document["candidates"]}["good"] == ["rtf 0.8, over 0.5"]


def test_report_rebuilds_the_same_files(compared: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    out, first = compared
    before = {path.name: path.read_bytes() for path in out.glob("*.csv")}
    for name in before:
        (out / name).unlink()
    again = seinfer("report", out)
    assert again.returncode == 0, again.stderr
    assert {path.name: path.read_bytes() for path in out.glob("*.csv")} == before
    assert again.stdout == first.stdout
