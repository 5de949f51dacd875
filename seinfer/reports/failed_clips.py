"""The lines below the table on clips that a model lost: the means and the order if they count as unprocessed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..analysis.failed_clips import FailedAsUnprocessed, failed_as_unprocessed
from ..analysis.results import Results
from ..core.counts import counted
from ..core.numbers import fixed
from .text_table import digits


def lost_clip_lines(results: Results, metrics: Sequence[str]) -> Iterator[str]:
    """Yield one line for each shown metric in which a model lost clips."""
    for change in failed_as_unprocessed(results):
        if change.metric in metrics:
            yield _line(change)


def _line(change: FailedAsUnprocessed) -> str:
    n_digits = digits(change.metric)
    lost = ", ".join(f"{model} {n}" for model, n in change.n_lost.items())
    means = ", ".join(
        f"{model} {fixed(mean, n_digits)} (was {fixed(change.means_before[model], n_digits)})"
        for model, mean in change.means.items()
    )
    order = "same order" if change.has_same_order else f"order was {', '.join(change.means_before)}"
    return (
        f"if lost clips count as unprocessed ({lost}), {change.metric} over {counted(change.n, 'clip')} instead of "
        f"{change.n_before}: {means}; {order}"
    )
