"""Published figures set beside measured ones, if the clips are a published test set as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..clips.test_sets import recognise
from ..core.records import Published, from_json
from .results import Results


@dataclass(frozen=True)
class Reproduction:
    """A published figure and ours. The field names are keys of the JSON output.

    Attributes:
        measured: our mean over the clips that have a score.
        n: number of these clips.
        published: the figure of the source.
        difference: measured minus published.
    """

    test_set: str
    model: str
    metric: str
    measured: float
    n: int
    published: float
    difference: float
    source: str


def reproductions(results: Results) -> list[Reproduction]:
    """Return every published figure of the models of a run that was measured too, sorted by model and metric.

    The list is empty if the clips are no published test set, or only a part of one.
    """
    known = recognise(results.clips)
    if known is None:
        return []
    return [
        _beside(figure, model, results)
        for model in results.models
        for metric in results.metrics
        for figure in _published(results, model)
        if (figure.test_set, figure.metric) == (known.set_id, metric) and _scores(results, model, metric)
    ]


def _published(results: Results, model: str) -> Iterator[Published]:
    for figure in results.header["models"][model].get("published", ()):
        yield from_json(Published, figure)


def _scores(results: Results, model: str, metric: str) -> list[float]:
    values = (row.value(metric) for row in results.of_model(model))
    return [value for value in values if value is not None]


def _beside(figure: Published, model: str, results: Results) -> Reproduction:
    scores = _scores(results, model, figure.metric)
    measured = float(np.mean(scores))
    return Reproduction(
        figure.test_set,
        model,
        figure.metric,
        measured,
        len(scores),
        figure.value,
        measured - figure.value,
        figure.source,
    )
