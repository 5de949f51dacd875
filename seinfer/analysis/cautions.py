"""Warnings about a comparison: conditions under which its scores are misleading. All warning texts are in this module.

The warnings are shown below the table, and written to run.json and to the JSON output.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from ..core.counts import counted, verb
from ..core.records import Clip
from ..metrics.errors import is_in_pieces
from .corpora import CORPORA, Corpus, corpora_of_clip, trained_on
from .costs import measured_cost
from .leaderboard import leaderboard
from .ordering import in_order
from .results import Results, Row

N = TypeVar("N", int, float)

DNSMOS_WINDOW_S = 9.01
MAX_CLIPPED = 0.001
"""Share of the samples of a clip above which clipping is reported."""


@dataclass(frozen=True)
class Caution:
    """One warning, for all models and metrics that it concerns. The field names are keys of run.json.

    Attributes:
        kind: short code, one for each check in this module.
        models: models concerned; empty for all.
        n_clips: number of clips concerned.
        message: the condition, and its effect on the scores.
    """

    kind: str
    models: tuple[str, ...]
    n_clips: int
    message: str


Check = Callable[[Results, Sequence[str]], Iterable[Caution]]
"""(results, models in the order in which a warning lists them) -> warnings."""


def cautions(results: Results, models: Sequence[str] | None = None) -> list[Caution]:
    """Return all warnings about a comparison.

    Args:
        results: all rows of the run.
        models: the models in the order of the table, which is also that of the warnings; None for that of the mean
            rank.
    """
    order = [row.model for row in in_order(leaderboard(results), results.metrics)] if models is None else models
    checks: tuple[Check, ...] = (
        _in_domain,
        _different_n,
        _dnsmos_short,
        _pesq_pieces,
        _lag,
        _clipped,
        _band_limited,
        _unknown_metric,
        _busy_machine,
        _not_measured,
        _reduced_precision,
    )
    return [caution for check in checks for caution in check(results, order)]


def _in_domain(results: Results, order: Sequence[str]) -> Iterator[Caution]:
    found = [(clip, corpora) for clip in results.clips if (corpora := corpora_of_clip(clip))]
    for corpus in CORPORA:
        clips = [clip for clip, corpora in found if corpus in corpora]
        models = {model: names for model in order if (names := _training(results, model, corpus))}
        if clips and models:
            yield _in_domain_of(corpus, clips, models)


def _training(results: Results, model: str, corpus: Corpus) -> list[str]:
    return trained_on(corpus, results.header["models"][model].get("training_data", ()))


def _in_domain_of(corpus: Corpus, clips: list[Clip], models: dict[str, list[str]]) -> Caution:
    trained = ", ".join(f"{model} ({', '.join(names)})" for model, names in models.items())
    return Caution(
        "in_domain",
        tuple(models),
        len(clips),
        f"{counted(len(clips), 'clip')}, such as {clips[0].clip_id}, {verb(len(clips), 'appear')} to come from "
        f"{corpus.name}, which is in the training data of {trained}: the scores of these models are "
        "probably too high here, and say little about other recordings",
    )


def _different_n(results: Results, order: Sequence[str]) -> Iterator[Caution]:
    """Yield one warning for all metrics with the same counts."""
    metrics_of: dict[tuple[tuple[int, ...], int], list[str]] = {}
    for metric, found in results.comparisons.items():
        counts = tuple(own.n for own in found.models)
        if len(set(counts)) > 1:
            metrics_of.setdefault((counts, found.n_common), []).append(metric)
    for (counts, n_common), metrics in metrics_of.items():
        n_of = dict(zip(results.models, counts, strict=True))
        fewer = {model: n_of[model] for model in order if n_of[model] < max(counts)}
        yield Caution(
            "different_n",
            tuple(fewer),
            max(counts) - min(counts),
            f"some models have fewer {', '.join(metrics)} scores than others (of {counted(max(counts), 'clip')}: "
            f"{', '.join(f'{model} {n}' for model, n in fewer.items())}); models are compared on the "
            f"{counted(n_common, 'clip')} that {verb(n_common, 'have')} a score for every model (a model without any "
            "score is excluded)",
        )


def _dnsmos_short(results: Results, _: Sequence[str]) -> Iterator[Caution]:
    metrics = [metric for metric in results.metrics if "dnsmos" in metric]
    short = [
        clip
        for clip in results.clips
        if clip.duration_s < DNSMOS_WINDOW_S
        and any(
            results.rows[clip.clip_id, model].value(metric) is not None
            for metric in metrics
            for model in results.models
        )
    ]
    if short:
        yield Caution(
            "dnsmos_short",
            (),
            len(short),
            f"{counted(len(short), 'clip')} shorter than {DNSMOS_WINDOW_S} s: DNSMOS repeats such a clip to fill its "
            "window, and its score then depends on the length of the clip: compare models by it, but "
            "not clips, and not with other tables",
        )


def _pesq_pieces(results: Results, order: Sequence[str]) -> Iterator[Caution]:
    found = [(row.clip.clip_id, metric) for row in results.by_clip for metric in _in_pieces(results, row)]
    clips = list(dict.fromkeys(clip_id for clip_id, _ in found))
    if clips:
        metrics = [name for name in results.metrics if name in {metric for _, metric in found}]
        scored = {row.clip.clip_id for row in results.by_clip if any(row.value(name) is not None for name in metrics)}
        n_whole = len(scored - set(clips))
        others = f"; the other {n_whole} clip(s) are computed whole" if n_whole else ""
        yield Caution(
            "pesq_pieces",
            (),
            len(clips),
            f"{len(clips)} clip(s), such as {clips[0]}, are too long or contain too many utterances for the package "
            f"pesq: their value of {', '.join(metrics)} is the mean over pieces, see ref_status{others}. Such a mean "
            "differs from the value of the whole clip by about 0.1: compare models by it, but not clips, and not with "
            "other tables",
        )
        yield from _pesq_mixed(results, order, clips)


def _pesq_mixed(results: Results, order: Sequence[str], with_pieces: Sequence[str]) -> Iterator[Caution]:
    clips: set[str] = set()
    models: set[str] = set()
    for clip_id in with_pieces:
        rows = [results.rows[clip_id, model] for model in results.models]
        for metric in {metric for row in rows for metric in _in_pieces(results, row)}:
            cut = {row.model for row in rows if metric in _in_pieces(results, row)}
            if any(row.value(metric) is not None and row.model not in cut for row in rows):
                clips.add(clip_id)
                models |= cut
    if clips:
        in_pieces = tuple(model for model in order if model in models)
        yield Caution(
            "pesq_mixed",
            in_pieces,
            len(clips),
            f"in {len(clips)} clip(s), such as {min(clips)}, PESQ is a mean over pieces for some models "
            f"({', '.join(in_pieces)}), but not for the others (the package crashed on the whole clip, or the "
            "files differ in length or channels): leave these clips out to compare these models by PESQ",
        )


def _in_pieces(results: Results, row: Row) -> list[str]:
    """Return the metrics of a row whose value is a mean over pieces of the clip."""
    reasons = results.reasons(row).items()
    return [metric for metric, remark in reasons if is_in_pieces(remark) and row.value(metric) is not None]


def _lag(results: Results, order: Sequence[str]) -> Iterator[Caution]:
    def lag_of(row: Row) -> int:
        return (row.score.lag_samples or 0) if row.is_ok and row.score else 0

    found = _clips_with(results, order, lag_of)
    if found:
        largest = {model: max(lags.values(), key=abs) for model, lags in found.items()}
        parts = (
            f"{model} in {counted(len(lags), 'clip')}, by up to {largest[model]:+d} "
            f"{'sample' if abs(largest[model]) == 1 else 'samples'}"
            for model, lags in found.items()
        )
        yield _caution_on_models(
            "lag",
            found,
            "shifted in time against the reference (against the noisy clip if there is none): "
            f"{'; '.join(parts)}; this lowers SI-SDR, STOI and ESTOI, but not PESQ",
        )


def _clipped(results: Results, order: Sequence[str]) -> Iterator[Caution]:
    def remarkable_share(row: Row) -> float:
        share = _clipped_share(row)
        return share if share > MAX_CLIPPED else 0.0

    found = _clips_with(results, order, remarkable_share)
    if found:
        parts = (
            f"{model} in {counted(len(shares), 'clip')}, up to {max(shares.values()):.1%}"
            for model, shares in found.items()
        )
        yield _caution_on_models(
            "clipped",
            found,
            f"more than {MAX_CLIPPED:.1%} of the samples were clipped on writing: {'; '.join(parts)}; this lowers "
            "SI-SDR and PESQ; --subtype FLOAT avoids clipping",
        )


def _clips_with(results: Results, order: Sequence[str], number: Callable[[Row], N]) -> dict[str, dict[str, N]]:
    """Return model -> clip_id -> a number of the row that is not 0, without the models that have none."""
    found = {
        model: {row.clip.clip_id: value for row in results.of_model(model) if (value := number(row))} for model in order
    }
    return {model: clips for model, clips in found.items() if clips}


def _caution_on_models(kind: str, found: Mapping[str, Mapping[str, float]], message: str) -> Caution:
    """Return one warning for several models; a clip counts once, however many models it concerns."""
    n_clips = len(set().union(*found.values()))
    return Caution(kind, tuple(found), n_clips, message)


def _clipped_share(row: Row) -> float:
    done = row.enhancement
    return done.clipped_samples / (done.n_samples * done.channels) if done and done.n_samples and done.channels else 0.0


def _band_limited(results: Results, order: Sequence[str]) -> Iterator[Caution]:
    """Yield one warning for all models of one sample rate."""
    if not results.metrics:
        return
    rates = {model: int(results.header["models"][model].get("sample_rate") or 0) for model in order}
    found = _clips_with(results, order, lambda row: rate if 0 < rates[row.model] < (rate := _scored_rate(row)) else 0)
    for rate in dict.fromkeys(rates[model] for model in found):
        limited = {model: clips for model, clips in found.items() if rates[model] == rate}
        highest = max(scored for clips in limited.values() for scored in clips.values())
        n_clips = len(set().union(*limited.values()))
        yield _caution_on_models(
            "band_limited",
            limited,
            f"{', '.join(limited)} {verb(len(limited), 'work')} at {rate} Hz, but {counted(n_clips, 'clip')} "
            f"{verb(n_clips, 'are')} scored at up to {highest} Hz: the output has nothing above {rate // 2} Hz, which "
            f"limits SDR and SI-SDR; use --score-rate {rate} for a fair comparison",
        )


def _scored_rate(row: Row) -> int:
    return row.score.sample_rate if row.score and row.score.values else 0


def _unknown_metric(results: Results, _: Sequence[str]) -> Iterator[Caution]:
    names = [name for name in results.unknown_metrics if any(row.value(name) is not None for row in results.by_clip)]
    if names:
        n_clips = sum(any(row.value(name) is not None for name in names) for row in results.of_model(results.models[0]))
        yield Caution(
            "unknown_metric",
            (),
            n_clips,
            f"{', '.join(names)}: the package of this metric is not installed here; its scores are in per_clip.csv, "
            "but models are not compared by it",
        )


def _busy_machine(results: Results, order: Sequence[str]) -> Iterator[Caution]:
    costs = [cost for model in order if (cost := measured_cost(results, model)) and cost.is_busy]
    if costs:
        slowdown, cpu_share = max(cost.slowdown for cost in costs), min(cost.cpu_share for cost in costs)
        models = tuple(cost.model for cost in costs)
        yield Caution(
            "busy_machine",
            models,
            0,
            f"the machine was busy with other work while the cost of {', '.join(models)} was measured (a fixed "
            f"calculation took up to {slowdown:.1f} times its best time; the smallest processor time of a model was "
            f"{100 * cpu_share:.0f} % of its time): their rtf may be too high; run the same command again when no "
            "other program computes, and it is measured again",
        )


def _not_measured(results: Results, order: Sequence[str]) -> Iterator[Caution]:
    for model in order:
        if (cost := results.costs.get(model)) and cost.error:
            yield Caution(
                "cost_not_measured",
                (model,),
                0,
                f"the cost of {model} could not be measured ({cost.error}); its rtf is from the run itself",
            )


def _reduced_precision(results: Results, order: Sequence[str]) -> Iterator[Caution]:
    known: Mapping[str, Mapping[str, Any]] = results.header.get("precisions", {})
    reduced = {model: known[model] for model in order if model in known}
    if reduced:
        parts = (
            f"{model} in {facts['precision']}: {facts['snr_to_float32_db']:.1f} dB" for model, facts in reduced.items()
        )
        yield Caution(
            "precision",
            tuple(reduced),
            0,
            f"not computed in float32 ({'; '.join(parts)} SNR to the result in float32, on the worst of six bundled "
            "clips): the scores are not those of the published models; use --precision float32 to compare with other "
            "tables",
        )
