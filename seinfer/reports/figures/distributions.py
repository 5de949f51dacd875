"""Scores of the single clips of each model, one panel per metric: quartiles, and the clips or their density.

All models have the same clips, those with a score for every model. Up to MAX_MARKS clips each have a mark of their own;
more are shown as a Gaussian kernel density with the bandwidth of Silverman 1986, "Density Estimation", eq. 3.31.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ...core.numbers import fixed
from ...core.records import BASELINE
from ..text_table import digits
from . import style
from .panels import Board, Panel, clips, heading, model_rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes

N_COLUMNS = 2
MAX_MARKS = 30
_ROW_IN = 0.3
_N_POINTS = 33
_SHARES = (5, 25, 50, 75, 95)

_Values = npt.NDArray[np.float64]


def panels(board: Board) -> list[Panel]:
    """Return one panel for each metric that has common clips."""
    return [_panel(board, metric) for metric in board.metrics if board.results.comparisons[metric].n_common]


def _panel(board: Board, metric: str) -> Panel:
    scores, n_digits = _scores(board, metric), digits(metric)
    parts = []
    for model, values in scores.items():
        _, low, median, high, _ = (fixed(value, n_digits) for value in np.percentile(values, _SHARES))
        parts.append(f"{board.names[model]} median {median}, middle half {low} to {high}")
    text = f"{heading(metric)} of {clips(board.results.comparisons[metric].n_common)}: {'; '.join(parts)}."
    return Panel(lambda axes: _draw(axes, board, metric, scores), text, max(0.7, _ROW_IN * len(board.rows) + 0.1))


def _scores(board: Board, metric: str) -> dict[str, _Values]:
    """Return model -> scores on the common clips, for the models that have any."""
    comparison = board.results.comparisons[metric]
    of_model = dict(zip(board.results.models, comparison.table[:, comparison.common], strict=True))
    return {row.model: of_model[row.model] for row in board.rows if row.figures[metric].summary}


def _draw(axes: Axes, board: Board, metric: str, scores: dict[str, _Values]) -> None:
    model_rows(axes, board, board.rows)
    n = board.results.comparisons[metric].n_common
    axes.set_title(f"{heading(metric)}, n = {n}")
    for y, row in enumerate(board.rows):
        if row.model in scores:
            colour = style.NEUTRAL if row.model == BASELINE else style.ACCENT
            draw_clips = _draw_marks if n <= MAX_MARKS else _draw_density
            draw_clips(axes, scores[row.model], y, colour)
            _draw_quartiles(axes, scores[row.model], y + 0.22, colour)


def _draw_quartiles(axes: Axes, values: _Values, y: float, colour: str) -> None:
    lowest, low, median, high, highest = np.percentile(values, _SHARES)
    axes.plot([lowest, highest], [y, y], color=colour, linewidth=0.8, clip_on=False)
    axes.plot([low, high], [y, y], color=colour, linewidth=4, solid_capstyle="butt", clip_on=False)
    axes.plot(
        [median, median], [y - 0.16, y + 0.16], color=style.INK, linewidth=1.6, solid_capstyle="butt", clip_on=False
    )


def _draw_marks(axes: Axes, values: _Values, y: float, colour: str) -> None:
    """Draw one upright mark per clip, all as a single line with gaps, which is small in an SVG."""
    axes.plot(
        np.stack([values, values, np.full(len(values), np.nan)], axis=1).ravel(),
        np.tile([y - 0.36, y - 0.04, np.nan], len(values)),
        color=colour,
        linewidth=0.9,
    )


def _draw_density(axes: Axes, values: _Values, y: float, colour: str) -> None:
    at = np.linspace(values.min(), values.max(), _N_POINTS)
    density = kernel_density(values, at)
    if density is not None:
        outline = np.concatenate([[0.0], density / density.max(), [0.0]])
        ends = np.concatenate([at[:1], at, at[-1:]])
        axes.fill(ends, y - 0.04 - 0.4 * outline, color=colour, alpha=0.45, linewidth=0, clip_on=False)


def kernel_density(values: _Values, at: _Values) -> _Values | None:
    """Return the estimated density of values at some points, up to a factor; None if all values are equal.

    Args:
        values: finite values, shape (clip,), at least two.
        at: points, shape (point,).
    """
    low, high = np.percentile(values, [25, 75])
    spread = min(spread for spread in (float(values.std(ddof=1)), float(high - low) / 1.34, np.inf) if spread > 0)
    if not np.isfinite(spread):
        return None
    width = 0.9 * spread * len(values) ** -0.2
    return np.asarray(np.exp(-0.5 * ((at[:, None] - values) / width) ** 2).sum(axis=1), np.float64)
