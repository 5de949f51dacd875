"""Rows -> one standing a model: means on the clips that all models have, improvement over noisy, who is really best."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..metrics.table import load_table
from ..stats import Interval, Summary, excludes_zero, mean_interval, summarize
from .results import BASELINE, Results


@dataclass(frozen=True)
class Figure:
    """A metric of a model.

    Attributes:
        summary: over the clips that every model has.
        n: clips that this model has.
        n_failed: clips for which the metric was to be computed and is not there.
        delta: paired difference to the baseline on the same clips; None for the baseline itself.
        rank: 1 for the best mean.
        is_best: the best mean, and beyond the confidence interval of the paired difference to each other model.
    """

    summary: Summary
    n: int
    n_failed: int
    delta: Interval | None
    rank: int
    is_best: bool


@dataclass(frozen=True)
class Standing:
    """A model's line of the table.

    Attributes:
        figures: metric -> figure; a metric without a common clip is absent.
        n_ok: estimates written.
        n_failed: clips without one.
        rtf: processing time / audio duration, over all its clips; None where nothing ran.
    """

    model: str
    figures: Mapping[str, Figure]
    n_ok: int
    n_failed: int
    rtf: float | None


def leaderboard(results: Results) -> list[Standing]:
    """Return one standing a model, in the order of `results.models`."""
    columns = {metric: _column(results, metric) for metric in results.metrics}
    standings = []
    for model in results.models:
        ok = [row for row in results.of_model(model) if row.is_ok]
        audio_s = sum(row.clip.duration_s for row in ok)
        wall_s = sum(row.enhancement.wall_s for row in ok if row.enhancement)
        figures = {metric: column[model] for metric, column in columns.items() if model in column}
        rtf = wall_s / audio_s if audio_s and wall_s else None
        standings.append(Standing(model, figures, len(ok), len(results.clips) - len(ok), rtf))
    return standings


def _column(results: Results, metric: str) -> dict[str, Figure]:
    common = results.common(metric)
    if not common.any():
        return {}
    table = {model: results.figures(model, metric) for model in results.models}
    sign = 1.0 if load_table().metrics[metric].best == "higher" else -1.0
    means = {model: sign * float(values[common].mean()) for model, values in table.items()}
    ranked = sorted(means, key=lambda model: -means[model])
    n_scorable = sum(results.is_wanted(metric, clip) for clip in results.clips)
    best = ranked[0]
    beyond = len(ranked) > 1 and all(
        excludes_zero(mean_interval(table[best][common] - table[other][common])) for other in ranked[1:]
    )
    base = table.get(BASELINE)
    return {
        model: Figure(
            summary=summarize(values[common]),
            n=int(np.isfinite(values).sum()),
            n_failed=n_scorable - int(np.isfinite(values).sum()),
            delta=None if base is None or model == BASELINE else mean_interval((values - base)[common]),
            rank=ranked.index(model) + 1,
            is_best=beyond and model == best,
        )
        for model, values in table.items()
    }
