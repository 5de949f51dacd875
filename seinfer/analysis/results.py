"""The results of a run, one row per clip and model. Every table, file and summary is computed from these rows."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from ..core.records import BASELINE, Clip, Cost, Enhancement, Score
from ..metrics.table import load_table
from ..stats import Comparison, compare
from .settings import TableSettings


@dataclass(frozen=True, slots=True)
class Row:
    """Results of one clip and one model; `enhancement` and `score` are None if that step was not done."""

    clip: Clip
    model: str
    enhancement: Enhancement | None
    score: Score | None

    @property
    def error(self) -> str:
        """Why the clip failed, as "reason: message"; "" if it did not.

        This is the one rule for all tables, counts and exit codes: a clip fails if it cannot be used, if it has no
        estimate, or if the estimate cannot be scored (`Score.error`: it is silent or contains NaN, for example).
        """
        if self.clip.problem:
            return self.clip.problem
        if not self.enhancement:
            return "not_reached: the run ended before this clip"
        return self.enhancement.error or (self.score.error if self.score else "")

    @property
    def is_ok(self) -> bool:
        """Whether there is an estimate, and nothing shows that it cannot be scored."""
        return not self.error

    @property
    def own_score(self) -> Score | None:
        """The score of the estimate, also if it says that no metric can use it; None without an estimate."""
        has_estimate = not self.clip.problem and self.enhancement is not None and self.enhancement.is_ok
        return self.score if has_estimate else None

    @property
    def values(self) -> Mapping[str, float]:
        """Metric -> score, of the metrics that could be computed; empty for a clip that failed."""
        return self.score.values if self.score and self.is_ok else {}

    def value(self, metric: str) -> float | None:
        """Return the score in a metric, None if it could not be computed."""
        return self.values.get(metric)


class _Rows(Mapping[tuple[str, str], Row]):
    """(clip_id, model) -> row. A row is built when it is asked for: all of them together would need much memory."""

    def __init__(
        self,
        clips: Sequence[Clip],
        models: Sequence[str],
        enhancements: Mapping[tuple[str, str], Enhancement],
        scores: Mapping[tuple[str, str], Score],
    ) -> None:
        self._clips = {clip.clip_id: clip for clip in clips}
        self._models = models
        self._enhancements = enhancements
        self._scores = scores

    def __getitem__(self, slot: tuple[str, str]) -> Row:
        clip_id, model = slot
        if model not in self._models:
            raise KeyError(slot)
        return Row(self._clips[clip_id], model, self._enhancements.get(slot), self._scores.get(slot))

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return ((clip_id, model) for clip_id in self._clips for model in self._models)

    def __len__(self) -> int:
        return len(self._clips) * len(self._models)


class _RowsByClip(Collection[Row]):
    """See `Results.by_clip`."""

    def __init__(self, results: Results) -> None:
        self._results = results

    def __iter__(self) -> Iterator[Row]:
        models = sorted(self._results.models)
        return (self._results.rows[clip.clip_id, model] for clip in self._results.clips for model in models)

    def __contains__(self, row: object) -> bool:
        return isinstance(row, Row) and self._results.rows.get((row.clip.clip_id, row.model)) == row

    def __len__(self) -> int:
        return len(self._results.rows)


@dataclass(frozen=True)
class Results:
    """All rows of one command.

    Attributes:
        header: the content of run.json, except for the warnings.
        clips: sorted by clip_id.
        models: the models that ran, the baseline (noisy) first.
        computed: every requested metric, in column order.
        rows: (clip_id, model) -> row, for every clip and model.
        costs: model -> measurement of the model alone, with or without success; models not measured are absent.
    """

    header: Mapping[str, Any]
    clips: tuple[Clip, ...]
    models: tuple[str, ...]
    computed: tuple[str, ...]
    rows: Mapping[tuple[str, str], Row]
    costs: Mapping[str, Cost] = field(default_factory=dict)

    @cached_property
    def metrics(self) -> tuple[str, ...]:
        """The metrics by which models are compared.

        Diagnostics, which only describe how another metric was computed, are excluded. So are metrics whose package is
        not installed here, because nothing is known about them, not even whether higher is better.
        """
        known = load_table().metrics
        return tuple(name for name in self.computed if name in known and not known[name].is_diagnostic)

    @cached_property
    def unknown_metrics(self) -> tuple[str, ...]:
        """The metrics whose package is not installed here."""
        return tuple(name for name in self.computed if name not in load_table().metrics)

    @property
    def settings(self) -> TableSettings:
        """The user's settings for the tables."""
        return TableSettings.of(self.header)

    @property
    def by_clip(self) -> Collection[Row]:
        """All rows, sorted by clip_id and model; each is built when it is reached."""
        return _RowsByClip(self)

    def of_model(self, model: str) -> Iterator[Row]:
        """Yield the rows of a model, sorted by clip_id."""
        return (self.rows[clip.clip_id, model] for clip in self.clips)

    def table(self, metric: str) -> npt.NDArray[np.float64]:
        """Return the scores in a metric, shape (model, clip), NaN if there is none. NaN is never written to a file."""
        if metric in self._tables:
            return self._tables[metric]
        return _tables(self, [metric])[metric]

    @cached_property
    def _tables(self) -> Mapping[str, npt.NDArray[np.float64]]:
        return _tables(self, self.computed)

    def expected_clips(self, metric: str) -> npt.NDArray[np.bool_]:
        """Return a mask of shape (clip,): clips that should have a score in the metric; a missing one has failed."""
        return np.array([self.is_expected(metric, clip) for clip in self.clips], np.bool_)

    def is_expected(self, metric: str, clip: Clip) -> bool:
        """Return whether a metric applies to a clip: most metrics need a clean reference."""
        chosen = self.header.get("metrics_for", {"with_reference": self.computed, "without_reference": ()})
        return metric in chosen["with_reference" if clip.clean_path else "without_reference"]

    def reasons(self, row: Row) -> dict[str, str]:
        """Return metric -> why it is absent, or a remark. Diagnostics are omitted: they fail with their metric."""
        reasons = row.own_score.reasons if row.own_score else {}
        return {metric: reason for metric, reason in reasons.items() if metric in self.computed}

    @cached_property
    def comparisons(self) -> Mapping[str, Comparison]:
        """Metric -> comparison of the models on all clips; its rows are in the order of `models`."""
        return {
            metric: compare(self.table(metric), higher_is_better=is_higher_better(metric)) for metric in self.metrics
        }

    def compared(self, metric: str, clips: npt.NDArray[np.bool_], n_groups: int = 1) -> Comparison:
        """Compare the models on a subset of the clips.

        Args:
            metric: name of the metric.
            clips: mask of the clips, shape (clip,).
            n_groups: number of groups that are compared in the same way; the error of 5 % holds over all of them.
        """
        table = self.comparisons[metric].table[:, clips]
        return compare(table, higher_is_better=is_higher_better(metric), n_groups=n_groups)


