from __future__ import annotations

from dataclasses import replace

import pytest

from seinfer.analysis.candidates import Candidate, Needs, candidates_of, with_metrics
from seinfer.analysis.leaderboard import leaderboard
from seinfer.analysis.results import Results
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


def candidates(results: Results, needs: Needs) -> list[Candidate]:
    return candidates_of(results, leaderboard(results), needs)


def test_candidates_of_have_the_share_of_the_largest_improvement_best_first() -> None:
    models = {"noisy": NOISY, "a": (3.0, 0.1, 90.0, 10), "b": (6.0, 0.2, 95.0, 20), "c": (-3.0, 0.1, 90.0, 10)}
    found = candidates(compared(models, noise_db=0.0), Needs(("sdr",)))
    assert [candidate.model for candidate in found] == ["b", "a", "c"]
    assert [candidate.quality for candidate in found] == pytest.approx([1.0, 0.5, -0.5])
    assert found[0].costs == pytest.approx({"rtf": 0.2, "peak_rss_mib": 95.0, "weights_bytes": 20})


def test_candidates_of_quality_is_never_below_minus_one() -> None:
    models = {"noisy": NOISY, "a": (1.0, 0.1, 90.0, 10), "b": (-9.0, 0.2, 95.0, 20)}
    found = candidates(compared(models, noise_db=0.0), Needs(("sdr",)))
    assert [candidate.quality for candidate in found] == [1.0, -1.0]


def test_candidates_of_a_metric_that_hardly_improves_has_shares_of_the_smallest_difference_that_matters() -> None:
    models = {"noisy": NOISY, "a": (0.05, 0.1, 90.0, 10), "b": (-0.1, 0.2, 95.0, 20)}
    results = compared(models, noise_db=0.0)
    assert [c.quality for c in candidates(results, Needs(("sdr",)))] == pytest.approx([0.1, -0.2])
    chosen = Needs(("sdr",), min_differences={"sdr": 0.02})
    assert [c.quality for c in candidates(results, chosen)] == pytest.approx([1.0, -1.0])


def test_candidates_of_model_without_a_score_is_excluded_and_last() -> None:
    results = compared({"noisy": NOISY, "a": MODELS["best"], "b": MODELS["cheap"]}, n_clips=6)
    rows = {key: replace(row, score=None) if key[1] == "a" else row for key, row in results.rows.items()}
    found = candidates(replace(results, rows=rows), Needs(("sdr",)))
    assert [candidate.model for candidate in found] == ["b", "a"]
    assert found[1].quality is None
    assert found[1].ruled_out == ("a score in one of the metrics is missing",)
