"""Rows -> one standing a model: means on the clips that all models have, improvements, ties, costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..core.records import BASELINE
from ..stats import Comparison, Interval, Summary, holm
from .results import Results, is_higher_better


@dataclass(frozen=True)
class Figure:
    """A metric of a model.

    Attributes:
        summary: over the clips that every model has; None where the model has no figure, or there is no common clip.
        n: clips that this model has.
        n_failed: clips that it should have and lacks.
        delta: paired difference to noisy on the common clips; None for noisy itself, or where it takes no part.
        baseline_delta: the same to the baseline that the user named.
        win_rate: share of clips on which it beats noisy; ties half, a failed clip is lost.
        p_holm: Wilcoxon against noisy, corrected over the models of this metric.
        rank: 1 for the best mean.
        tie_band: letters; models that share one cannot be told apart.
        is_best: alone on rank 1, and told apart from every other model.
    """

    summary: Summary | None
    n: int
    n_failed: int
    delta: Interval | None
    baseline_delta: Interval | None
    win_rate: float | None
    p_holm: float | None
    rank: int | None
    tie_band: str
    is_best: bool


@dataclass(frozen=True)
class Standing:
    """A model's line of the table.

    Attributes:
        figures: metric -> figure.
        n_ok: estimates written.
        n_failed: clips without one.
        rtf: processing time / audio duration, over all its clips; None where nothing ran.
        n_parameters: None where unknown or 0.
        weights_bytes: size of its files; None where it has none of its own.
        peak_rss_mib: largest resident memory of its worker; None where nothing ran.
    """

    model: str
    figures: Mapping[str, Figure]
    n_ok: int
    n_failed: int
    rtf: float | None
    n_parameters: int | None
    weights_bytes: int | None
    peak_rss_mib: float | None


def leaderboard(results: Results) -> list[Standing]:
    """Return one standing a model, in the order of `results.models`."""
    columns = {metric: _column(results, metric) for metric in results.metrics}
    return [_standing(results, model, {m: column[model] for m, column in columns.items()}) for model in results.models]


def _standing(results: Results, model: str, figures: Mapping[str, Figure]) -> Standing:
    done = [(row.clip, row.enhancement) for row in results.of_model(model) if row.is_ok and row.enhancement]
    audio_s = sum(clip.duration_s for clip, _ in done)
    wall_s = sum(enhancement.wall_s for _, enhancement in done)
    facts = results.header["models"][model]
    return Standing(
        model=model,
        figures=figures,
        n_ok=len(done),
        n_failed=len(results.clips) - len(done),
        rtf=wall_s / audio_s if audio_s and wall_s else None,
        n_parameters=facts.get("n_parameters") or None,
        weights_bytes=facts.get("weights_bytes") or None,
        peak_rss_mib=max((enhancement.peak_rss_mib for _, enhancement in done), default=0.0) or None,
    )


def _column(results: Results, metric: str) -> dict[str, Figure]:
    found = results.comparisons[metric]
    n_eligible = int(results.eligible(metric).sum())
    p_values = holm([against_noisy(results, found, i).p for i in range(len(results.models))])
    return {
        model: figure(results, metric, found, i, n_eligible=n_eligible, p_holm=p_values[i])
        for i, model in enumerate(results.models)
    }


@dataclass(frozen=True)
class Against:
    """A model held against noisy: the mean difference, and the p of Wilcoxon's test."""

    delta: Interval | None = None
    p: float | None = None


def against_noisy(results: Results, found: Comparison, i: int) -> Against:
    """Hold row `i` of a comparison against noisy; empty for noisy itself and where one of them takes no part."""
    return _against(results.models, found, i, BASELINE)


def _against(models: Sequence[str], found: Comparison, i: int, other: str) -> Against:
    pair = found.difference(i, models.index(other)) if other in models else None
    return Against(pair.interval, pair.wilcoxon.p) if pair else Against()


def figure(
    results: Results, metric: str, found: Comparison, i: int, *, n_eligible: int, p_holm: float | None
) -> Figure:
    """Return what row `i` of a comparison amounts to.

    Args:
        results: the rows.
        metric: name.
        found: the models on some of the clips.
        i: the model.
        n_eligible: clips among them that should have a figure.
        p_holm: its corrected p against noisy.
    """
    models, own = results.models, found.models[i]
    pairs = [pair for others, pair in found.pairs.items() if i in others]
    noisy = models.index(BASELINE) if BASELINE in models else i
    return Figure(
        summary=own.summary,
        n=own.n,
        n_failed=n_eligible - own.n,
        delta=_against(models, found, i, BASELINE).delta,
        baseline_delta=_against(models, found, i, results.settings.baseline).delta,
        win_rate=found.win_rate(i, noisy, higher_is_better=is_higher_better(metric)),
        p_holm=p_holm,
        rank=own.rank,
        tie_band=own.tie_band,
        is_best=own.rank == 1 and bool(pairs) and all(pair.is_told_apart for pair in pairs),
    )
