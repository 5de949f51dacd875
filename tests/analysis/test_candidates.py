from __future__ import annotations

from dataclasses import replace

import pytest

from seinfer.analysis.candidates import Needs, candidates_of, with_metrics
from seinfer.core.errors import UsageError
from tests.analysis.example_models import MODELS, NOISY, compared
from tests.reports import example_run


@pytest.mark.parametrize(
    ("needs", "message"),
    [
        (Needs(("stoi",)), "--metric names 'stoi', which this run does not have; expected one of sdr"),
        (Needs(licence="free"), "--licence is 'free'; expected one of any, commercial"),
    ],
)
def test_with_metrics_unknown_metric_or_licence_is_a_usage_error(needs: Needs, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        with_metrics(compared({"noisy": NOISY, "a": MODELS["best"]}, n_clips=6), needs)


def test_with_metrics_of_a_run_without_scores_is_a_usage_error() -> None:
    results = compared({"noisy": NOISY, "a": MODELS["best"]}, n_clips=6)
    with pytest.raises(UsageError, match="this run has no scores"):
        with_metrics(replace(results, computed=()), Needs())


def test_with_metrics_keeps_the_given_metrics_and_else_takes_the_defaults() -> None:
    results = example_run.results()
    assert with_metrics(results, Needs(("sdr",))).metrics == ("sdr",)
    assert with_metrics(results, Needs()).metrics == ("sdr", "pesq_wb")  # no stoi: all metrics of the run
    both = replace(results, computed=("sdr", "pesq_wb", "stoi"))
    assert with_metrics(both, Needs()).metrics == ("pesq_wb", "stoi")


def test_candidates_of_have_the_share_of_the_largest_improvement_best_first() -> None:
    models = {"noisy": NOISY, "a": (3.0, 0.1, 90.0, 10), "b": (6.0, 0.2, 95.0, 20), "c": (-3.0, 0.1, 90.0, 10)}
    found = candidates_of(compared(models, noise_db=0.0), Needs(("sdr",)))
    assert [candidate.model for candidate in found] == ["b", "a", "c"]
    assert [candidate.quality for candidate in found] == pytest.approx([1.0, 0.5, -0.5])
    assert found[0].costs == pytest.approx({"rtf": 0.2, "peak_rss_mib": 95.0, "weights_bytes": 20})


def test_candidates_of_model_without_a_score_is_excluded_and_last() -> None:
    results = compared({"noisy": NOISY, "a": MODELS["best"], "b": MODELS["cheap"]}, n_clips=6)
    rows = {key: replace(row, score=None) if key[1] == "a" else row for key, row in results.rows.items()}
    found = candidates_of(replace(results, rows=rows), Needs(("sdr",)))
    assert [candidate.model for candidate in found] == ["b", "a"]
    assert found[1].quality is None
    assert found[1].ruled_out == ("a score in one of the metrics is missing",)


@pytest.mark.parametrize(("causal", "reason"), [(False, "not causal"), (None, "not known to be causal")])
def test_candidates_of_model_with_unknown_facts_is_ruled_out_by_requirements_on_them(
    causal: bool | None, reason: str
) -> None:
    facts = {"causal": causal, "latency_ms": None, "license_code": "MIT", "license_weights": "none stated"}
    results = compared({"noisy": NOISY, "a": MODELS["best"]}, n_clips=6, a=facts)
    needs = Needs(("sdr",), licence="commercial", is_causal=True, max_latency_ms=50)
    (candidate,) = candidates_of(results, needs)
    assert candidate.ruled_out == ("latency unknown", reason, "licence: code MIT, weights none stated")
    assert candidates_of(results, Needs(("sdr",)))[0].ruled_out == ()
