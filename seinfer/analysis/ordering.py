"""The order of the models in the leaderboard (--sort), and the choice of the metrics shown (--metrics)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from ..core.errors import UsageError
from ..core.records import BASELINE
from ..core.suggestions import suggest
from ..metrics.spelling import as_known
from .leaderboard import LeaderboardRow
from .results import is_higher_better

COSTS: Mapping[str, Callable[[LeaderboardRow], float | None]] = {
    "rtf": lambda row: row.rtf,
    "parameters": lambda row: row.n_parameters,
    "size": lambda row: row.weights_bytes,
    "memory": lambda row: row.peak_rss_mib,
}


def check_sort(by: str, metrics: Sequence[str]) -> str:
    """Return the value of --sort in our spelling; "" for the mean rank.

    Raises:
        UsageError: it is not a metric of this run, a cost, or "name".
    """
    known = ["name", *COSTS, *metrics]
    name = as_known([by], known)[0]
    _check("--sort", name, known)
    return name


def shown_metrics(wanted: Sequence[str], metrics: Sequence[str]) -> list[str]:
    """Return the metrics to show, in column order.

    Args:
        wanted: names given with --metrics; empty for all.
        metrics: the metrics of this run.

    Raises:
        UsageError: a wanted metric was not computed in this run.
    """
    names = as_known(wanted, metrics)
    for name in names:
        _check("--metrics", name, metrics)
    return [name for name in metrics if not names or name in names]


def _check(option: str, name: str, known: Sequence[str]) -> None:
    if name and name not in known:
        raise UsageError(f"{option} is {name!r}, which this run does not have: {suggest(name, known)}")


def in_order(rows: Sequence[LeaderboardRow], metrics: Sequence[str], by: str = "") -> list[LeaderboardRow]:
    """Return the rows sorted: noisy first, then the other models.

    Args:
        rows: leaderboard rows; rows with equal keys keep this order.
        metrics: the metrics shown.
        by: a metric (best first), a cost (cheapest first), "name", or "" for the mean rank over the metrics.
    """

    def key(row: LeaderboardRow) -> tuple[bool, float, str]:
        is_other = row.model != BASELINE
        if by == "name":
            return is_other, 0.0, row.model
        return is_other, _sort_value(row, metrics, by), ""

    return sorted(rows, key=key)


def _sort_value(row: LeaderboardRow, metrics: Sequence[str], by: str) -> float:
    """Return a number that sorts the rows in ascending order; infinity for a row without a value."""
    if by in COSTS:
        cost = COSTS[by](row)
        return math.inf if cost is None else cost
    if by:
        summary = row.figures[by].summary
        sign = -1 if is_higher_better(by) else 1
        return sign * summary.interval.mean if summary else math.inf
    ranks = [row.figures[metric].rank for metric in metrics]
    known = [rank for rank in ranks if rank is not None]
    return sum(known) / len(known) if known else math.inf
