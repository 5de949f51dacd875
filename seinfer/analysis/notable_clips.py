"""The clips that a person should listen to first, and which clips a page shows if it cannot show all.

The rule, in the main metric of a run (the first of those by which `seinfer recommend` judges quality):

- worst and best clip of a model: those with its smallest and its largest improvement over noisy. Without noisy, those
  with its worst and its best score.
- disagreement: the clips with the largest distance between the best and the worst score of the models, without noisy.

Of equal values the first clip in the order of clip_id counts. A clip without the scores that are needed is not chosen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..core.records import BASELINE, Clip
from .candidates import Needs, with_metrics
from .results import Results, is_higher_better

WORST, BEST, DISAGREEMENT = "worst", "best", "disagreement"
N_DISAGREEMENTS = 3
MAX_CLIPS = 20
"""Number of clips up to which a page shows all of them."""
MIN_SAMPLE = 4
"""Number of clips that a page shows in addition to the notable ones, at least, if it cannot show all."""


@dataclass(frozen=True)
class Notable:
    """A reason to listen to a clip.

    Attributes:
        clip_id: the clip.
        kind: WORST, BEST or DISAGREEMENT.
        models: the model; for a disagreement the models with the best and the worst score.
        metric: the main metric.
        value: improvement over noisy, positive if it is better; without noisy the score. For a disagreement the
            distance of the two scores.
        is_improvement: whether `value` is an improvement over noisy.
    """

    clip_id: str
    kind: str
    models: tuple[str, ...]
    metric: str
    value: float
    is_improvement: bool = False


def main_metric(results: Results) -> str:
    """Return the metric by which notable clips are chosen; "" if nothing was scored."""
    return with_metrics(results, Needs()).metrics[0] if results.metrics else ""


def notable_clips(results: Results) -> list[Notable]:
    """Return the notable clips: the disagreements, largest first, then worst and best clip of each model in order."""
    metric = main_metric(results)
    if not metric or not results.clips:
        return []
    sign = 1.0 if is_higher_better(metric) else -1.0
    scores = sign * results.comparisons[metric].table
    return [*_disagreements(results, metric, scores), *_extremes(results, metric, scores, sign)]


def _disagreements(results: Results, metric: str, scores: npt.NDArray[np.float64]) -> Iterator[Notable]:
    own = [i for i, model in enumerate(results.models) if model != BASELINE]
    known = {j: [i for i in own if np.isfinite(scores[i, j])] for j in range(len(results.clips))}
    ends = {
        j: (max(rows, key=lambda i: scores[i, j]), min(rows, key=lambda i: scores[i, j]))
        for j, rows in known.items()
        if len(rows) > 1
    }
    distances = {j: float(scores[best, j] - scores[worst, j]) for j, (best, worst) in ends.items()}
    for j in sorted(distances, key=lambda j: -distances[j])[:N_DISAGREEMENTS]:
        if distances[j] > 0:
            models = tuple(results.models[i] for i in ends[j])
            yield Notable(results.clips[j].clip_id, DISAGREEMENT, models, metric, distances[j])


def _extremes(results: Results, metric: str, scores: npt.NDArray[np.float64], sign: float) -> Iterator[Notable]:
    has_noisy = BASELINE in results.models
    floor = scores[results.models.index(BASELINE)] if has_noisy else np.zeros(len(results.clips))
    for i, model in enumerate(results.models):
        gains = scores[i] - floor
        known = np.flatnonzero(np.isfinite(gains))
        if model == BASELINE or not len(known):
            continue
        for kind, j in ((WORST, known[np.argmin(gains[known])]), (BEST, known[np.argmax(gains[known])])):
            value = float(gains[j]) if has_noisy else sign * float(scores[i, j])
            yield Notable(results.clips[j].clip_id, kind, (model,), metric, value, is_improvement=has_noisy)


def chosen_clips(results: Results, notable: Sequence[Notable], at_most: int = MAX_CLIPS) -> tuple[Clip, ...]:
    """Return the clips of a page, in the order of clip_id: all, or the notable ones and a sample of the others.

    The sample fills up to `at_most` clips, and has at least MIN_SAMPLE: the other clips are sorted by the score of the
    noisy clip in the main metric (those without one last) and divided into parts of equal size; the middle clip of each
    part is taken.

    Args:
        results: all rows of the run.
        notable: what `notable_clips` returned.
        at_most: number of clips up to which all are shown.
    """
    if len(results.clips) <= at_most:
        return results.clips
    named = {one.clip_id for one in notable}
    n_sample = max(MIN_SAMPLE, at_most - len(named))
    others = _by_input_quality(results, [clip for clip in results.clips if clip.clip_id not in named])
    n_sample = min(n_sample, len(others))
    middles = {others[(2 * i + 1) * len(others) // (2 * n_sample)].clip_id for i in range(n_sample)}
    return tuple(clip for clip in results.clips if clip.clip_id in named | middles)


def _by_input_quality(results: Results, clips: Sequence[Clip]) -> list[Clip]:
    metric = main_metric(results)

    def key(clip: Clip) -> tuple[bool, float, str]:
        row = results.rows.get((clip.clip_id, BASELINE))
        score = row.value(metric) if row and metric else None
        return score is None, score or 0.0, clip.clip_id

    return sorted(clips, key=key)
