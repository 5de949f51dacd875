"""Figures of a run: for the HTML report, and as files for papers. matplotlib is used without pyplot and a display.

FIGURES lists them. Each is a module with one function, from the results to the panels of a figure; none has numbers of
its own: means, intervals, letters and the Pareto line are those of the tables.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from ...analysis.results import Results
from ...models.extras import require_extra
from . import categories, cost, differences, distributions, input_quality, leaderboard, style
from .panels import DEFAULT_WIDTH_IN, Board, KeyEntry, Panel, figure_of
from .picture import FORMATS, Picture, as_bytes, as_svg

__all__ = ["DEFAULT_WIDTH_IN", "FIGURES", "FORMATS", "Picture", "as_bytes", "as_svg", "draw"]


@dataclass(frozen=True)
class Kind:
    """A kind of figure.

    Attributes:
        title: a few words.
        caption: how to read it, in sentences.
        panels: returns the panels; none if the run has nothing to show.
        needs: what the run must have, for messages.
        n_columns: largest number of panels beside each other.
        shares_y: whether the rows of all panels are the models.
        key: returns the key of the markers; none by default.
    """

    title: str
    caption: str
    needs: str
    panels: Callable[[Board], Sequence[Panel]]
    n_columns: int
    shares_y: bool = False
    key: Callable[[Board], Sequence[KeyEntry]] = lambda board: ()


FIGURES: Mapping[str, Kind] = MappingProxyType(
    {
        "leaderboard": Kind(
            "Mean score of each model",
            "Mean with its 95 % interval. Models that share a letter cannot be told apart.",
            "a metric with scores of the same clips for all models",
            leaderboard.panels,
            leaderboard.N_COLUMNS,
            shares_y=True,
        ),
        "differences": Kind(
            "Difference to the baseline",
            "Mean difference on the same clips with its 95 % interval, which holds for all pairs of models together. "
            "A filled marker: the interval excludes zero. The line at zero is the baseline.",
            "a metric with scores of noisy, or of the --baseline, and another model",
            differences.panels,
            differences.N_COLUMNS,
            shares_y=True,
        ),
        "distributions": Kind(
            "Scores of the single clips",
            "Thick bar: the middle half of the clips. Thin line: 5 % to 95 %. Dark mark: the median. Above it each "
            f"clip, or the density of more than {distributions.MAX_MARKS} clips.",
            "a metric with scores of the same clips for all models",
            distributions.panels,
            distributions.N_COLUMNS,
            shares_y=True,
        ),
        "cost": Kind(
            "Quality against cost",
            "Mean score with its 95 % interval against rtf. Filled marker: on the Pareto line, no other model is "
            "better and at least as cheap. The steps join the best means at each cost.",
            "a model with scores and a time, besides noisy",
            cost.panels,
            cost.N_COLUMNS,
        ),
        "categories": Kind(
            "Mean score by category",
            "Mean with its 95 % interval over the clips of each group that have a score for every model.",
            "scores, and --by with a category of the clips",
            categories.panels,
            categories.N_COLUMNS,
            key=categories.key,
        ),
        "input-quality": Kind(
            "Improvement against the quality of the input",
            "Difference to noisy against the score of the noisy clip: mean of bins with equal numbers of clips, or "
            f"each clip if there are fewer than {2 * input_quality.MIN_PER_BIN}. Below zero, the model made the clips "
            "worse.",
            "scores of noisy and another model",
            input_quality.panels,
            input_quality.N_COLUMNS,
            key=input_quality.key,
        ),
    }
)
"""Name -> figure, in the order of the report."""


def draw(
    name: str, results: Results, metrics: Sequence[str] = (), *, width_in: float = DEFAULT_WIDTH_IN
) -> Picture | None:
    """Draw a figure of a run.

    Args:
        name: a key of FIGURES.
        results: all rows of the run; its settings name the baseline and the categories (--baseline, --by).
        metrics: the metrics to draw, one panel each; empty for all.
        width_in: width in inches; the height follows from the content.

    Returns:
        The figure; None if the run has nothing for it.

    Raises:
        MissingExtraError: matplotlib is not installed; the message contains the command that installs it.
    """
    require_extra("report", "a figure")
    kind, board = FIGURES[name], Board.of(results, metrics)
    panels = kind.panels(board)
    if not panels:
        return None
    with style.settings():
        figure = figure_of(panels, width_in, kind.n_columns, shares_y=kind.shares_y, key=kind.key(board))
    return Picture(name, kind.title, kind.caption, " ".join(panel.description for panel in panels), figure)
