"""Costs of models that were measured alone: which figure counts, how exact it is, and which differ.

A figure of the run itself is approximate: other workers, scoring and batches change it. The limits below were measured
on 2 cores of a small server.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from ..core.records import BASELINE, Cost
from .results import Results

if TYPE_CHECKING:
    from .leaderboard import LeaderboardRow

BETWEEN_MEASUREMENTS = 1.1
"""Two measurements of the same model on a quiet machine differ by up to this ratio, beyond their own spread."""
UNDER_LOAD = 4.0
"""rtf of the run itself was too high by up to this ratio when other processes used the same cores."""


def measured_cost(results: Results, model: str) -> Cost | None:
    """Return the measurement of a model alone; None if there is none or it failed."""
    cost = results.costs.get(model)
    return cost if cost and not cost.error else None


def rtf_source(row: LeaderboardRow) -> str:
    """Return where the rtf of a row is from: "alone", "alone, busy machine", "run", or "" if there is no rtf."""
    if row.rtf is None:
        return ""
    if not row.cost:
        return "run"
    return "alone, busy machine" if row.cost.is_busy else "alone"


def rtf_range(row: LeaderboardRow) -> tuple[float, float] | None:
    """Return the range in which another measurement of rtf may be, on this machine; None without any figure.

    It is the spread of the repetitions, widened by BETWEEN_MEASUREMENTS. On a busy machine the lower end is the time
    that the processor seconds of the model would take on all its threads; for a figure of the run itself it is lower by
    UNDER_LOAD.
    """
    if row.rtf is None:
        return None
    if row.cost is None:
        return row.rtf / UNDER_LOAD, row.rtf * BETWEEN_MEASUREMENTS
    return _least(row.cost) / BETWEEN_MEASUREMENTS, row.cost.rtf_high * BETWEEN_MEASUREMENTS


def _least(cost: Cost) -> float:
    if not cost.is_busy:
        return cost.rtf_low
    is_known = cost.device == "cpu" and cost.cpu_share and cost.threads
    return cost.rtf_low * (min(1.0, cost.cpu_share / cost.threads) if is_known else 1 / UNDER_LOAD)


def rtf_differs(one: LeaderboardRow, other: LeaderboardRow) -> bool:
    """Return whether two models differ in rtf beyond the spread of the measurements.

    False if one has no figure, or if they were measured on another device or processor or with other threads.
    """
    first, second = rtf_range(one), rtf_range(other)
    if first is None or second is None:
        return False
    if not _is_same_context(one, other):
        return False
    return first[1] < second[0] or second[1] < first[0]


def is_at_least_as_cheap(one: LeaderboardRow, other: LeaderboardRow) -> bool:
    """Return whether the rtf of `one` is lower than that of `other`, or not higher beyond the spread.

    False if the two cannot be compared, see `rtf_differs`.
    """
    first, second = rtf_range(one), rtf_range(other)
    if first is None or second is None or not _is_same_context(one, other):
        return False
    return first[0] <= second[1]


def _is_same_context(one: LeaderboardRow, other: LeaderboardRow) -> bool:
    return not (one.cost and other.cost) or _context(one.cost) == _context(other.cost)


def rtf_lines(results: Results) -> Iterator[str]:
    """Yield how rtf was measured: one line for each machine and setting, and one for figures of the run itself."""
    measured = [cost for model in results.models if (cost := measured_cost(results, model))]
    groups = {key: list(group) for key, group in groupby(sorted(measured, key=_context), key=_context)}
    for costs in groups.values():
        names = f" of {', '.join(cost.model for cost in costs)}" if len(groups) > 1 else ""
        yield f"rtf{names}: {_how_measured(costs)}"
    others = [model for model in results.models if _has_own_time(results, model) and model not in _names(measured)]
    if others:
        names = f" of {', '.join(others)}" if measured else ""
        yield (
            f"rtf{names}: total of the run itself, approximate: batches and other work on the machine change it; "
            "--cost measures each model alone"
        )


def _names(costs: list[Cost]) -> set[str]:
    return {cost.model for cost in costs}


def _has_own_time(results: Results, model: str) -> bool:
    return any(row.enhancement and row.enhancement.wall_s for row in results.of_model(model))


def _how_measured(costs: list[Cost]) -> str:
    first, repeats = costs[0], sorted({cost.n_repeats for cost in costs})
    n_repeats = str(repeats[0]) if len(repeats) == 1 else f"{repeats[0]} to {repeats[-1]}"
    # Copying the input takes less time than a clock can measure well.
    spreads = [spread(cost) for cost in costs if cost.model != BASELINE] or [spread(cost) for cost in costs]
    where = first.processor if first.device == "cpu" else first.device
    threads = "1 thread" if first.threads == 1 else f"{first.threads} threads"
    busy = "; the machine was busy" if any(cost.is_busy for cost in costs) else ""
    return (
        f"processing time / audio duration, one clip ({first.clip_s:.1f} s) at a time: median of {n_repeats} "
        f"repetitions, all within ±{max(1, round(100 * max(spreads)))} % of it, {threads}, {where}{busy}"
    )


def spread(cost: Cost) -> float:
    """Return the largest distance of a repetition from the median, as a share of the median."""
    return max(cost.rtf_high - cost.rtf, cost.rtf - cost.rtf_low) / cost.rtf if cost.rtf else 0.0


def _context(cost: Cost) -> tuple[str, str, int]:
    return cost.processor, cost.device, cost.threads
