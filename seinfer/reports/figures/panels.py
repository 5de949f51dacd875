"""Figures made of panels, one for each metric, in a grid; and the data that all panels draw."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from ...analysis.leaderboard import LeaderboardRow, leaderboard
from ...analysis.ordering import in_order
from ...analysis.results import Results, is_higher_better
from ...core.numbers import fixed
from ...metrics.table import load_table
from ...stats import Interval
from ..text_table import digits
from . import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DEFAULT_WIDTH_IN = 7.2
"""Width of a figure in inches: two columns of a paper."""
_ROW_IN = 0.19
"""Height of one model in a panel whose rows are models."""


@dataclass(frozen=True)
class Board:
    """All that a figure may draw.

    Attributes:
        results: all rows of the run.
        metrics: the metrics to draw.
        rows: leaderboard rows in the order of the table, noisy first.
        is_chosen: whether the metrics were chosen by the user.
    """

    results: Results
    metrics: Sequence[str]
    rows: Sequence[LeaderboardRow]
    is_chosen: bool = False

    @staticmethod
    def of(results: Results, metrics: Sequence[str] = ()) -> Board:
        """Return the data of a run, for some of its metrics or for all."""
        chosen = tuple(metrics or results.metrics)
        return Board(results, chosen, in_order(leaderboard(results), chosen), bool(metrics))

    @cached_property
    def names(self) -> dict[str, str]:
        """Model -> name as it is shown."""
        return style.labels(self.results.models)


@dataclass(frozen=True)
class Panel:
    """A part of a figure.

    Attributes:
        draw: draws on the axes.
        description: the numbers in words.
        height_in: height in inches, without title and axis labels.
    """

    draw: Callable[[Axes], None]
    description: str
    height_in: float


def figure_of(
    panels: Sequence[Panel], width_in: float, n_columns: int, *, shares_y: bool, key: Sequence[KeyEntry] = ()
) -> Figure:
    """Draw panels in a grid, row by row, and below it a key of the markers if there is one.

    Args:
        panels: at least one.
        width_in: width in inches.
        n_columns: largest number of panels beside each other at DEFAULT_WIDTH_IN; in proportion at another width.
        shares_y: whether the panels of a row have the same axis y.
        key: the meaning of the markers.
    """
    from matplotlib.figure import Figure

    n_columns = max(1, min(round(n_columns * width_in / DEFAULT_WIDTH_IN), len(panels)))
    grid = [panels[i : i + n_columns] for i in range(0, len(panels), n_columns)]
    heights = [max(panel.height_in for panel in row) for row in grid]
    n_key_rows = _n_key_rows(key, width_in)
    height_in = sum(heights) + 0.62 * len(grid) + 0.17 * n_key_rows + 0.1 * bool(key)
    figure = Figure(figsize=(width_in, height_in), layout="constrained")
    axes = figure.subplots(
        len(grid), n_columns, squeeze=False, sharey="row" if shares_y else "none", height_ratios=heights
    )
    for i, cell in enumerate(axes.flat):
        cell.patch.set_visible(False)
        if i < len(panels):
            panels[i].draw(cell)
        else:
            cell.set_axis_off()
    if key:
        _draw_key(figure, key, width_in)
    return figure


@dataclass(frozen=True)
class KeyEntry:
    """A marker and its meaning."""

    text: str
    colour: str
    marker: str


def key_of(board: Board, models: Sequence[str]) -> list[KeyEntry]:
    """Return the key of some models, in their order."""
    every = board.results.models
    return [KeyEntry(board.names[m], style.colour(every, m), style.marker(every, m)) for m in models]


def _n_key_columns(key: Sequence[KeyEntry], width_in: float) -> int:
    longest = max(len(entry.text) for entry in key)
    return max(1, int((width_in - 0.3) / (0.35 + 0.068 * longest)))


def _n_key_rows(key: Sequence[KeyEntry], width_in: float) -> int:
    return math.ceil(len(key) / _n_key_columns(key, width_in)) if key else 0


def _draw_key(figure: Figure, key: Sequence[KeyEntry], width_in: float) -> None:
    from matplotlib.lines import Line2D

    handles = [Line2D([], [], color=one.colour, marker=one.marker, linestyle="", markersize=5) for one in key]
    drawn = figure.legend(
        handles,
        [str(i) for i in range(len(key))],
        loc="outside lower left",
        ncols=_n_key_columns(key, width_in),
        frameon=False,
        fontsize=7.5,
        handletextpad=0.2,
    )
    for text, one in zip(drawn.get_texts(), key, strict=True):
        text.set_text(one.text)  # a legend leaves out texts that start with an underscore


def model_rows(axes: Axes, board: Board, rows: Sequence[LeaderboardRow]) -> None:
    """Make each row of the axes one model, the first at the top; only the leftmost axes of a row name them."""
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_yticks(range(len(rows)), [board.names[row.model] for row in rows])
    subplot = axes.get_subplotspec()
    axes.tick_params(axis="y", labelleft=subplot is None or subplot.is_first_col())
    axes.spines["left"].set_visible(False)
    axes.locator_params(axis="x", nbins=5)
    axes.grid(axis="x")


def rows_height_in(n_rows: int) -> float:
    """Return the height of a panel with one row per model."""
    return max(0.6, _ROW_IN * n_rows + 0.1)


def draw_interval(axes: Axes, interval: Interval, y: float, colour: str, width: float = 1.4) -> None:
    """Draw an interval as a horizontal line, if it has bounds."""
    if interval.low is not None and interval.high is not None:
        axes.plot(
            [interval.low, interval.high], [y, y], color=colour, linewidth=width, solid_capstyle="butt", clip_on=False
        )


def heading(metric: str) -> str:
    """Return the name of a metric with its unit, and with the direction if lower is better."""
    unit = load_table().metrics[metric].unit
    name = metric.replace("_", "-").upper()
    return f"{name}{f' ({unit})' if unit else ''}{'' if is_higher_better(metric) else ', lower is better'}"


def clips(n: int) -> str:
    """Return a number of clips in words."""
    return f"{n} clip" if n == 1 else f"{n} clips"


def number(metric: str, interval: Interval, *, is_signed: bool = False) -> str:
    """Return a mean and its interval as text, such as "3.10 [2.95, 3.24]"."""
    n = digits(metric)
    mean = fixed(interval.mean, n, is_signed=is_signed)
    if interval.low is None or interval.high is None:
        return mean
    low, high = (fixed(bound, n, is_signed=is_signed) for bound in (interval.low, interval.high))
    return f"{mean} [{low}, {high}]"
