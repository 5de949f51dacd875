from __future__ import annotations

from dataclasses import replace

import pytest

from seinfer.analysis.failed_clips import failed_as_unprocessed
from seinfer.analysis.results import Results
from seinfer.core.records import Enhancement
from tests.analysis.example_models import NOISY, compared

GOOD, FRAGILE = (3.0, 0.1, 90.0, 10), (3.5, 0.1, 90.0, 10)


def with_lost_clips(results: Results, model: str, n: int) -> Results:
    """Return the results in which `model` failed on the first clips."""
    rows = dict(results.rows)
    for clip in results.clips[:n]:
        failed = Enhancement(clip.clip_id, model, "failed", "crashed: by the test")
        rows[clip.clip_id, model] = replace(rows[clip.clip_id, model], enhancement=failed, score=None)
    return replace(results, rows=rows)


def test_failed_as_unprocessed_gives_means_and_order_with_noisy_scores_for_lost_clips() -> None:
    models = {"noisy": NOISY, "good": GOOD, "fragile": FRAGILE}
    results = with_lost_clips(compared(models, n_clips=10, noise_db=0.0), "fragile", 4)
    [change] = failed_as_unprocessed(results)
    assert (change.metric, change.n_lost, change.n, change.n_before) == ("sdr", {"fragile": 4}, 10, 6)
    assert list(change.means_before) == ["fragile", "good", "noisy"]
    assert list(change.means) == ["good", "fragile", "noisy"]
    assert not change.has_same_order
    assert change.means["good"] - change.means["noisy"] == pytest.approx(3.0)
    assert change.means["fragile"] - change.means["noisy"] == pytest.approx(3.5 * 6 / 10)


def test_failed_as_unprocessed_of_a_run_without_failures_is_empty() -> None:
    assert failed_as_unprocessed(compared({"noisy": NOISY, "good": GOOD})) == []


def test_failed_as_unprocessed_leaves_out_a_model_without_any_score() -> None:
    results = with_lost_clips(compared({"noisy": NOISY, "good": GOOD}, n_clips=8), "good", 8)
    assert failed_as_unprocessed(results) == []


def test_failed_as_unprocessed_without_noisy_is_empty() -> None:
    results = with_lost_clips(compared({"good": GOOD, "fragile": FRAGILE}, n_clips=8), "good", 2)
    assert failed_as_unprocessed(results) == []
