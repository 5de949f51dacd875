"""One leaderboard row per model: means on the common clips, improvements over noisy, ties, costs.

The common clips of a metric are those that have a score for every model (see stats/comparison.py). The order of the
rows is decided in ordering.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..core.records import BASELINE, Cost
from ..stats import Comparison, Interval, PairedDifference, Summary
from .costs import measured_cost
from .results import Results, is_higher_better


@dataclass(frozen=True)
class MetricResult:
    """Result of one model in one metric. The field names are keys of `compare --json`.

    Attributes:
        summary: statistics over the common clips; None if the model has no score, or there is no common clip.
        n: number of clips that have a score for this model.
        n_failed: number of clips that should have a score, but have none.
        delta: mean paired difference to noisy on the common clips, with its interval, which is simultaneous over all
            pairs of models; None for noisy itself, or if one is excluded.
        baseline_delta: the same against the baseline chosen with --baseline.
        win_rate: share of clips on which it is better than noisy; a tie counts one half, a failed clip is lost.
        p_adjusted: p of the same test against noisy: below 0.05 if and only if the interval of `delta` excludes zero.
        rank: 1 for the best mean.
        tie_band: letters; models that share one cannot be told apart.
        is_best: has rank 1 and is told apart from every other model.
    """

    summary: Summary | None
    n: int
    n_failed: int
    delta: Interval | None
    baseline_delta: Interval | None
    win_rate: float | None
    p_adjusted: float | None
    rank: int | None
    tie_band: str
    is_best: bool


@dataclass(frozen=True)
class LeaderboardRow:
    """Results and costs of one model. The field names are keys of `compare --json`.

    Attributes:
        model: name.
        figures: metric -> result.
        n_ok: number of clips that did not fail.
        n_failed: number of clips that failed, see `Row.error`.
        rtf: processing time / audio duration: the median of `cost` if there is one, else of all clips in the run,
            which is approximate; None if nothing was processed.
        n_parameters: None if unknown or 0.
        weights_bytes: size of the weight files; None if there are none.
        peak_rss_mib: largest resident memory of the worker process; None if nothing was processed.
        cost: measurement of the model alone; None if there is none.
    """

    model: str
    figures: Mapping[str, MetricResult]
    n_ok: int
    n_failed: int
    rtf: float | None
    n_parameters: int | None
    weights_bytes: int | None
    peak_rss_mib: float | None
    cost: Cost | None = None


def leaderboard(results: Results) -> list[LeaderboardRow]:
    """Return one row per model, in the order of `results.models`."""
    columns = {metric: _column(results, metric) for metric in results.metrics}
    return [_row(results, model, {m: column[model] for m, column in columns.items()}) for model in results.models]


def _row(results: Results, model: str, figures: Mapping[str, MetricResult]) -> LeaderboardRow:
    done = [  # numbers only: the rows of all clips together need much memory
        (row.clip.duration_s, row.enhancement.wall_s, row.enhancement.peak_rss_mib)
        for row in results.of_model(model)
        if row.is_ok and row.enhancement
    ]
    audio_s = sum(duration_s for duration_s, _, _ in done)
    wall_s = sum(of_clip_s for _, of_clip_s, _ in done)
    facts = results.header["models"][model]
    cost = measured_cost(results, model)
    return LeaderboardRow(
        model=model,
        figures=figures,
        n_ok=len(done),
        n_failed=len(results.clips) - len(done),
        rtf=cost.rtf if cost else wall_s / audio_s if audio_s and wall_s else None,
        n_parameters=facts.get("n_parameters") or None,
        weights_bytes=facts.get("weights_bytes") or None,
        peak_rss_mib=max((peak_mib for _, _, peak_mib in done), default=0.0) or None,
        cost=cost,
    )


def _column(results: Results, metric: str) -> dict[str, MetricResult]:
    """Return model -> result in one metric."""
    comparison = results.comparisons[metric]
    n_expected = int(results.expected_clips(metric).sum())
    return {
        model: metric_result(results, metric, comparison, i, n_expected=n_expected)
        for i, model in enumerate(results.models)
    }


def metric_result(results: Results, metric: str, comparison: Comparison, i: int, *, n_expected: int) -> MetricResult:
    """Return the result of one model in a comparison.

    Args:
        results: all rows of the run.
        metric: name of the metric.
        comparison: the models on all clips, or on a subset of them.
        i: index of the model.
        n_expected: number of clips in the comparison that should have a score.
    """
    models, own = results.models, comparison.models[i]
    pairs = [pair for members, pair in comparison.pairs.items() if i in members]
    noisy = models.index(BASELINE) if BASELINE in models else i
    to_noisy = _difference(models, comparison, i, BASELINE)
    to_baseline = _difference(models, comparison, i, results.settings.baseline)
    return MetricResult(
        summary=own.summary,
        n=own.n,
        n_failed=n_expected - own.n,
        delta=to_noisy.interval if to_noisy else None,
        baseline_delta=to_baseline.interval if to_baseline else None,
        win_rate=comparison.win_rate(i, noisy, higher_is_better=is_higher_better(metric)),
        p_adjusted=to_noisy.p_adjusted if to_noisy else None,
        rank=own.rank,
        tie_band=own.tie_band,
        is_best=own.rank == 1 and bool(pairs) and all(pair.is_told_apart for pair in pairs),
    )


def _difference(models: Sequence[str], comparison: Comparison, i: int, other: str) -> PairedDifference | None:
    """Return model `i` minus another; None without such a model, or if one of the two is excluded."""
    return comparison.difference(i, models.index(other)) if other in models else None
