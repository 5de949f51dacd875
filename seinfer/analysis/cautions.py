"""Warnings about a comparison: conditions under which its scores are misleading. All warning texts are in this module.

The warnings are shown below the table, and written to run.json and to the JSON output.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from ..core.records import Clip
from .corpora import CORPORA, Corpus, corpora_of_clip, trained_on
from .costs import measured_cost
from .results import Results, Row

DNSMOS_WINDOW_S = 9.01
MAX_CLIPPED = 0.001
"""Share of the samples of a clip above which clipping is reported."""


@dataclass(frozen=True)
class Caution:
    """One warning. The field names are keys of run.json.

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


def cautions(results: Results) -> list[Caution]:
    """Return all warnings about a comparison."""
    checks: tuple[Callable[[Results], Iterable[Caution]], ...] = (
        _in_domain,
        _different_n,
        _dnsmos_short,
        _lag,
        _clipped,
        _band_limited,
        _unknown_metric,
        _busy_machine,
        _not_measured,
    )
    return [caution for check in checks for caution in check(results)]


def _in_domain(results: Results) -> Iterator[Caution]:
    corpora = {clip.clip_id: corpora_of_clip(clip) for clip in results.clips}
    for corpus in CORPORA:
        clips = [clip for clip in results.clips if corpus in corpora[clip.clip_id]]
        models = {model: names for model in results.models if (names := _training(results, model, corpus))}
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
        f"{len(clips)} clip(s), such as {clips[0].clip_id}, appear to come from {corpus.name}, which is in the "
        f"training data of {trained}: the scores of these models are probably too high here, and say little about "
        "other recordings",
    )


def _different_n(results: Results) -> Iterator[Caution]:
    for metric, found in results.comparisons.items():
        n = {model: own.n for model, own in zip(results.models, found.models, strict=True)}
        most = max(n.values(), default=0)
        fewer = [model for model in n if n[model] < most]
        if fewer:
            counts = ", ".join(f"{model} {n[model]}" for model in fewer)
            yield Caution(
                "different_n",
                tuple(fewer),
                most - min(n.values()),
                f"some models have fewer {metric} scores than others (of {most} clips: {counts}); models are compared "
                f"on the {found.n_common} clips that have a score for every model (a model without any score is "
                "excluded)",
            )


def _dnsmos_short(results: Results) -> Iterator[Caution]:
    metrics = [metric for metric in results.metrics if "dnsmos" in metric]
    short = {
        row.clip.clip_id
        for row in results.by_clip
        if row.clip.duration_s < DNSMOS_WINDOW_S and any(row.value(metric) is not None for metric in metrics)
    }
    if short:
        yield Caution(
            "dnsmos_short",
            (),
            len(short),
            f"{len(short)} clip(s) are shorter than {DNSMOS_WINDOW_S} s: DNSMOS repeats such a clip to fill its "
            "window, and its score then depends on the length of the clip: compare models by it, but "
            "not clips, and not with other tables",
        )


def _lag(results: Results) -> Iterator[Caution]:
    for model in results.models:
        lags = [row.score.lag_samples for row in results.of_model(model) if row.is_ok and row.score]
        shifted = [lag for lag in lags if lag]
        if shifted:
            yield Caution(
                "lag",
                (model,),
                len(shifted),
                f"{model}: {len(shifted)} clip(s) are shifted in time against the reference (against the noisy clip if "
                f"there is none), by up to {max(shifted, key=abs):+d} samples: this lowers SI-SDR, STOI and ESTOI, but "
                "not PESQ",
            )


def _clipped(results: Results) -> Iterator[Caution]:
    for model in results.models:
        shares = [share for row in results.of_model(model) if (share := _clipped_share(row)) > MAX_CLIPPED]
        if shares:
            yield Caution(
                "clipped",
                (model,),
                len(shares),
                f"{model}: in {len(shares)} clip(s) more than {MAX_CLIPPED:.1%} of the samples were clipped on "
                f"writing, up to {max(shares):.1%}: this lowers SI-SDR and PESQ; --subtype FLOAT avoids clipping",
            )


def _clipped_share(row: Row) -> float:
    done = row.enhancement
    return done.clipped_samples / (done.n_samples * done.channels) if done and done.n_samples and done.channels else 0.0


def _band_limited(results: Results) -> Iterator[Caution]:
    if not results.metrics:
        return
    for model in results.models:
        rate = int(results.header["models"][model].get("sample_rate") or 0)
        above = {
            row.clip.clip_id: row.score.sample_rate
            for row in results.of_model(model)
            if row.score and row.score.values and rate and row.score.sample_rate > rate
        }
        if above:
            yield Caution(
                "band_limited",
                (model,),
                len(above),
                f"{model} works at {rate} Hz, but {len(above)} clip(s) are scored at {max(above.values())} Hz: its "
                f"output has nothing above {rate // 2} Hz, which limits its SDR and SI-SDR; use --score-rate {rate} "
                "for a fair comparison",
            )


def _unknown_metric(results: Results) -> Iterator[Caution]:
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


def _busy_machine(results: Results) -> Iterator[Caution]:
    costs = [cost for model in results.models if (cost := measured_cost(results, model)) and cost.is_busy]
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


def _not_measured(results: Results) -> Iterator[Caution]:
    for model, cost in results.costs.items():
        if cost.error:
            yield Caution(
                "cost_not_measured",
                (model,),
                0,
                f"the cost of {model} could not be measured ({cost.error}); its rtf is from the run itself",
            )
