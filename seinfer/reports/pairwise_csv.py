"""pairwise.csv: one row per metric and pair of models, with the mean difference and its test.

A difference is model_a minus model_b. The interval is simultaneous over all pairs of models for one metric (see
stats/simultaneous.py), and `p_adjusted` is the p of the same test: below 0.05 if and only if the interval excludes
zero. The note says the same as text: "told apart" or "tie".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from ..analysis.results import Results
from ..core.files import Cell, write_csv
from ..core.records import BASELINE
from ..stats import MIN_CLIPS, PairedDifference

PAIRWISE = (
    *("metric", "model_a", "model_b", "n", "mean_diff", "ci95_lo", "ci95_hi", "ci_method", "p_adjusted", "note"),
)


def write_pairwise(results: Results, path: Path) -> None:
    """Write the file."""
    write_csv(path, PAIRWISE, pairwise_rows(results))


def pairwise_rows(results: Results) -> list[dict[str, Cell]]:
    """Return the rows, sorted by metric and models; a baseline (of --baseline, or noisy) is always model_b."""
    rows = [row for metric in results.metrics for row in _pairs(results, metric)]
    return sorted(rows, key=lambda row: (str(row["metric"]), str(row["model_a"]), str(row["model_b"])))


def _pairs(results: Results, metric: str) -> Iterator[dict[str, Cell]]:
    comparison, models = results.comparisons[metric], results.models
    last = [name for name in (results.settings.baseline, BASELINE) if name in models]
    for i, j in comparison.pairs:
        a, b = (i, j) if _sort_key(models[i], last) <= _sort_key(models[j], last) else (j, i)
        pair = comparison.difference(a, b)
        assert pair is not None
        yield {
            "metric": metric,
            "model_a": models[a],
            "model_b": models[b],
            "n": pair.n,
            "mean_diff": pair.interval.mean,
            "ci95_lo": pair.interval.low,
            "ci95_hi": pair.interval.high,
            "ci_method": pair.interval.method,
            "p_adjusted": pair.p_adjusted,
            "note": pair_note(pair),
        }


def _sort_key(model: str, last: Sequence[str]) -> tuple[int, str]:
    """Sort by name, with the baselines after all other models, in the order of `last`."""
    return (last.index(model) + 1 if model in last else 0, model)


def pair_note(pair: PairedDifference) -> str:
    """Return the result of the test as text, with remarks."""
    if pair.n < MIN_CLIPS:
        return f"n too small: {pair.n} clips, {MIN_CLIPS} needed"
    return "; ".join(filter(None, ["told apart" if pair.is_told_apart else "tie", pair.note]))
