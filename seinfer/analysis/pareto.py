"""The Pareto line of quality and cost: the models that no other model replaces.

A model is dominated, and so not on the line, if another model is at least as cheap and better:

- at least as cheap: its rtf is not higher beyond the spread of the measurements (costs.is_at_least_as_cheap);
- better: the simultaneous interval of the difference in the metric excludes zero (stats/simultaneous.py).

The unprocessed audio (noisy) costs nothing, so it is at least as cheap as every model.

So two models that are tied in quality are both on the line, also if one is dearer: the data do not show that the dearer
one is not better. The model with the best mean of those with a cost is always on the line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..core.records import BASELINE
from .costs import is_at_least_as_cheap
from .leaderboard import LeaderboardRow
from .results import Results, is_higher_better


@dataclass(frozen=True)
class ParetoLine:
    """The models with a score and an rtf, and noisy if it has a score, in the order of the rows.

    Attributes:
        on_line: the models that are not dominated.
        dominated: model -> the best of the models that dominate it.
    """

    on_line: tuple[str, ...]
    dominated: Mapping[str, str]


def pareto_line(results: Results, rows: Sequence[LeaderboardRow], metric: str) -> ParetoLine:
    """Return which models are on the Pareto line of a metric and rtf.

    Args:
        results: all rows of the run.
        rows: leaderboard rows, in any order; rows without a score or an rtf are left out.
        metric: name of the metric.
    """
    candidates = [row for row in rows if _has_cost(row) and row.figures[metric].summary]
    by_quality = sorted(candidates, key=lambda row: (row.figures[metric].rank or 0, row.model))
    dominated = {
        row.model: winners[0]
        for row in candidates
        if (winners := [other.model for other in by_quality if _dominates(results, metric, other, row)])
    }
    return ParetoLine(tuple(row.model for row in candidates if row.model not in dominated), dominated)


def _has_cost(row: LeaderboardRow) -> bool:
    return row.rtf is not None or row.model == BASELINE


def _dominates(results: Results, metric: str, one: LeaderboardRow, other: LeaderboardRow) -> bool:
    is_cheap = one.model == BASELINE or is_at_least_as_cheap(one, other)
    return is_cheap and is_better(results, metric, one.model, other.model)


def is_better(results: Results, metric: str, one: str, other: str) -> bool:
    """Return whether a model is better than another in a metric, beyond the simultaneous interval."""
    pair = results.comparisons[metric].difference(results.models.index(one), results.models.index(other))
    if pair is None or not pair.is_told_apart:
        return False
    return (pair.interval.mean > 0) == is_higher_better(metric)
