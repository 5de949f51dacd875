from __future__ import annotations

from pathlib import Path

from seinfer.reports.blind_report_csv import BLIND_REPORT, write_blind_report
from tests.helpers import rows
from tests.reports import example_run


def test_blind_report_has_the_clips_without_reference_with_categories_and_dnsmos(tmp_path: Path) -> None:
    write_blind_report(example_run.results(), tmp_path / "blind_report.csv")
    found = {(row["clip_id"], row["model"]): row for row in rows(tmp_path / "blind_report.csv")}
    assert sorted(found) == [(clip, model) for clip in ("wild/0", "wild/1") for model in ("good", "noisy", "small")]
    row = found["wild/1", "good"]
    assert (row["device"], row["emotion"], row["ref_status"]) == ("headset", "calm, then not", "no_reference")
    assert (row["dnsmos_sig"], row["dnsmos_sig_delta"], row["dnsmos_tiled"]) == ("3.000000", "1.000000", "true")
    assert found["wild/0", "good"]["dnsmos_sig_delta"] == ""  # the noisy clip has no score


def test_blind_report_if_every_clip_has_a_reference_is_the_header_only(tmp_path: Path) -> None:
    write_blind_report(example_run.results(n_blind=0), tmp_path / "blind_report.csv")
    assert (tmp_path / "blind_report.csv").read_text() == ",".join(BLIND_REPORT) + "\n"
