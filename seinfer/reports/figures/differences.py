"""Mean difference of each model to noisy, or to the baseline of --baseline, with simultaneous 95 % intervals.

The intervals are those of stats/simultaneous.py, over all pairs of models. A filled marker is a difference whose
interval excludes zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...analysis.leaderboard import LeaderboardRow
from ...core.records import BASELINE
from ...stats import Interval
from . import style
from .panels import Board, Panel, clips, draw_interval, heading, model_rows, number, rows_height_in

if TYPE_CHECKING:
    from matplotlib.axes import Axes

N_COLUMNS = 3


def panels(board: Board) -> list[Panel]:
    """Return one panel for each metric in which a model has a difference; none without a model to compare with."""
    return [_panel(board, metric) for metric in board.metrics if any(_difference(board, r, metric) for r in board.rows)]


def compared_with(board: Board) -> str:
    """Return the model that all others are compared with."""
    return board.results.settings.baseline or BASELINE


def _difference(board: Board, row: LeaderboardRow, metric: str) -> Interval | None:
    result = row.figures[metric]
    return result.baseline_delta if board.results.settings.baseline else result.delta


def _others(board: Board) -> Sequence[LeaderboardRow]:
    return [row for row in board.rows if row.model != compared_with(board)]


def excludes_zero(interval: Interval) -> bool:
    """Return whether an interval has bounds and zero is outside."""
    return interval.low is not None and interval.high is not None and (interval.low > 0 or interval.high < 0)


def _panel(board: Board, metric: str) -> Panel:
    n = board.results.comparisons[metric].n_common
    parts = [
        f"{board.names[row.model]} {number(metric, found, is_signed=True)}"
        for row in _others(board)
        if (found := _difference(board, row, metric))
    ]
    other = board.names[compared_with(board)]
    text = f"{heading(metric)}, difference to {other} over {clips(n)}: {'; '.join(parts)}."
    return Panel(lambda axes: _draw(axes, board, metric), text, rows_height_in(len(_others(board))))


def _draw(axes: Axes, board: Board, metric: str) -> None:
    rows = _others(board)
    model_rows(axes, board, rows)
    axes.set_title(f"{heading(metric)}, n = {board.results.comparisons[metric].n_common}")
    axes.set_xlabel(f"difference to {board.names[compared_with(board)]}")
    axes.axvline(0, color=style.INK, linewidth=0.8)
    for y, row in enumerate(rows):
        found = _difference(board, row, metric)
        if found:
            fill = style.ACCENT if excludes_zero(found) else "none"
            draw_interval(axes, found, y, style.ACCENT)
            axes.plot([found.mean], [y], "o", color=style.ACCENT, markerfacecolor=fill, markersize=4.5, clip_on=False)
