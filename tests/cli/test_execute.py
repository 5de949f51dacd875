"""The last line of a run and its exit code."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from seinfer.analysis.results import Results
from seinfer.cli.execute import closing_line, exit_code
from seinfer.core.exit_codes import ALL_DONE, PARTLY_FAILED
from seinfer.core.records import Enhancement
from tests.analysis.test_recommend import NOISY, compared


def with_failure(results: Results) -> Results:
    slot, row = next(iter(results.rows.items()))
    failed = replace(row, enhancement=Enhancement(row.clip.clip_id, row.model, "failed", "crashed: x"))
    return replace(results, rows={**results.rows, slot: failed})


def test_closing_line_counts_rows_and_names_the_folder() -> None:
    results = compared({"noisy": NOISY}, n_clips=6)
    assert closing_line(results, Path("out")) == "6 ok, 0 failed; written to out"
    assert closing_line(results, None) == "6 ok, 0 failed"


def test_closing_line_with_failures_names_the_file_that_lists_them() -> None:
    results = with_failure(compared({"noisy": NOISY}, n_clips=6))
    assert closing_line(results, Path("out")) == "5 ok, 1 failed, see out/failures.csv; written to out"


def test_closing_line_counts_kept_rows_and_lost_models() -> None:
    results = compared({"noisy": NOISY}, n_clips=6)
    results = replace(results, header={**results.header, "n_kept": 4, "lost_models": {"a": "why"}})
    assert closing_line(results, None) == "6 ok (4 of them from before), 1 failed"


def test_exit_code_is_partly_failed_for_a_failed_clip_or_a_lost_model() -> None:
    results = compared({"noisy": NOISY}, n_clips=6)
    assert exit_code(results) == ALL_DONE
    assert exit_code(with_failure(results)) == PARTLY_FAILED
    assert exit_code(replace(results, header={**results.header, "lost_models": {"a": "why"}})) == PARTLY_FAILED
