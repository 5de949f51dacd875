from __future__ import annotations

import json

import pytest

from seinfer.analysis.cautions import cautions
from seinfer.analysis.leaderboard import leaderboard
from seinfer.reports.json import as_document
from tests.reports import example_run

KEYS_OF_MODEL = {"model", "figures", "n_ok", "n_failed", "rtf", "n_parameters", "weights_bytes", "peak_rss_mib", "cost"}
KEYS_OF_METRIC = {
    *("summary", "n", "n_failed", "delta", "baseline_delta", "win_rate", "p_adjusted", "rank", "tie_band", "is_best"),
}


def test_document_keys_that_scripts_depend_on_are_fixed() -> None:
    results = example_run.results()
    document = as_document(results, leaderboard(results), cautions(results))
    assert set(document) == {"run", "models", "pairs", "published", "warnings", "failures", "failed_as_unprocessed"}
    good = document["models"][1]
    assert set(good) == KEYS_OF_MODEL
    assert set(good["figures"]["sdr"]) == KEYS_OF_METRIC
    assert set(good["figures"]["sdr"]["summary"]) == {"n", "interval", "median", "std"}
    assert set(good["figures"]["sdr"]["delta"]) == {"mean", "low", "high", "method"}
    assert set(document["warnings"][0]) == {"kind", "models", "n_clips", "message"}
    assert set(document["pairs"][0]) == {
        *("metric", "model_a", "model_b", "n", "difference", "p_adjusted", "is_told_apart", "note"),
    }


def test_document_is_valid_json_without_nan() -> None:
    results = example_run.results()
    document = as_document(results, leaderboard(results), [])
    assert json.loads(json.dumps(document, allow_nan=False))["run"]["run_id"] == "0123456789ab"


def test_document_has_pairs_of_every_metric_and_the_failed_clips() -> None:
    results = example_run.results()
    document = as_document(results, leaderboard(results), [])
    [pair] = [
        pair
        for pair in document["pairs"]
        if (pair["metric"], pair["model_a"], pair["model_b"]) == ("sdr", "noisy", "good")
    ]
    assert pair["difference"]["mean"] == pytest.approx(-(6 + 2.5 / 16))
    assert {pair["metric"] for pair in document["pairs"]} == set(example_run.METRICS)
    failed = {(failure["clip_id"], failure["model"]) for failure in document["failures"]}
    assert failed == {("set/p287_006", "small"), *(("set/p287_007", model) for model in example_run.MODELS)}
