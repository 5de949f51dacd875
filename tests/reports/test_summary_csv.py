from __future__ import annotations

from pathlib import Path

import pytest

from seinfer.analysis.leaderboard import leaderboard
from seinfer.reports.summary_csv import write_summary
from tests.helpers import rows
from tests.reports import example_run


def written(folder: Path, *by: str) -> list[dict[str, str]]:
    results = example_run.results(report={"by": by or ["noise", "snr_db"]})
    write_summary(results, leaderboard(results), folder / "summary.csv")
    return rows(folder / "summary.csv")


def test_summary_by_group_has_every_group_then_micro_and_macro(tmp_path: Path) -> None:
    found = [row for row in written(tmp_path) if row["metric"] == "sdr"]
    own = {row["group_value"]: row for row in found if row["model"] == "good" and row["group_key"] == "noise"}
    assert list(own) == ["fan", "street", "(none)", "(micro)", "(macro)"]
    # Common clips 0..5: fan 0, 3; street 1, 4; none 2, 5.
    assert (own["fan"]["n_common"], own["street"]["n_common"], own["(none)"]["n_common"]) == ("2", "2", "2")
    assert float(own["(macro)"]["mean"]) == pytest.approx(
        (float(own["fan"]["mean"]) + float(own["street"]["mean"])) / 2, abs=1e-6
    )
    assert own["(micro)"]["n_common"] == "4"
    snr = [row["group_value"] for row in found if row["model"] == "good" and row["group_key"] == "snr_db"]
    assert snr == ["0..5", "5..10", "10..15", "15..20", "(micro)", "(macro)"]


def test_summary_of_all_clips_has_the_numbers_of_the_leaderboard(tmp_path: Path) -> None:
    [row] = [
        row for row in written(tmp_path) if (row["model"], row["metric"], row["group_key"]) == ("good", "sdr", "all")
    ]
    [result] = [row.figures["sdr"] for row in leaderboard(example_run.results()) if row.model == "good"]
    assert result.summary is not None and result.delta is not None
    assert (row["n"], row["n_common"], row["n_failed"]) == (str(result.n), str(result.summary.n), str(result.n_failed))
    assert float(row["mean"]) == pytest.approx(result.summary.interval.mean, abs=1e-6)
    assert float(row["delta_mean"]) == pytest.approx(result.delta.mean, abs=1e-6)
    assert (row["rank"], row["tie_band"], float(row["win_rate"])) == ("1", result.tie_band, result.win_rate)


def test_summary_is_sorted_by_model_and_metric(tmp_path: Path) -> None:
    keys = [(row["model"], row["metric"]) for row in written(tmp_path)]
    assert keys == sorted(keys)


def test_summary_group_without_a_reference_has_no_row_for_reference_metrics(tmp_path: Path) -> None:
    groups = {row["group_value"] for row in written(tmp_path, "device") if row["group_key"] == "device"}
    assert groups == {"(none)"}  # only blind clips have a device
