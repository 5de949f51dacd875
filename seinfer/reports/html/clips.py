"""The clips of the report page: the notable ones as a list, and each shown clip with its players."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...analysis.notable_clips import (
    BEST,
    DISAGREEMENT,
    MAX_CLIPS,
    WORST,
    Notable,
    chosen_clips,
    main_metric,
    notable_clips,
)
from ...analysis.results import Results
from ...core.counts import counted
from ...core.numbers import fixed
from ...core.records import Clip
from ..text_table import digits
from .recordings import CLEAN, AudioFiles, Recording, estimated_bytes, recordings
from .tables import ShownScore, metric_label, shown_scores

N_KEYS = 9


@dataclass(frozen=True)
class Card:
    """One audio file of a clip: the recording, the key that selects it, and its scores."""

    recording: Recording
    key: str
    scores: tuple[ShownScore, ...]


@dataclass(frozen=True)
class ShownClip:
    """One clip of the page: the id of its section, its facts, why it is notable, and its audio files."""

    anchor: str
    clip_id: str
    facts: tuple[str, ...]
    reasons: tuple[str, ...]
    cards: tuple[Card, ...]


@dataclass(frozen=True)
class NotableRow:
    """The worst and the best clip of a model, each as (anchor, clip_id, value)."""

    model: str
    worst: tuple[str, str, str]
    best: tuple[str, str, str]


@dataclass(frozen=True)
class ClipBrowser:
    """Everything about clips on the page.

    Attributes:
        metric: label of the metric by which notable clips are chosen; empty without scores.
        measure: what is shown for the worst and best clip of each model.
        rule: how the clips were chosen.
        disagreements: (anchor, clip_id, text).
        extremes: one row per model.
        clips: the clips with players.
        is_embedded: whether the audio is inside the page.
    """

    metric: str
    measure: str
    rule: str
    disagreements: tuple[tuple[str, str, str], ...]
    extremes: tuple[NotableRow, ...]
    clips: tuple[ShownClip, ...]
    is_embedded: bool


def clip_browser(results: Results, models: Sequence[str], run_folder: Path, limit_bytes: float) -> ClipBrowser:
    """Return the clips of the page.

    Args:
        results: all rows of the run.
        models: its models, in the order in which they are shown.
        run_folder: where its audio files are, and the page.
        limit_bytes: largest size of the audio inside the page; above it, the page links the files of the run.
    """
    notable = notable_clips(results)
    shown = chosen_clips(results, notable)
    anchors = {clip.clip_id: f"clip-{i}" for i, clip in enumerate(results.clips, start=1)}
    files = AudioFiles(run_folder, results, models)
    is_embedded = estimated_bytes(shown, len(files.sources)) <= limit_bytes
    found = zip(shown, recordings(files, shown, run_folder, is_embedded=is_embedded), strict=True)
    metric = main_metric(results)
    has_noisy = any(one.is_improvement for one in notable)
    return ClipBrowser(
        metric=metric_label(metric) if metric else "",
        measure="improvement over noisy" if has_noisy else "score",
        rule=_rule(results, shown),
        disagreements=tuple(
            (anchors[one.clip_id], one.clip_id, _distance(one)) for one in notable if one.kind == DISAGREEMENT
        ),
        extremes=tuple(_extremes(models, notable, anchors)),
        clips=tuple(_shown(results, clip, anchors[clip.clip_id], notable, own) for clip, own in found),
        is_embedded=is_embedded,
    )


def _rule(results: Results, shown: Sequence[Clip]) -> str:
    if len(shown) == len(results.clips):
        return f"All {counted(len(shown), 'clip')} of the run."
    return (
        f"{len(shown)} of {len(results.clips)} clips: those of the two tables above, and a sample of the others. For "
        "the sample, the other clips are sorted by the score of the noisy clip and divided into parts of equal size; "
        f"the middle clip of each part is taken. A run of up to {MAX_CLIPS} clips shows all of them."
    )


def _distance(one: Notable) -> str:
    best, worst = one.models
    return f"{best} is {fixed(one.value, digits(one.metric))} better than {worst}"


def _extremes(models: Sequence[str], notable: Sequence[Notable], anchors: Mapping[str, str]) -> Iterator[NotableRow]:
    found = {(one.models[0], one.kind): one for one in notable if one.kind != DISAGREEMENT}
    for model in models:
        if (model, WORST) in found:
            worst, best = (
                (anchors[one.clip_id], one.clip_id, _value(one)) for one in (found[model, WORST], found[model, BEST])
            )
            yield NotableRow(model, worst, best)


def _value(one: Notable) -> str:
    return fixed(one.value, digits(one.metric), is_signed=one.is_improvement)


def _shown(
    results: Results, clip: Clip, anchor: str, notable: Sequence[Notable], own: Sequence[Recording]
) -> ShownClip:
    cards = tuple(
        Card(
            recording,
            str(i) if i <= N_KEYS else "0" if i == N_KEYS + 1 else "",
            () if recording.source == CLEAN else shown_scores(results, clip.clip_id, recording.source),
        )
        for i, recording in enumerate(own, start=1)
    )
    return ShownClip(anchor, clip.clip_id, tuple(_facts(clip)), tuple(_reasons(clip, notable)), cards)


def _facts(clip: Clip) -> Iterator[str]:
    if clip.duration_s:
        yield f"{clip.duration_s:.2f} s"
        yield f"{clip.sample_rate} Hz"
    if clip.channels > 1:
        yield counted(clip.channels, "channel")
    yield from (f"{name}: {value}" for name, value in sorted(clip.category.items()) if value and name != "category_raw")
    if clip.problem:
        yield clip.problem


def _reasons(clip: Clip, notable: Sequence[Notable]) -> Iterator[str]:
    own = [one for one in notable if one.clip_id == clip.clip_id]
    for one in own:
        if one.kind == DISAGREEMENT:
            yield f"large disagreement: {_distance(one)} in {metric_label(one.metric)}"
    for kind in (WORST, BEST):
        found = [one for one in own if one.kind == kind]
        if found:
            models = ", ".join(f"{one.models[0]} ({_value(one)})" for one in found)
            measure = "improvement" if found[0].is_improvement else "score"
            yield f"{kind} clip of {models}: {measure} in {metric_label(found[0].metric)}"
