from __future__ import annotations

from pathlib import Path

import pytest

from seinfer.reports.pairwise_csv import write_pairwise
from tests.helpers import rows
from tests.reports import example_run


def written(folder: Path, baseline: str = "") -> list[dict[str, str]]:
    write_pairwise(example_run.results(report={"baseline": baseline}), folder / "pairwise.csv")
    return rows(folder / "pairwise.csv")


@pytest.mark.parametrize("baseline", ["small", "good"])
def test_pairwise_has_the_baselines_as_model_b(tmp_path: Path, baseline: str) -> None:
    other = {"small": "good", "good": "small"}[baseline]
    pairs = [(row["model_a"], row["model_b"]) for row in written(tmp_path, baseline) if row["metric"] == "sdr"]
    assert sorted(pairs) == sorted([(other, baseline), (other, "noisy"), (baseline, "noisy")])


def test_pairwise_difference_is_model_a_minus_model_b(tmp_path: Path) -> None:
    found = {(row["model_a"], row["model_b"]): row for row in written(tmp_path) if row["metric"] == "sdr"}
    row = found["good", "noisy"]
    # The 6 common clips have the gains 6 + i / 16.
    assert (row["n"], float(row["mean_diff"])) == ("6", pytest.approx(6 + 2.5 / 16, abs=1e-6))
    assert float(row["ci95_lo"]) < float(row["mean_diff"]) < float(row["ci95_hi"])


def test_pairwise_note_says_told_apart_and_names_the_intervals(tmp_path: Path) -> None:
    notes = {row["metric"]: row["note"] for row in written(tmp_path) if row["model_b"] == "noisy"}
    assert notes["sdr"] == "told apart"
    assert notes["pesq_wb"] == "n too small: 5 clips, 6 needed"
    methods = {row["metric"]: row["ci_method"] for row in written(tmp_path)}
    assert methods["sdr"] == "max-T bootstrap, simultaneous over 3 pairs, 4999 draws, seed 20210"
    assert methods["pesq_wb"] == "fewer than 6 clips"
