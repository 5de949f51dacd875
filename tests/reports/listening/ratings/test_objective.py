"""Ratings beside the objective scores of a run with known scores."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from seinfer.analysis.results import Results, results_of
from seinfer.core.errors import UsageError
from seinfer.core.records import Clip, Enhancement, Score
from seinfer.reports.listening.ratings.objective import Agreement, ObjectiveScores, objective_scores
from seinfer.reports.listening.ratings.rating_files import read_ratings
from seinfer.reports.listening.ratings.votes import votes_of

from .simulated import QUALITY, make_key, rate, write_ratings

MODELS = ("noisy", "good", "fair", "poor", "weak")
LEVEL = {**QUALITY, "weak": 2.8}


def run(n_clips: int = 8, models: tuple[str, ...] = MODELS) -> Results:
    """Return a run in which pesq_wb follows the quality, lsd (less is better) too, and stoi is its opposite."""
    clips = [Clip(f"clip{i}", f"/n/{i}.wav", f"/c/{i}.wav", 16000, 1, 80000) for i in range(n_clips)]
    enhancements, scores = {}, {}
    for i, clip in enumerate(clips):
        for model in models:
            slot = clip.clip_id, model
            enhancements[slot] = Enhancement(clip.clip_id, model, "ok", estimate_sha256="x")
            level = LEVEL[model] + 0.01 * i
            scores[slot] = Score(
                clip.clip_id, model, 16000, {"pesq_wb": level, "lsd": 9 - level, "stoi": 1 - level / 9}
            )
    names = ("pesq_wb", "stoi", "lsd")
    header = {"run_id": "r", "models": {name: {} for name in models}, "metrics": dict.fromkeys(names, "")}
    return results_of(header, clips, enhancements, scores)


def compared(folder: Path, models: tuple[str, ...] = MODELS, results: Results | None = None) -> ObjectiveScores:
    key = make_key(n_raters=6, n_clips=8, models=models)
    votes = votes_of(read_ratings(write_ratings(folder, rate(key, quality=LEVEL))), key)
    return objective_scores(votes, key, results or run(models=models))


def find(found: ObjectiveScores, objective: str, level: str = "models", method: str = "spearman") -> Agreement:
    return next(
        row
        for row in found.agreements
        if (row.metric, row.objective, row.level, row.method) == ("mos_ovrl", objective, level, method)
    )


def test_objective_scores_in_the_order_of_the_ratings_correlate_and_reversed_ones_do_not(tmp_path: Path) -> None:
    found = compared(tmp_path)
    for objective in ("pesq_wb", "lsd"):
        row = find(found, objective)
        assert (row.n_models, row.n_clips, row.note) == (5, 8, "")
        assert row.correlation.value is not None and row.correlation.value > 0.85
        assert row.correlation.low is not None and row.correlation.low > 0
        cells = find(found, objective, "clips")
        assert cells.correlation.value is not None and 0.5 < cells.correlation.value < 1
    reverse = find(found, "stoi", method="kendall")
    assert reverse.correlation.value is not None and reverse.correlation.value <= -0.8


def test_objective_scores_of_fewer_than_5_models_support_no_conclusion(tmp_path: Path) -> None:
    found = compared(tmp_path, MODELS[:4])
    assert find(found, "pesq_wb").note == "no conclusion: 4 models, 5 needed"


def test_objective_scores_means_are_over_the_rated_clips(tmp_path: Path) -> None:
    found = compared(tmp_path, results=run(n_clips=20))
    assert found.models == MODELS
    assert found.means["good", "pesq_wb"] == pytest.approx(4.0 + 0.01 * 3.5)


def test_objective_scores_of_another_run_are_refused(tmp_path: Path) -> None:
    other = run()
    other = replace(other, clips=tuple(replace(clip, clip_id=f"x{clip.clip_id}") for clip in other.clips))
    with pytest.raises(UsageError, match="the run has no clip or no model of this test"):
        compared(tmp_path, results=other)
