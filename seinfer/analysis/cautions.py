"""Warnings about a comparison: conditions under which its scores are misleading. All warning texts are in this module.

The warnings are shown below the table, and written to run.json and to the JSON output.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from ..core.records import Clip
from ..metrics.errors import is_in_pieces
from .corpora import CORPORA, Corpus, corpora_of_clip, trained_on
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
        _pesq_pieces,
        _pesq_mixed,
        _lag,
        _clipped,
        _band_limited,
        _unknown_metric,
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


def _pesq_pieces(results: Results) -> Iterator[Caution]:
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


def _pesq_mixed(results: Results) -> Iterator[Caution]:
    clips: set[str] = set()
    models: set[str] = set()
    for clip in results.clips:
        rows = [results.rows[clip.clip_id, model] for model in results.models]
        for metric in {metric for row in rows for metric in _in_pieces(results, row)}:
            cut = {row.model for row in rows if metric in _in_pieces(results, row)}
            if any(row.value(metric) is not None and row.model not in cut for row in rows):
                clips.add(clip.clip_id)
                models |= cut
    if clips:
        yield Caution(
            "pesq_mixed",
            tuple(model for model in results.models if model in models),
            len(clips),
            f"in {len(clips)} clip(s), such as {min(clips)}, PESQ is a mean over pieces for some models "
            f"({', '.join(sorted(models))}), but not for the others (the package crashed on the whole clip, or the "
            "files differ in length or channels): leave these clips out to compare these models by PESQ",
        )


def _in_pieces(results: Results, row: Row) -> list[str]:
    """Return the metrics of a row whose value is a mean over pieces of the clip."""
    reasons = results.reasons(row).items()
    return [metric for metric, remark in reasons if is_in_pieces(remark) and row.value(metric) is not None]


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
