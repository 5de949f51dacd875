"""summary.csv: one row per model, metric and group of clips.

Differences, win rate and p_adjusted are against noisy. `ci95` is the interval of the mean of one model on its own.
`delta_ci95` is the interval of the difference to noisy, simultaneous over all pairs of models, and for a group also
over all groups of its key; `p_adjusted` is the p of the same test.

`group_key=all` means all clips. For each key of --by there is a row for each group, then `(micro)`: all clips that have
a value in this category, and `(macro)`: the mean over its groups, with an interval that is not simultaneous.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..analysis.groups import NONE, Group, groups
from ..analysis.leaderboard import LeaderboardRow, MetricResult, metric_result
from ..analysis.results import Results, is_higher_better
from ..core.files import Cell, write_csv
from ..core.records import BASELINE
from ..stats import Comparison, Interval, macro_mean_interval

SUMMARY = (
    *("model", "metric", "group_key", "group_value", "n", "n_common", "n_failed", "mean", "median", "std"),
    *("ci95_lo", "ci95_hi", "ci_method", "delta_mean", "delta_ci95_lo", "delta_ci95_hi"),
    *("win_rate", "p_adjusted", "rank", "tie_band", "delta_ci_method"),
)
MICRO, MACRO = "(micro)", "(macro)"


def write_summary(results: Results, rows: Sequence[LeaderboardRow], path: Path) -> None:
    """Write the file."""
    write_csv(path, SUMMARY, summary_rows(results, rows))


def summary_rows(results: Results, rows: Sequence[LeaderboardRow]) -> list[dict[str, Cell]]:
    """Return the rows, sorted by model and metric; groups in the order of --by, all clips first."""
    lines = [*_overall(rows), *(line for key in results.settings.by for line in _grouped(results, key))]
    return sorted(lines, key=lambda line: (str(line["model"]), str(line["metric"])))


def _overall(rows: Sequence[LeaderboardRow]) -> Iterator[dict[str, Cell]]:
    for row in rows:
        for metric, result in row.figures.items():
            yield _line(row.model, metric, "all", "", result)


def _grouped(results: Results, key: str) -> Iterator[dict[str, Cell]]:
    found = groups(results, key)
    known = [group for group in found if group.label != NONE]
    micro = Group(MICRO, np.logical_or.reduce([group.clips for group in known])) if known else None
    for metric in results.metrics:
        yield from _per_group(results, metric, key, found)
        if micro:
            yield from _per_group(results, metric, key, [micro])
            yield from _macro(results, metric, key, known)


def _per_group(results: Results, metric: str, key: str, parts: Sequence[Group]) -> Iterator[dict[str, Cell]]:
    """Yield the rows of the groups; the error of 5 % holds over all of them."""
    expected = results.expected_clips(metric)
    for group in parts:
        n_expected = int(expected[group.clips].sum())
        if not n_expected:
            continue
        comparison = results.compared(metric, group.clips, n_groups=len(parts))
        for i, model in enumerate(results.models):
            result = metric_result(results, metric, comparison, i, n_expected=n_expected)
            yield _line(model, metric, key, group.label, result)


def _line(model: str, metric: str, key: str, value: str, result: MetricResult) -> dict[str, Cell]:
    summary = result.summary
    return {
        "model": model,
        "metric": metric,
        "group_key": key,
        "group_value": value,
        "n": result.n,
        "n_common": summary.n if summary else 0,
        "n_failed": result.n_failed,
        "median": summary.median if summary else None,
        "std": summary.std if summary else None,
        "win_rate": result.win_rate,
        "p_adjusted": result.p_adjusted,
        "rank": result.rank,
        "tie_band": result.tie_band,
        **_intervals(summary.interval if summary else None, result.delta),
    }


def _intervals(mean: Interval | None, delta: Interval | None) -> dict[str, Cell]:
    return {
        "mean": mean.mean if mean else None,
        "ci95_lo": mean.low if mean else None,
        "ci95_hi": mean.high if mean else None,
        "ci_method": mean.method if mean else "",
        "delta_mean": delta.mean if delta else None,
        "delta_ci95_lo": delta.low if delta else None,
        "delta_ci95_hi": delta.high if delta else None,
        "delta_ci_method": delta.method if delta else "",
    }


def _macro(results: Results, metric: str, key: str, parts: Sequence[Group]) -> Iterator[dict[str, Cell]]:
    """Yield the rows of the mean over groups; a group without a common clip is excluded."""
    whole = results.comparisons[metric]
    strata = [whole.common & group.clips for group in parts if (whole.common & group.clips).any()]
    if not strata:
        return
    included = [i for i, model in enumerate(whole.models) if model.summary]
    n_expected = sum(int(results.expected_clips(metric)[group.clips].sum()) for group in parts)
    means = {i: macro_mean_interval([whole.table[i, stratum] for stratum in strata]) for i in included}
    for i in included:
        n = sum(int(np.isfinite(whole.table[i, group.clips]).sum()) for group in parts)
        yield {
            "model": results.models[i],
            "metric": metric,
            "group_key": key,
            "group_value": MACRO,
            "n": n,
            "n_common": sum(int(stratum.sum()) for stratum in strata),
            "n_failed": n_expected - n,
            "rank": _rank(means, i, metric),
            **_intervals(means[i], _macro_delta(results, whole, i, strata)),
        }


def _rank(means: dict[int, Interval], i: int, metric: str) -> int:
    sign = 1 if is_higher_better(metric) else -1
    return 1 + sum(sign * other.mean > sign * means[i].mean for other in means.values())


def _macro_delta(
    results: Results, whole: Comparison, i: int, strata: Sequence[npt.NDArray[np.bool_]]
) -> Interval | None:
    """Return the macro mean of the differences to noisy; None for noisy itself, or if noisy has no scores."""
    noisy = results.models.index(BASELINE) if BASELINE in results.models else i
    if noisy == i or not whole.models[noisy].summary:
        return None
    return macro_mean_interval([(whole.table[i] - whole.table[noisy])[stratum] for stratum in strata])
