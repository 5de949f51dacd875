"""Where a comparison misleads: what a reader must know before he believes the table.

The warnings stand beside the table, in run.json and in the JSON output.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from ..core.records import Clip
from .corpora import CORPORA, Corpus, of_clip, trained_on
from .results import Results, Row

DNSMOS_WINDOW_S = 9.01
MAX_CLIPPED = 0.001
"""Share of a clip's samples."""


@dataclass(frozen=True)
class Caution:
    """One warning.

    Attributes:
        kind: short code from a closed set.
        models: whom it concerns; empty for all.
        n_clips: how many clips it concerns.
        message: what is so, and what it does to the figures.
    """

    kind: str
    models: tuple[str, ...]
    n_clips: int
    message: str


def cautions(results: Results) -> list[Caution]:
    """Return what a reader must be told."""
    checks: tuple[Callable[[Results], Iterable[Caution]], ...] = (
        _in_domain,
        _different_n,
        _short_for_dnsmos,
        _late,
        _clipped,
        _band_limited,
        _unknown,
    )
    return [caution for check in checks for caution in check(results)]


def _in_domain(results: Results) -> Iterator[Caution]:
    corpora = {clip.clip_id: of_clip(clip) for clip in results.clips}
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
        f"{len(clips)} clip(s), such as {clips[0].clip_id}, seem to come from {corpus.name}, which is in the training "
        f"data of {trained}: the figures flatter them, and say little about other recordings",
    )


def _different_n(results: Results) -> Iterator[Caution]:
    for metric, found in results.comparisons.items():
        n = {model: own.n for model, own in zip(results.models, found.models, strict=True)}
        most = max(n.values(), default=0)
        fewer = [model for model in n if n[model] < most]
        if fewer:
            has = ", ".join(f"{model} {n[model]}" for model in fewer)
            yield Caution(
                "different_n",
                tuple(fewer),
                most - min(n.values()),
                f"{metric} is missing for some models (of {most} clips: {has}); all are compared on the "
                f"{found.n_common} clips that every model with a figure has",
            )


def _short_for_dnsmos(results: Results) -> Iterator[Caution]:
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
            f"{len(short)} clip(s) are shorter than {DNSMOS_WINDOW_S} s: DNSMOS repeats them to fill its window, and "
            "its figure depends on their length: compare models by it, not clips, nor with other tables",
        )


def _late(results: Results) -> Iterator[Caution]:
    for model in results.models:
        lags = [row.score.lag_samples for row in results.of_model(model) if row.is_ok and row.score]
        late = [lag for lag in lags if lag]
        if late:
            yield Caution(
                "lag",
                (model,),
                len(late),
                f"{model}: {len(late)} clip(s) are not aligned with what they are held against, by up to "
                f"{max(late, key=abs):+d} samples: SI-SDR, STOI and ESTOI fall with it, PESQ does not",
            )


def _clipped(results: Results) -> Iterator[Caution]:
    for model in results.models:
        shares = [share for row in results.of_model(model) if (share := _clipped_share(row)) > MAX_CLIPPED]
        if shares:
            yield Caution(
                "clipped",
                (model,),
                len(shares),
                f"{model}: writing clipped more than {MAX_CLIPPED:.1%} of the samples of {len(shares)} clip(s), up to "
                f"{max(shares):.1%}: SI-SDR and PESQ fall with it; --subtype FLOAT clips nothing",
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
                f"{model} works at {rate} Hz, {len(above)} clip(s) are scored at {max(above.values())} Hz: its output "
                f"has nothing above {rate // 2} Hz, which caps its SDR and SI-SDR; --score-rate {rate} compares fairly",
            )


def _unknown(results: Results) -> Iterator[Caution]:
    names = [name for name in results.unknown_metrics if any(row.value(name) is not None for row in results.by_clip)]
    if names:
        n_clips = sum(any(row.value(name) is not None for name in names) for row in results.of_model(results.models[0]))
        yield Caution(
            "unknown_metric",
            (),
            n_clips,
            f"{', '.join(names)}: of a package that is not installed here; in per_clip.csv, but not compared",
        )
