"""Mean score of each model in the groups of --by, one panel per category and metric.

The means are those of summary.csv. Without --metrics it shows the metrics that the table of the groups has, see
group_table.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...analysis.groups import Group, groups
from ...stats import Comparison
from ..group_table import chosen_metrics
from . import style
from .panels import Board, KeyEntry, Panel, draw_interval, heading, key_of, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

N_COLUMNS = 1
MAX_GROUPS = 12
_MODEL_IN = 0.075


def panels(board: Board) -> list[Panel]:
    """Return one panel for each category of --by and each metric with common clips in some group."""
    metrics = board.metrics if board.is_chosen else chosen_metrics(board.metrics, "")
    found = [_panel(board, metric, key) for key in board.results.settings.by for metric in metrics]
    return [panel for panel in found if panel]


def key(board: Board) -> list[KeyEntry]:
    """Return the key of the models."""
    return key_of(board, [row.model for row in board.rows])


_Parts = Sequence[tuple[Group, Comparison]]


def _panel(board: Board, metric: str, key: str) -> Panel | None:
    every = groups(board.results, key)
    compared = [(group, board.results.compared(metric, group.clips, n_groups=len(every))) for group in every]
    parts = [(group, comparison) for group, comparison in compared if comparison.n_common]
    if not parts:
        return None
    largest = sorted(parts, key=lambda part: -part[1].n_common)[:MAX_GROUPS]
    shown = [part for part in parts if any(part is other for other in largest)]
    title = f"{heading(metric)} by {key}"
    if len(shown) < len(parts):
        title += f": the {len(shown)} groups with the most clips, of {len(parts)}"
    text = f"{title}: {'; '.join(_in_words(board, metric, *part) for part in shown)}."
    height_in = len(shown) * max(0.22, _MODEL_IN * len(board.rows) + 0.1) + 0.1
    return Panel(lambda axes: _draw(axes, board, title, shown), text, height_in)


def _in_words(board: Board, metric: str, group: Group, comparison: Comparison) -> str:
    summaries = dict(zip(board.results.models, comparison.models, strict=True))
    means = [
        f"{board.names[row.model]} {number(metric, summary.interval)}"
        for row in board.rows
        if (summary := summaries[row.model].summary)
    ]
    return f"{style.labels([group.label])[group.label]} (n = {comparison.n_common}) {', '.join(means)}"


def _draw(axes: Axes, board: Board, title: str, parts: _Parts) -> None:
    models = board.results.models
    names = style.labels([group.label for group, _ in parts])
    axes.set_title(title)
    axes.set_ylim(len(parts) - 0.5, -0.5)
    axes.set_yticks(range(len(parts)), [f"{names[g.label]}, n = {c.n_common}" for g, c in parts])
    axes.grid(axis="x")
    for y, (_, comparison) in enumerate(parts):
        if y:
            axes.axhline(y - 0.5, color=style.INK, alpha=0.25, linewidth=0.6)
        for i, row in enumerate(board.rows):
            summary = comparison.models[models.index(row.model)].summary
            if summary:
                at = y + 0.8 * ((i + 0.5) / len(board.rows) - 0.5)
                colour = style.colour(models, row.model)
                draw_interval(axes, summary.interval, at, colour, width=1.0)
                axes.plot([summary.interval.mean], [at], style.marker(models, row.model), color=colour, markersize=3.5)
