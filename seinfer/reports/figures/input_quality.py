"""Improvement of each model over noisy against the score of the noisy clip, one panel per metric.

Shows whether a model helps on bad recordings and harms good ones. From 2 * MIN_PER_BIN clips on, the clips are sorted
by the noisy score and divided into up to MAX_BINS bins of equal numbers; each point is the mean of a bin. Fewer clips
are shown one by one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ...core.numbers import fixed
from ...core.records import BASELINE
from ..text_table import digits
from . import style
from .panels import Board, KeyEntry, Panel, clips, heading, key_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

N_COLUMNS = 2
MIN_PER_BIN, MAX_BINS = 8, 6
_HEIGHT_IN = 2.0

_Values = npt.NDArray[np.float64]


def panels(board: Board) -> list[Panel]:
    """Return one panel for each metric in which noisy and another model have a score; none without noisy."""
    return [_panel(board, metric) for metric in board.metrics if _improvements(board, metric)]


def key(board: Board) -> list[KeyEntry]:
    """Return the key of the models that are compared with noisy."""
    return key_of(board, [row.model for row in board.rows if row.model != BASELINE])


def _improvements(board: Board, metric: str) -> dict[str, tuple[_Values, _Values]]:
    """Return model -> noisy scores and improvements, both of shape (bin,) or (clip,)."""
    comparison, models = board.results.comparisons[metric], board.results.models
    found = {row.model for row in board.rows if row.figures[metric].summary}
    if BASELINE not in found:
        return {}
    scores = dict(zip(models, comparison.table[:, comparison.common], strict=True))
    noisy = scores[BASELINE]
    return {
        model: (binned(noisy, noisy), binned(noisy, scores[model] - noisy))
        for model in models
        if model in found and model != BASELINE
    }


def binned(by: _Values, values: _Values) -> _Values:
    """Return the mean of the values in bins of equal numbers of clips, or the values themselves if they are few.

    Args:
        by: values that order the clips, shape (clip,).
        values: shape (clip,).
    """
    order = np.argsort(by, kind="stable")
    if not is_binned(len(by)):
        return values[order]
    n_bins = min(MAX_BINS, len(by) // MIN_PER_BIN)
    return np.array([values[part].mean() for part in np.array_split(order, n_bins)])


def is_binned(n_clips: int) -> bool:
    """Return whether there are enough clips for bins."""
    return n_clips >= 2 * MIN_PER_BIN


def _panel(board: Board, metric: str) -> Panel:
    found, n_digits = _improvements(board, metric), digits(metric)
    n = board.results.comparisons[metric].n_common
    parts = [
        f"{board.names[model]} {fixed(better[0], n_digits, is_signed=True)} at a noisy score of "
        f"{fixed(noisy[0], n_digits)}, {fixed(better[-1], n_digits, is_signed=True)} at {fixed(noisy[-1], n_digits)}"
        for model, (noisy, better) in found.items()
    ]
    of = "bins of clips" if is_binned(n) else "clips"
    text = f"{heading(metric)}, difference to noisy in the {of} with the lowest and the highest noisy score, "
    text += f"of {clips(n)}: {'; '.join(parts)}."
    return Panel(lambda axes: _draw(axes, board, metric, found), text, _HEIGHT_IN)


def _draw(axes: Axes, board: Board, metric: str, found: dict[str, tuple[_Values, _Values]]) -> None:
    n, models = board.results.comparisons[metric].n_common, board.results.models
    axes.set_title(f"{heading(metric)}, n = {n}{', in bins' if is_binned(n) else ''}")
    axes.set_xlabel("score of the noisy clip")
    axes.set_ylabel("difference to noisy")
    axes.axhline(0, color=style.INK, linewidth=0.8)
    axes.grid()
    for model, (noisy, better) in found.items():
        axes.plot(
            noisy,
            better,
            marker=style.marker(models, model),
            color=style.colour(models, model),
            markersize=3.5,
            linewidth=1 if is_binned(n) else 0,
        )
