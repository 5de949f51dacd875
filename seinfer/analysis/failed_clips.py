"""How the means and the order of the models change if clips that a model lost count as unprocessed.

The tables use the clips that have a score for every model, so a clip that one model lost is missing for all models. The
alternative: for a lost clip, the user keeps the noisy file, so the model gets the score of the noisy file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..core.records import BASELINE
from .results import Results, is_higher_better


@dataclass(frozen=True)
class FailedAsUnprocessed:
    """Means of one metric with lost clips as unprocessed. The field names are keys of `compare --json`.

    Attributes:
        metric: name.
        n_lost: model -> number of clips that got the score of the noisy file; only models that lost some.
        n, n_before: number of clips in the means, and in those of the tables.
        means, means_before: model -> mean, best first.
    """

    metric: str
    n_lost: Mapping[str, int]
    n: int
    n_before: int
    means: Mapping[str, float]
    means_before: Mapping[str, float]

    @property
    def has_same_order(self) -> bool:
        """Whether the models have the same order in both means."""
        return list(self.means) == list(self.means_before)


def failed_as_unprocessed(results: Results) -> list[FailedAsUnprocessed]:
    """Return the changed means of every metric in which a model lost clips that have a score of noisy."""
    found = [_of_metric(results, metric) for metric in results.metrics] if BASELINE in results.models else []
    return [change for change in found if change]


def _of_metric(results: Results, metric: str) -> FailedAsUnprocessed | None:
    comparison = results.comparisons[metric]
    included = np.isfinite(comparison.table).any(axis=1)
    noisy = comparison.table[results.models.index(BASELINE)]
    lost = ~np.isfinite(comparison.table) & np.isfinite(noisy) & included[:, None]
    if not lost.any() or not comparison.n_common:
        return None
    filled = np.where(lost, noisy, comparison.table)
    common = np.isfinite(filled[included]).all(axis=0)
    models = [model for model, is_included in zip(results.models, included, strict=True) if is_included]
    sign = -1.0 if is_higher_better(metric) else 1.0

    def means(table: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> dict[str, float]:
        by_model = {model: float(row.mean()) for model, row in zip(models, table[included], strict=True)}
        return dict(sorted(by_model.items(), key=lambda item: sign * item[1]))

    return FailedAsUnprocessed(
        metric,
        {model: int(row.sum()) for model, row in zip(results.models, lost, strict=True) if row.any()},
        int(common.sum()),
        comparison.n_common,
        means(filled[:, common]),
        means(comparison.table[:, comparison.common]),
    )