def _tables(results: Results, metrics: Sequence[str]) -> dict[str, npt.NDArray[np.float64]]:
    """Return metric -> `Results.table`, all in one pass over the rows."""
    tables = np.full((len(metrics), len(results.models), len(results.clips)), np.nan)
    for i, model in enumerate(results.models):
        for j, row in enumerate(results.of_model(model)):
            values = row.values
            for table, metric in zip(tables, metrics, strict=True):
                table[i, j] = values.get(metric, np.nan)
    return dict(zip(metrics, tables, strict=True))


def is_higher_better(metric: str) -> bool:
    """Return whether a higher value of a metric is better."""
    return load_table().metrics[metric].best == "higher"


def results_of(
    header: Mapping[str, Any],
    clips: Sequence[Clip],
    enhancements: Mapping[tuple[str, str], Enhancement],
    scores: Mapping[tuple[str, str], Score],
    costs: Mapping[str, Cost] | None = None,
) -> Results:
    """Build the rows of a run.

    Args:
        header: the content of run.json, except for the warnings.
        clips: the clips of the run, in any order.
        enhancements: (clip_id, model) -> result of enhancing; clips and models that are not of this run are ignored.
        scores: (clip_id, model) -> scores; the same applies.
        costs: model -> measurement of the model alone; the same applies.
    """
    models = _ordered(header.get("models", {}))
    in_order = tuple(sorted(clips, key=lambda clip: clip.clip_id))
    rows = _Rows(in_order, models, enhancements, scores)
    own_costs = {model: cost for model in models if (cost := (costs or {}).get(model))}
    return Results(header, in_order, models, tuple(header.get("metrics", {})), rows, own_costs)


def _ordered(models: Mapping[str, Any]) -> tuple[str, ...]:
    names: Sequence[str] = [name for name, facts in models.items() if not facts.get("not_run")]
    return tuple(sorted(names, key=lambda name: name != BASELINE))
