from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from seinfer.analysis.results import is_higher_better, results_of
from seinfer.core.records import Clip, Enhancement, Score
from tests.reports import example_run


def test_results_of_sorts_clips_and_puts_noisy_first() -> None:
    header = {"models": {"a": {}, "noisy": {}, "absent": {"not_run": "no weights"}}, "metrics": {"sdr": "x"}}
    results = results_of(header, [Clip("b", "b.wav"), Clip("a", "a.wav")], {}, {})
    assert [clip.clip_id for clip in results.clips] == ["a", "b"]
    assert results.models == ("noisy", "a")
    assert list(results.rows) == [("a", "noisy"), ("a", "a"), ("b", "noisy"), ("b", "a")]


def test_results_of_ignores_clips_and_models_of_other_runs() -> None:
    header = {"models": {"noisy": {}}, "metrics": {"sdr": "x"}}
    scores = {("x", "noisy"): Score("x", "noisy", 16000, {"sdr": 1.0}), ("a", "old"): Score("a", "old", 16000)}
    results = results_of(header, [Clip("a", "a.wav")], {}, scores)
    assert list(results.rows) == [("a", "noisy")]
    assert results.rows["a", "noisy"].score is None


def test_row_error_names_the_problem_of_the_clip_then_of_the_enhancement() -> None:
    results = example_run.results()
    assert results.rows["set/p287_007", "good"].error == "truncated: the file ends early, in the middle"
    assert results.rows["set/p287_006", "small"].error.startswith("worker_crash: ")
    assert results.rows["set/p287_000", "good"].error == ""
    unreached = replace(results.rows["set/p287_000", "good"], enhancement=None)
    assert unreached.error == "not_reached: the run ended before this clip"
    assert not unreached.is_ok


def test_row_error_names_why_the_estimate_cannot_be_scored() -> None:
    row = example_run.results().rows["set/p287_000", "good"]
    assert row.score is not None
    silent = replace(row, score=replace(row.score, error="silent_est: silent"))
    assert (silent.error, silent.is_ok, silent.value("sdr")) == ("silent_est: silent", False, None)


def test_row_value_of_a_failed_clip_is_none_even_with_a_score() -> None:
    row = example_run.results().rows["set/p287_000", "good"]
    assert row.value("sdr") == 6.0
    failed = replace(row, enhancement=Enhancement(row.clip.clip_id, "good", "failed", "oom: out of memory"))
    assert failed.value("sdr") is None


def test_table_has_nan_for_missing_scores() -> None:
    results = example_run.results()
    table = results.table("pesq_wb")
    assert table.shape == (3, 10)
    good = dict(zip([clip.clip_id for clip in results.clips], table[1], strict=True))
    assert good["set/p287_000"] == 1.25 + 6.0 / 16
    assert [clip for clip, value in good.items() if np.isnan(value)] == [
        *("set/p287_005", "set/p287_007", "wild/0", "wild/1"),
    ]


def test_expected_clips_of_a_reference_metric_have_a_clean_file() -> None:
    results = example_run.results(metrics=(*example_run.METRICS, "dnsmos_ovrl"))
    assert results.expected_clips("sdr").tolist() == [True] * 8 + [False] * 2
    assert results.expected_clips("dnsmos_ovrl").tolist() == [False] * 8 + [True] * 2


def test_metrics_excludes_diagnostics_and_unknown_metrics() -> None:
    results = replace(example_run.results(), computed=("sdr", "dnsmos_ovrl", "dnsmos_n_hops", "plugged"))
    assert results.metrics == ("sdr", "dnsmos_ovrl")
    assert results.unknown_metrics == ("plugged",)


def test_reasons_exclude_metrics_that_were_not_requested_and_failed_clips() -> None:
    results = example_run.results()
    assert results.reasons(results.rows["set/p287_005", "good"]) == {"pesq_wb": "pesq_crash"}
    assert replace(results, computed=("sdr",)).reasons(results.rows["set/p287_005", "good"]) == {}
    assert results.reasons(results.rows["set/p287_006", "small"]) == {}


def test_compared_on_some_clips_equals_the_comparison_of_their_scores() -> None:
    results = example_run.results()
    mask = np.array([clip.clip_id in ("set/p287_000", "set/p287_001") for clip in results.clips])
    found = results.compared("sdr", mask)
    assert found.table.tolist() == results.table("sdr")[:, :2].tolist()
    assert found.n_common == 2


@pytest.mark.parametrize(("metric", "expected"), [("sdr", True), ("lsd", False)])
def test_is_higher_better_is_the_direction_of_the_metric(metric: str, expected: bool) -> None:
    assert is_higher_better(metric) is expected
