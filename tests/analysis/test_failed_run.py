"""A run in which everything failed."""

from __future__ import annotations

from dataclasses import replace

from seinfer.analysis.failed_run import why_everything_failed
from seinfer.analysis.results import Results
from seinfer.core.records import Enhancement

from .example_models import NOISY, compared

MODEL = (5.0, 0.1, 90.0, 10)


def failed(results: Results, *models: str, error: str = "crash: signal 11", n_ok: int = 0) -> Results:
    """Return results in which models failed on all clips but the first ones."""
    rows = dict(results.rows)
    for model in models:
        for row in list(results.of_model(model))[n_ok:]:
            done = Enhancement(row.clip.clip_id, model, "failed", error) if error else None
            rows[row.clip.clip_id, model] = replace(row, enhancement=done, score=None)
    return replace(results, rows=rows)


def test_why_everything_failed_names_each_model_with_its_reason() -> None:
    results = failed(compared({"noisy": NOISY, "a": MODEL, "b": MODEL}, n_clips=6), "a", "b")
    results = replace(results, header={**results.header, "lost_models": {"c": "c: no weights"}})
    assert why_everything_failed(results) == (
        "no model has a result: a failed on 6 clips (crash: signal 11); b failed on 6 clips (crash: signal 11); "
        "c could not be loaded (no weights)"
    )


def test_why_everything_failed_is_empty_if_one_clip_of_one_model_has_a_result() -> None:
    results = compared({"noisy": NOISY, "a": MODEL, "b": MODEL}, n_clips=6)
    assert why_everything_failed(results) == ""
    assert why_everything_failed(failed(failed(results, "a", n_ok=1), "b")) == ""


def test_why_everything_failed_without_models_is_about_the_unprocessed_clips() -> None:
    results = compared({"noisy": NOISY}, n_clips=6)
    assert why_everything_failed(results) == ""
    assert "noisy failed on 6 clips" in why_everything_failed(failed(results, "noisy"))


def test_why_everything_failed_of_a_run_that_ended_before_its_models_is_empty() -> None:
    results = compared({"noisy": NOISY, "a": MODEL}, n_clips=6)
    assert why_everything_failed(failed(results, "a", error="")) == ""
