"""summary.csv: a row a model, metric and group of clips. pairwise.csv: a row a metric and pair of models.

In summary.csv the differences, the win rate and p_holm are against noisy; p_holm corrects over the models, and over the
groups of a key, for one metric. `group_key=all` is all clips. For each key of --by come its groups, then `(micro)`, all
clips that have the category, and `(macro)`, the mean over its groups. In pairwise.csv p_holm corrects over all pairs
for one metric, a difference is model_a minus model_b, and the note says by which test the tie bands were drawn: below
20 clips by the paired t test, as the intervals are t intervals there, from 20 on by Wilcoxon's with p_holm.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..analysis.groups import NONE, Group, groups
from ..analysis.leaderboard import Figure, Standing, against_noisy, figure
from ..analysis.results import Results, is_higher_better
from ..core.files import Cell, write_csv
from ..core.records import BASELINE
from ..stats import MIN_CLIPS_BOOTSTRAP, MIN_CLIPS_TEST, Comparison, Interval, PairedDifference, holm, macro

SUMMARY = (
    *("model", "metric", "group_key", "group_value", "n", "n_common", "n_failed", "mean", "median", "std"),
    *("ci95_lo", "ci95_hi", "ci_method", "delta_mean", "delta_ci95_lo", "delta_ci95_hi"),
    *("win_rate", "p_holm", "rank", "tie_band"),
)
PAIRWISE = ("metric", "model_a", "model_b", "n", "mean_diff", "ci95_lo", "ci95_hi", "wilcoxon_p", "p_holm", "note")
MICRO, MACRO = "(micro)", "(macro)"


def write_summary(results: Results, standings: Sequence[Standing], path: Path) -> None:
    """Write the file, sorted by model and metric; groups in the order of --by, all clips first."""
    rows = [*_overall(standings), *(row for key in results.settings.by for row in _grouped(results, key))]
    write_csv(path, SUMMARY, sorted(rows, key=lambda row: (str(row["model"]), str(row["metric"]))))


def _overall(standings: Sequence[Standing]) -> Iterator[dict[str, Cell]]:
    for standing in standings:
        for metric, found in standing.figures.items():
            yield _row(standing.model, metric, "all", "", found)


def _grouped(results: Results, key: str) -> Iterator[dict[str, Cell]]:
    found = groups(results, key)
    known = [group for group in found if group.label != NONE]
    micro = Group(MICRO, np.logical_or.reduce([group.clips for group in known])) if known else None
    for metric in results.metrics:
        yield from _figures(results, metric, key, found)
        if micro:
            yield from _figures(results, metric, key, [micro])
            yield from _macro(results, metric, key, known)


def _figures(results: Results, metric: str, key: str, parts: Sequence[Group]) -> Iterator[dict[str, Cell]]:
    """Yield the rows of some groups, which are one family of tests."""
    found = [results.compared(metric, group.clips) for group in parts]
    models = range(len(results.models))
    p_values = holm([against_noisy(results, comparison, i).p for comparison in found for i in models])
    eligible = results.eligible(metric)
    for j, (group, comparison) in enumerate(zip(parts, found, strict=True)):
        n_eligible = int(eligible[group.clips].sum())
        if not n_eligible:
            continue
        for i in models:
            p = p_values[j * len(models) + i]
            own = figure(results, metric, comparison, i, n_eligible=n_eligible, p_holm=p)
            yield _row(results.models[i], metric, key, group.label, own)


def _row(model: str, metric: str, key: str, value: str, found: Figure) -> dict[str, Cell]:
    summary = found.summary
    return {
        "model": model,
        "metric": metric,
        "group_key": key,
        "group_value": value,
        "n": found.n,
        "n_common": summary.n if summary else 0,
        "n_failed": found.n_failed,
        "median": summary.median if summary else None,
        "std": summary.std if summary else None,
        "win_rate": found.win_rate,
        "p_holm": found.p_holm,
        "rank": found.rank,
        "tie_band": found.tie_band,
        **_intervals(summary.interval if summary else None, found.delta),
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
    }


def _macro(results: Results, metric: str, key: str, parts: Sequence[Group]) -> Iterator[dict[str, Cell]]:
    """Yield the rows of the mean over groups; a group without a common clip cannot take part."""
    whole = results.comparisons[metric]
    shares = [whole.common & group.clips for group in parts if (whole.common & group.clips).any()]
    if not shares:
        return
    playing = [i for i, model in enumerate(whole.models) if model.summary]
    n_eligible = sum(int(results.eligible(metric)[group.clips].sum()) for group in parts)
    means = {i: macro([whole.table[i, share] for share in shares]) for i in playing}
    for i in playing:
        n = sum(int(np.isfinite(whole.table[i, group.clips]).sum()) for group in parts)
        yield {
            "model": results.models[i],
            "metric": metric,
            "group_key": key,
            "group_value": MACRO,
            "n": n,
            "n_common": sum(int(share.sum()) for share in shares),
            "n_failed": n_eligible - n,
            "rank": _rank(means, i, metric),
            **_intervals(means[i], _macro_delta(results, whole, i, shares)),
        }


def _rank(means: dict[int, Interval], i: int, metric: str) -> int:
    sign = 1 if is_higher_better(metric) else -1
    return 1 + sum(sign * other.mean > sign * means[i].mean for other in means.values())


def _macro_delta(
    results: Results, whole: Comparison, i: int, shares: Sequence[npt.NDArray[np.bool_]]
) -> Interval | None:
    noisy = results.models.index(BASELINE) if BASELINE in results.models else i
    if noisy == i or not whole.models[noisy].summary:
        return None
    return macro([(whole.table[i] - whole.table[noisy])[share] for share in shares])


def write_pairwise(results: Results, path: Path) -> None:
    """Write the file, sorted by metric and models; the baseline of the pair, where there is one, is model_b."""
    rows = [row for metric in results.metrics for row in _pairs(results, metric)]
    write_csv(
        path, PAIRWISE, sorted(rows, key=lambda row: (str(row["metric"]), str(row["model_a"]), str(row["model_b"])))
    )


def _pairs(results: Results, metric: str) -> Iterator[dict[str, Cell]]:
    found, models = results.comparisons[metric], results.models
    last = [name for name in (results.settings.baseline, BASELINE) if name in models]
    for i, j in found.pairs:
        a, b = (i, j) if _place(models[i], last) <= _place(models[j], last) else (j, i)
        pair = found.difference(a, b)
        assert pair is not None
        yield {
            "metric": metric,
            "model_a": models[a],
            "model_b": models[b],
            "n": pair.n,
            "mean_diff": pair.interval.mean,
            "ci95_lo": pair.interval.low,
            "ci95_hi": pair.interval.high,
            "wilcoxon_p": pair.wilcoxon.p,
            "p_holm": pair.p_holm,
            "note": "; ".join(filter(None, [_verdict(pair), pair.wilcoxon.note])),
        }


def _place(model: str, last: Sequence[str]) -> tuple[int, str]:
    """Sort by name, but the user's baseline behind the others, and noisy behind that."""
    return (last.index(model) + 1 if model in last else 0, model)


def _verdict(pair: PairedDifference) -> str:
    if pair.n < MIN_CLIPS_TEST:
        return ""  # the note of Wilcoxon's test says it
    by = " by paired t with Holm" if pair.n < MIN_CLIPS_BOOTSTRAP else ""
    return f"{'told apart' if pair.is_told_apart else 'tie'}{by}"
