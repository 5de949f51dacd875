"""pairwise.csv: one row per metric and pair of models, with mean difference and tests.

A difference is model_a minus model_b. `p_holm` is the p of Wilcoxon's test corrected over all pairs for one metric. The
note says whether the models are told apart (the rule of the tie bands, see stats/comparison.py) and by which test:
below 20 clips the paired t test with Holm's correction, matching the t intervals used there; from 20 clips on
Wilcoxon's test with `p_holm`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from ..analysis.results import Results
from ..core.files import Cell, write_csv
from ..core.records import BASELINE
from ..stats import MIN_CLIPS_BOOTSTRAP, MIN_CLIPS_TEST, PairedDifference

PAIRWISE = ("metric", "model_a", "model_b", "n", "mean_diff", "ci95_lo", "ci95_hi", "wilcoxon_p", "p_holm", "note")


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
            "wilcoxon_p": pair.wilcoxon.p,
            "p_holm": pair.p_holm,
            "note": "; ".join(filter(None, [_verdict(pair), pair.wilcoxon.note])),
        }


def _sort_key(model: str, last: Sequence[str]) -> tuple[int, str]:
    """Sort by name, with the baselines after all other models, in the order of `last`."""
    return (last.index(model) + 1 if model in last else 0, model)


def _verdict(pair: PairedDifference) -> str:
    if pair.n < MIN_CLIPS_TEST:
        return ""  # the note of Wilcoxon's test says that there are too few clips
    by = " by paired t with Holm" if pair.n < MIN_CLIPS_BOOTSTRAP else ""
    return f"{'told apart' if pair.is_told_apart else 'tie'}{by}"
