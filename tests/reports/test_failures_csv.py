from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from seinfer.analysis.results import Results
from seinfer.core.records import Score
from seinfer.reports.failures_csv import write_failures
from tests.helpers import rows
from tests.reports import example_run


def written(folder: Path, results: Results) -> list[tuple[str, ...]]:
    write_failures(results, folder / "failures.csv")
    return [tuple(row.values()) for row in rows(folder / "failures.csv")]


def test_failures_lists_models_clips_and_scores_with_stage_and_reason(tmp_path: Path) -> None:
    results = example_run.results()
    found = written(tmp_path, replace(results, header={**results.header, "lost_models": {"bad": "no weights"}}))
    assert found[0] == ("", "bad", "load", "not_loaded", "no weights")
    assert ("set/p287_005", "good", "score", "pesq_crash", "pesq_wb") in found
    assert ("set/p287_006", "small", "enhance", "worker_crash", 'it ended with signal 11, "core dumped"') in found
    assert ("set/p287_007", "noisy", "read", "truncated", "the file ends early, in the middle") in found


def test_failures_lists_an_estimate_that_cannot_be_scored_once(tmp_path: Path) -> None:
    results = example_run.results()
    slot = ("set/p287_000", "good")
    silent = replace(results.rows[slot], score=Score(*slot, 16000, {}, {"sdr": "silent_est"}, error="silent_est: zero"))
    found = written(tmp_path, replace(results, rows={**results.rows, slot: silent}))
    assert [line for line in found if line[:2] == slot] == [(*slot, "score", "silent_est", "zero")]


def test_failures_does_not_list_remarks(tmp_path: Path) -> None:
    results = example_run.results()
    row = results.rows["set/p287_000", "noisy"]
    assert row.score is not None and row.score.reasons == {"sdr": "identical"}
    assert ("set/p287_000", "noisy") not in {failure[:2] for failure in written(tmp_path, results)}


@pytest.mark.parametrize(
    ("error", "stage"),
    [("missing: gone", "read"), ("not_written: disk full", "write"), ("oom: out of memory", "enhance")],
)
def test_failures_stage_follows_from_the_reason(tmp_path: Path, error: str, stage: str) -> None:
    results = example_run.results()
    key = ("set/p287_000", "good")
    row = results.rows[key]
    assert row.enhancement is not None
    failed = replace(row, enhancement=replace(row.enhancement, status="failed", error=error))
    found = written(tmp_path, replace(results, rows={**results.rows, key: failed}))
    reason, message = error.split(": ")
    assert (*key, stage, reason, message) in found


def test_failures_of_a_run_without_any_is_the_header_only(tmp_path: Path) -> None:
    assert written(tmp_path, example_run.results(n_paired=5, n_blind=0)) == []
    assert (tmp_path / "failures.csv").read_text() == "clip_id,model,stage,reason,message\n"
