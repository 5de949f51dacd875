from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from seinfer.reports.dnsmos_csv import write_dnsmos
from tests.helpers import rows
from tests.reports import example_run


def test_dnsmos_has_one_row_per_estimate_with_scores_in_the_format_of_the_script(tmp_path: Path) -> None:
    write_dnsmos(example_run.results(), tmp_path / "dnsmos.csv")
    found = {row["filename"]: row for row in rows(tmp_path / "dnsmos.csv")}
    assert "audio/noisy/wild/0.wav" not in found  # too short: no scores
    row = found["audio/good/wild/0.wav"]
    assert (row["sr"], row["num_hops"], float(row["len_in_sec"])) == ("16000", "3", 6.0)
    names = ("SIG", "BAK", "OVRL", "P808_MOS", "SIG_raw", "BAK_raw", "OVRL_raw")
    assert [float(row[name]) for name in names] == pytest.approx([3.0 + 0.0625 * i for i in range(7)])


def test_dnsmos_file_of_another_program_is_named_by_its_folder(tmp_path: Path) -> None:
    results = example_run.results()
    models = {**results.header["models"], "good": {"folder": "/theirs"}}
    write_dnsmos(replace(results, header={**results.header, "models": models}), tmp_path / "dnsmos.csv")
    assert "/theirs/wild/0" in {row["filename"] for row in rows(tmp_path / "dnsmos.csv")}
