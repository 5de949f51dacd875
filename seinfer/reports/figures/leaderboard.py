"""Mean score of each model with its 95 % interval and tie letters, one panel per metric."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...core.records import BASELINE
from . import style
from .panels import Board, Panel, clips, draw_interval, heading, model_rows, number, rows_height_in

if TYPE_CHECKING:
    from matplotlib.axes import Axes

N_COLUMNS = 3


def panels(board: Board) -> list[Panel]:
    """Return one panel for each metric in which a model has a mean."""
    return [_panel(board, metric) for metric in board.metrics if board.results.comparisons[metric].n_common]


def _panel(board: Board, metric: str) -> Panel:
    n = board.results.comparisons[metric].n_common
    parts = [
        f"{board.names[row.model]} {number(metric, result.summary.interval)}"
        + (f" {result.tie_band}" if result.tie_band else "")
        for row in board.rows
        if (result := row.figures[metric]).summary
    ]
    text = f"{heading(metric)}, mean over {clips(n)}: {'; '.join(parts)}."
    return Panel(lambda axes: _draw(axes, board, metric), text, rows_height_in(len(board.rows)))


def _draw(axes: Axes, board: Board, metric: str) -> None:
    model_rows(axes, board, board.rows)
    axes.set_title(f"{heading(metric)}, n = {board.results.comparisons[metric].n_common}")
    for y, row in enumerate(board.rows):
        result = row.figures[metric]
        if result.summary:
            colour = style.NEUTRAL if row.model == BASELINE else style.ACCENT
            draw_interval(axes, result.summary.interval, y, colour)
            axes.plot([result.summary.interval.mean], [y], "o", color=colour, markersize=4, clip_on=False)
            axes.text(1.01, y, result.tie_band, transform=axes.get_yaxis_transform(), va="center", fontsize=7)
