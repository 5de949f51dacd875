"""Figures of the report of a listening test: mean ratings with intervals, and ratings against objective scores."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from ...figures import style
from ...figures.panels import KeyEntry, Panel, draw_interval, figure_of, rows_height_in
from ...figures.picture import Picture
from .analysis import RatedModel, metrics
from .conclusions import interval_text
from .integrity import RANGES
from .scoring import ScoredTest
from .votes import PAIRED_DESIGNS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WIDTH_IN = 7.2
_SHOWN = ("pesq_wb", "stoi", "dnsmos_ovrl", "si_sdr")
"""Objective metrics of the second figure, those that the run has."""


def pictures(scored: ScoredTest) -> list[Picture]:
    """Return the figures; none for abx, or if every rater is excluded."""
    drawn = [_ratings(scored), _against_objective(scored)]
    return [picture for picture in drawn if picture]


def _ratings(scored: ScoredTest) -> Picture | None:
    rows = {
        metric: sorted(
            (row for row in scored.screened.models if row.metric == metric),
            key=lambda row: -row.estimate.interval.mean,
        )
        for metric in reversed(metrics(scored.key))
    }
    # The whole scale, so that small differences look small.
    limits = None if scored.key.test.design in PAIRED_DESIGNS else RANGES[scored.key.test.design]
    panels = [
        Panel(
            partial(_draw_intervals, metric=metric, rows=own, limits=limits),
            _in_words(metric, own),
            rows_height_in(len(own)),
        )
        for metric, own in rows.items()
        if own
    ]
    if not panels:
        return None
    with style.settings():
        figure = figure_of(panels, _WIDTH_IN, 1, shares_y=False)
    caption = "Mean rating of each model with its 95 % interval, crossed over raters and clips; the best at the top."
    return Picture("ratings", "Mean ratings", caption, " ".join(panel.description for panel in panels), figure)


def _draw_intervals(axes: Axes, *, metric: str, rows: Sequence[RatedModel], limits: tuple[float, float] | None) -> None:
    names = style.labels([row.model for row in rows])
    axes.set_title(metric)
    if limits:
        axes.set_xlim(*limits)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_yticks(range(len(rows)), [names[row.model] for row in rows])
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x")
    for y, row in enumerate(rows):
        colour = style.NEUTRAL if row.rank is None or row.model == "noisy" else style.ACCENT
        draw_interval(axes, row.estimate.interval, y, colour)
        axes.plot([row.estimate.interval.mean], [y], color=colour, marker="o", markersize=5, linestyle="")


def _against_objective(scored: ScoredTest) -> Picture | None:
    """Draw the most important scale against objective scores; None without a run or with fewer than 2 models."""
    found, metric = scored.objective, list(metrics(scored.key))[-1]
    rows = [row for row in scored.screened.models if row.metric == metric and found and row.model in found.models]
    if not found or len(rows) < 2:
        return None
    shown = [name for name in _SHOWN if all((row.model, name) in found.means for row in rows)]
    models = [row.model for row in rows]
    panels = [
        Panel(
            partial(_draw_points, metric=metric, objective=name, rows=rows, means=found.means),
            f"{metric} against {name}: "
            + ", ".join(
                f"{row.model} {row.estimate.interval.mean:.2f} at {found.means[row.model, name]:.3f}" for row in rows
            )
            + ".",
            2.2,
        )
        for name in shown
    ]
    if not panels:
        return None
    names = style.labels(models)
    key = [KeyEntry(names[model], style.colour(models, model), style.marker(models, model)) for model in models]
    with style.settings():
        figure = figure_of(panels, _WIDTH_IN, 2, shares_y=True, key=key)
    caption = "Mean rating of each model against its mean objective score on the same clips; vertical: 95 % interval."
    return Picture(
        "agreement", "Ratings and objective scores", caption, " ".join(p.description for p in panels), figure
    )


def _draw_points(
    axes: Axes, *, metric: str, objective: str, rows: Sequence[RatedModel], means: dict[tuple[str, str], float]
) -> None:
    models = [row.model for row in rows]
    axes.set_xlabel(objective)
    axes.set_ylabel(metric)
    axes.grid()
    for row in rows:
        interval, x = row.estimate.interval, means[row.model, objective]
        colour = style.colour(models, row.model)
        if interval.low is not None and interval.high is not None:
            axes.plot([x, x], [interval.low, interval.high], color=colour, linewidth=1.2)
        axes.plot(
            [x], [interval.mean], color=colour, marker=style.marker(models, row.model), markersize=5, linestyle=""
        )


def _in_words(metric: str, rows: Sequence[RatedModel]) -> str:
    return f"{metric}: {', '.join(f'{row.model} {interval_text(row.estimate.interval)}' for row in rows)}."
