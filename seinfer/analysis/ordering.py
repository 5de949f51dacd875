"""In which order models stand, and which metrics are shown."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from ..core.errors import UsageError
from ..core.records import BASELINE
from ..core.suggestions import suggest
from .leaderboard import Standing
from .results import is_higher_better

COSTS: Mapping[str, Callable[[Standing], float | None]] = {
    "rtf": lambda standing: standing.rtf,
    "parameters": lambda standing: standing.n_parameters,
    "size": lambda standing: standing.weights_bytes,
    "memory": lambda standing: standing.peak_rss_mib,
}


def check_sort(by: str, metrics: Sequence[str]) -> None:
    """Check the value of --sort.

    Raises:
        UsageError: it is neither a metric of this run nor "name" nor a cost.
    """
    _check("--sort", by, ["name", *COSTS, *metrics])


def shown_metrics(wanted: Sequence[str], metrics: Sequence[str]) -> list[str]:
    """Return the metrics to show, in column order.

    Raises:
        UsageError: one of those that are wanted was not computed.
    """
    for name in wanted:
        _check("--metrics", name, metrics)
    return [name for name in metrics if not wanted or name in wanted]


def _check(option: str, name: str, known: Sequence[str]) -> None:
    if name and name not in known:
        raise UsageError(f"{option} is {name!r}, which this run does not have: {suggest(name, known)}")


def in_order(standings: Sequence[Standing], metrics: Sequence[str], by: str = "") -> list[Standing]:
    """Return noisy first, then the other models.

    Args:
        standings: in the order of the table of models.
        metrics: those that are shown.
        by: a metric (best first), a cost (cheapest first), "name", or "" for the mean rank over the metrics.
    """

    def key(standing: Standing) -> tuple[bool, float, str]:
        is_other = standing.model != BASELINE
        if by == "name":
            return is_other, 0.0, standing.model
        return is_other, _value(standing, metrics, by), ""

    return sorted(standings, key=key)


def _value(standing: Standing, metrics: Sequence[str], by: str) -> float:
    """Return a number that is smaller for what comes first; what has none comes last."""
    if by in COSTS:
        cost = COSTS[by](standing)
        return math.inf if cost is None else cost
    if by:
        summary = standing.figures[by].summary
        sign = -1 if is_higher_better(by) else 1
        return sign * summary.interval.mean if summary else math.inf
    ranks = [standing.figures[metric].rank for metric in metrics]
    known = [rank for rank in ranks if rank is not None]
    return sum(known) / len(known) if known else math.inf
