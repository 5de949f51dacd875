"""Mean score against rtf with the Pareto line, one panel per metric. noisy, which costs nothing, is a dashed line.

Filled markers are the models on the line (analysis/pareto.py). Models tied in quality are all on it, so the steps join
only those that raise the mean; a filled marker below the steps is a model that is not shown to be worse.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from ...analysis.costs import rtf_source
from ...analysis.leaderboard import LeaderboardRow
from ...analysis.pareto import pareto_line
from ...analysis.results import is_higher_better
from ...core.records import BASELINE
from ...stats import Interval
from . import style
from .panels import Board, Panel, clips, heading, number
from .placement import Line, Place, placed, text_width_in

if TYPE_CHECKING:
    from matplotlib.axes import Axes

N_COLUMNS = 2
_HEIGHT_IN = 2.3
_LABELS_IN = 0.45
_MARGIN, _MAX_SHARE = 0.07, 0.4
_MAX_NAMES = 3


def panels(board: Board) -> list[Panel]:
    """Return one panel for each metric in which a model other than noisy has a mean and an rtf."""
    return [_panel(board, metric) for metric in board.metrics if _shown(board, metric)]


def _shown(board: Board, metric: str) -> list[LeaderboardRow]:
    return [row for row in board.rows if row.rtf and row.model != BASELINE and row.figures[metric].summary]


def _cost(row: LeaderboardRow) -> float:
    return row.rtf or math.nan


def _mean(row: LeaderboardRow, metric: str) -> Interval:
    summary = row.figures[metric].summary
    if summary is None:
        raise ValueError(f"{row.model} has no mean in {metric}")
    return summary.interval


def _panel(board: Board, metric: str) -> Panel:
    line = pareto_line(board.results, board.rows, metric)
    parts = []
    for row in _shown(board, metric):
        winner = line.dominated.get(row.model)
        place = f"not on the line, {board.names[winner]} is better and not dearer" if winner else "on the line"
        parts.append(f"{board.names[row.model]} {number(metric, _mean(row, metric))} at rtf {_rtf(row)}, {place}")
    n = board.results.comparisons[metric].n_common
    text = f"{heading(metric)}, mean over {clips(n)}, against rtf: {'; '.join(parts)}."
    text += _without_rtf(board).replace("\n", " ") + "." if _without_rtf(board) else ""
    return Panel(lambda axes: _draw(axes, board, metric, line.on_line), text, _HEIGHT_IN)


def _rtf(row: LeaderboardRow) -> str:
    return f"{'about ' if rtf_source(row) != 'alone' else ''}{row.rtf:.3g}"


def _draw(axes: Axes, board: Board, metric: str, on_line: Sequence[str]) -> None:
    rows = _shown(board, metric)
    axes.set_title(f"{heading(metric)}, n = {board.results.comparisons[metric].n_common}")
    _set_rtf_axis(axes, board, rows)
    noisy = _draw_noisy(axes, board, metric)
    corners = _corners([row for row in rows if row.model in on_line], metric)
    axes.plot(*zip(*corners, strict=True), color=style.INK, linewidth=0.9, drawstyle="steps-post", alpha=0.7)
    models, errors = board.results.models, []
    for row in rows:
        mean, colour = _mean(row, metric), style.colour(models, row.model)
        if mean.low is not None and mean.high is not None:
            axes.plot([_cost(row)] * 2, [mean.low, mean.high], color=colour, linewidth=1)
            errors.append((_cost(row), mean.low, _cost(row), mean.high))
        fill = colour if row.model in on_line else "none"
        kind = style.marker(models, row.model)
        axes.plot([_cost(row)], [mean.mean], kind, color=colour, markerfacecolor=fill, markersize=5.5)
    axes.autoscale_view(scalex=False)
    _draw_names(axes, board, rows, metric, [*errors, *_steps(corners), *noisy])


def _set_rtf_axis(axes: Axes, board: Board, rows: Sequence[LeaderboardRow]) -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    costs = [_cost(row) for row in rows]
    is_approximate = any(rtf_source(row) != "alone" for row in rows)
    axes.set_xscale("log")
    names = max(text_width_in(board.names[row.model]) for row in rows)
    left, right = _MARGIN, min(_MAX_SHARE, names / _width_in(axes))  # shares of the axes; names are on the right
    whole = max(2.0, max(costs) / min(costs)) ** (1 / (1 - left - right))
    axes.set_xlim(min(costs) / whole**left, max(costs) * whole**right)
    is_wide = max(costs) / min(costs) > 50
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0,) if is_wide else (1.0, 2.0, 5.0)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel(f"rtf (processing time / duration){', approximate' if is_approximate else ''}{_without_rtf(board)}")
    axes.grid()


def _without_rtf(board: Board) -> str:
    """Return which models have no rtf and are not in the figure, as a second line; "" if there are none."""
    absent = [board.names[row.model] for row in board.rows if not row.rtf and row.model != BASELINE]
    more = f" and {len(absent) - _MAX_NAMES} more" if len(absent) > _MAX_NAMES else ""
    return f"\nnot shown, without rtf: {', '.join(absent[:_MAX_NAMES])}{more}" if absent else ""


def _draw_noisy(axes: Axes, board: Board, metric: str) -> list[Line]:
    """Draw the mean of noisy as a dashed line, if it has one, and return the line."""
    found = [_mean(row, metric).mean for row in board.rows if row.model == BASELINE and row.figures[metric].summary]
    for y in found:
        axes.axhline(y, color=style.NEUTRAL, linewidth=1, linestyle=(0, (4, 3)))
        at = (0.99, y), (0, 2)  # at the right border, where there are fewer points
        axes.annotate(BASELINE, *at, axes.get_yaxis_transform(), "offset points", fontsize=7, ha="right", va="bottom")
    left, right = axes.get_xlim()
    return [(left, y, right, y) for y in found]


def _corners(rows: Sequence[LeaderboardRow], metric: str) -> list[tuple[float, float]]:
    """Return (rtf, mean) of the models that raise the best mean so far, in the order of rtf."""
    sign = 1 if is_higher_better(metric) else -1
    best, corners = -math.inf, []
    for row in sorted(rows, key=lambda row: (_cost(row), -sign * _mean(row, metric).mean)):
        if (value := sign * _mean(row, metric).mean) > best:
            best = value
            corners.append((_cost(row), _mean(row, metric).mean))
    return corners


def _steps(corners: Sequence[tuple[float, float]]) -> Iterator[Line]:
    """Yield the lines between corners."""
    for (x0, y0), (x1, y1) in pairwise(corners):
        yield x0, y0, x1, y0
        yield x1, min(y0, y1), x1, max(y0, y1)


def _width_in(axes: Axes) -> float:
    """Return the width of the axes in inches, approximately: the final one is known only when the figure is written."""
    place = axes.get_subplotspec()
    figure = axes.get_figure(root=True)
    if place is None or figure is None:
        raise ValueError("the axes are not in a grid")
    return float(figure.get_size_inches()[0]) / place.get_gridspec().ncols - _LABELS_IN


def _draw_names(axes: Axes, board: Board, rows: Sequence[LeaderboardRow], metric: str, lines: Sequence[Line]) -> None:
    """Write the names beside the points; `lines` have the units of the axes."""
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()

    def within(x: float, y: float) -> tuple[float, float]:
        return math.log(x / left) / math.log(right / left), (y - bottom) / (top - bottom)

    places = [Place(board.names[row.model], *within(_cost(row), _mean(row, metric).mean)) for row in rows]
    scaled = [(*within(x0, y0), *within(x1, y1)) for x0, y0, x1, y1 in lines]
    for row, place, spot in zip(rows, places, placed(places, scaled, _width_in(axes), _HEIGHT_IN), strict=True):
        axes.annotate(
            place.text,
            (_cost(row), _mean(row, metric).mean),
            (spot.right_pt, spot.up_pt),
            textcoords="offset points",
            ha="left" if spot.right_pt > 0 else "right",
            va="center",
            fontsize=7,
            arrowprops={"arrowstyle": "-", "color": style.NEUTRAL, "linewidth": 0.5} if spot.is_far else None,
        )
