"""Human ratings beside the objective scores of the run that the test was made from, with rank correlations.

Only the clips and models of the test count. A metric of which less is better has its sign turned, so that a positive
correlation always means agreement.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ....analysis.results import Results, is_higher_better
from ....core.errors import UsageError
from ....stats.agreement import MIN_MODELS, RankCorrelation, over_cells, over_models
from ..records import Key
from .analysis import metrics
from .votes import CONTROLS, PAIRED_DESIGNS, Vote, conditions, of_test_trials

Table = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Agreement:
    """Rank correlation of one scale with one objective metric.

    Attributes:
        metric: scale, as in `Analysis`.
        objective: metric of the run.
        level: "models": over the means of the models; "clips": over all pairs of clip and model.
        method: "spearman" or "kendall".
        n_models, n_clips: with both a rating and a score.
        correlation: with its interval over clips.
    """

    metric: str
    objective: str
    level: str
    method: str
    n_models: int
    n_clips: int
    correlation: RankCorrelation

    @property
    def note(self) -> str:
        """Why nothing may be concluded; "" otherwise."""
        if self.level == "models" and self.n_models < MIN_MODELS:
            return f"no conclusion: {self.n_models} models, {MIN_MODELS} needed"
        return "" if self.correlation.low is not None else "no interval"


@dataclass(frozen=True)
class ObjectiveScores:
    """Objective scores of the clips and models of a test.

    Attributes:
        models: with ratings, in the order of the test.
        metrics: of the run, those that have a score.
        means: (model, metric) -> mean over the rated clips.
        agreements: rank correlations.
    """

    models: tuple[str, ...]
    metrics: tuple[str, ...]
    means: dict[tuple[str, str], float]
    agreements: tuple[Agreement, ...]


def objective_scores(votes: Sequence[Vote], key: Key, results: Results) -> ObjectiveScores:
    """Compare the ratings of the test trials with the scores of a run.

    Raises:
        UsageError: the run has none of the clips or models of the test.
    """
    used = of_test_trials(votes)
    clips = sorted({vote.item.clip_id for vote in used} & {clip.clip_id for clip in results.clips})
    models = [name for name in conditions(used, key) if name not in CONTROLS and name in results.models]
    if not clips or not models:
        raise UsageError("--run: the run has no clip or no model of this test; expected the run that it was made from")
    scores = {metric: _scores(results, metric, models, clips) for metric in results.metrics}
    scores = {metric: table for metric, table in scores.items() if np.isfinite(table).any()}
    means = {
        (model, metric): float(np.nanmean(row))
        for metric, table in scores.items()
        for model, row in zip(models, table, strict=True)
        if np.isfinite(row).any()
    }
    agreements = [
        agreement
        for scale_metric, scale in metrics(key).items()
        if key.test.design != "abx"
        for name, table in scores.items()
        for agreement in _agreements(scale_metric, name, _human(used, key, scale, models, clips), table)
    ]
    return ObjectiveScores(tuple(models), tuple(scores), means, tuple(agreements))


def _agreements(metric: str, objective: str, human: Table, scores: Table) -> list[Agreement]:
    signed = scores if is_higher_better(objective) else -scores
    both = np.isfinite(human) & np.isfinite(scores)
    n_models, n_clips = int(both.any(axis=1).sum()), int(both.any(axis=0).sum())
    found = [
        Agreement(metric, objective, "models", method, n_models, n_clips, over_models(human, signed, method))
        for method in ("spearman", "kendall")
    ]
    cells = over_cells(human, signed, "spearman")
    return [*found, Agreement(metric, objective, "clips", "spearman", n_models, n_clips, cells)]


def _scores(results: Results, metric: str, models: Sequence[str], clips: Sequence[str]) -> Table:
    values = [[results.rows[clip, model].value(metric) for clip in clips] for model in models]
    return np.array(values, np.float64)


def _human(votes: Sequence[Vote], key: Key, scale: str, models: Sequence[str], clips: Sequence[str]) -> Table:
    """Return the mean rating of each model and clip, shape (model, clip), NaN where there is none."""
    sums, counts = np.zeros((2, len(models), len(clips)))
    row, column = ({name: i for i, name in enumerate(names)} for names in (models, clips))
    for vote in votes:
        if vote.row.scale != scale or vote.item.clip_id not in column:
            continue
        for model, value in _values(vote, key):
            if model in row:
                sums[row[model], column[vote.item.clip_id]] += value
                counts[row[model], column[vote.item.clip_id]] += 1
    return np.asarray(np.where(counts > 0, sums / np.maximum(counts, 1), np.nan), np.float64)


def _values(vote: Vote, key: Key) -> list[tuple[str, float]]:
    """Return (model, value) of a vote; a comparison counts for one model and against the other."""
    if key.test.design in PAIRED_DESIGNS:
        return [(vote.pair[0], vote.favour), (vote.pair[1], -vote.favour)]
    return [(vote.condition, vote.rating)]
