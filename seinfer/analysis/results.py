"""The rows of a run, one a clip and model: every table, file and summary is made from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from ..core.records import BASELINE, Clip, Enhancement, Score
from ..metrics.table import load_table
from ..stats import Comparison, compare
from .settings import TableSettings


@dataclass(frozen=True)
class Row:
    """One clip and one model; `enhancement` and `score` are None where there is nothing of the kind."""

    clip: Clip
    model: str
    enhancement: Enhancement | None
    score: Score | None

    @property
    def error(self) -> str:
        """Why there is no estimate, "" where there is one."""
        if self.clip.problem:
            return self.clip.problem
        return self.enhancement.error if self.enhancement else "not_reached: the run ended before this clip"

    @property
    def is_ok(self) -> bool:
        """Whether an estimate was written."""
        return not self.error

    def value(self, metric: str) -> float | None:
        """Return a figure, None where it could not be computed."""
        return self.score.values.get(metric) if self.score and self.is_ok else None


@dataclass(frozen=True)
class Results:
    """The rows of one command.

    Attributes:
        header: what run.json says.
        clips: sorted by clip_id.
        models: those that ran, the baseline first.
        computed: every metric that was asked for, in column order.
        rows: (clip_id, model) -> row, for every clip and model.
    """

    header: Mapping[str, Any]
    clips: tuple[Clip, ...]
    models: tuple[str, ...]
    computed: tuple[str, ...]
    rows: Mapping[tuple[str, str], Row]

    @cached_property
    def metrics(self) -> tuple[str, ...]:
        """The metrics that models are compared by.

        Not those that only say how another came about, and not those of a package that is not installed here: nothing
        is known of them, not even which way is up.
        """
        known = load_table().metrics
        return tuple(name for name in self.computed if name in known and not known[name].is_diagnostic)

    @cached_property
    def unknown_metrics(self) -> tuple[str, ...]:
        """The metrics whose package is not installed here."""
        return tuple(name for name in self.computed if name not in load_table().metrics)

    @property
    def settings(self) -> TableSettings:
        """What the user chose about the tables."""
        return TableSettings.of(self.header)

    @cached_property
    def by_clip(self) -> tuple[Row, ...]:
        """All rows, sorted by clip_id and model."""
        return tuple(self.rows[key] for key in sorted(self.rows))

    def of_model(self, model: str) -> Iterator[Row]:
        """Yield a model's rows, sorted by clip_id."""
        return (self.rows[clip.clip_id, model] for clip in self.clips)

    def table(self, metric: str) -> npt.NDArray[np.float64]:
        """Return a metric's figures, shape (model, clip), NaN where there is none. Stays in memory only."""
        values = [[row.value(metric) for row in self.of_model(model)] for model in self.models]
        return np.array(values, np.float64).reshape(len(self.models), len(self.clips))

    def eligible(self, metric: str) -> npt.NDArray[np.bool_]:
        """Say for each clip, shape (clip,), whether the metric should be there: what is missing then has failed."""
        return np.array([self.is_wanted(metric, clip) for clip in self.clips], np.bool_)

    def is_wanted(self, metric: str, clip: Clip) -> bool:
        """Say whether a metric was to be computed for a clip: not all apply where there is no clean file."""
        chosen = self.header.get("metrics_for", {"with_reference": self.computed, "without_reference": ()})
        return metric in chosen["with_reference" if clip.clean_path else "without_reference"]

    def reasons(self, row: Row) -> dict[str, str]:
        """Return metric -> why it is absent, or a remark. Diagnostics are not named: they share a metric's fate."""
        reasons = row.score.reasons if row.score and row.is_ok else {}
        return {metric: reason for metric, reason in reasons.items() if metric in self.computed}

    @cached_property
    def comparisons(self) -> Mapping[str, Comparison]:
        """Metric -> the models on all clips; rows of a comparison are in the order of `models`."""
        return {
            metric: compare(self.table(metric), higher_is_better=is_higher_better(metric)) for metric in self.metrics
        }

    def compared(self, metric: str, clips: npt.NDArray[np.bool_]) -> Comparison:
        """Compare the models on some of the clips, a mask of shape (clip,)."""
        return compare(self.comparisons[metric].table[:, clips], higher_is_better=is_higher_better(metric))


def is_higher_better(metric: str) -> bool:
    """Return the direction of a metric."""
    return load_table().metrics[metric].best == "higher"


def results_of(
    header: Mapping[str, Any],
    clips: Sequence[Clip],
    enhancements: Mapping[tuple[str, str], Enhancement],
    scores: Mapping[tuple[str, str], Score],
) -> Results:
    """Build the rows of a run.

    Args:
        header: what run.json says.
        clips: the clips of the run.
        enhancements: (clip_id, model) -> result; more than those of the run are ignored.
        scores: (clip_id, model) -> scores, likewise.
    """
    models = _ordered(header.get("models", {}))
    in_order = tuple(sorted(clips, key=lambda clip: clip.clip_id))
    slots = [(clip, model) for clip in in_order for model in models]
    rows = {
        (clip.clip_id, model): Row(
            clip, model, enhancements.get((clip.clip_id, model)), scores.get((clip.clip_id, model))
        )
        for clip, model in slots
    }
    return Results(header, in_order, models, tuple(header.get("metrics", {})), rows)


def _ordered(models: Mapping[str, Any]) -> tuple[str, ...]:
    names: Sequence[str] = [name for name, facts in models.items() if not facts.get("not_run")]
    return tuple(sorted(names, key=lambda name: name != BASELINE))
