"""Lines below the table: each published figure, ours beside it, and the source."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from ..analysis.published import Reproduction, reproductions
from ..analysis.results import Results
from ..core.numbers import fixed
from .text_table import digits


def published_lines(results: Results, metrics: Collection[str]) -> Iterator[str]:
    """Yield one line per model and published figure in these metrics; none if the clips are no published test set."""
    for found in reproductions(results):
        if found.metric not in metrics:
            continue
        measured, published, difference = shown_figures(found)
        part = f" over {found.n} of {len(results.clips)} clips" if found.n < len(results.clips) else ""
        yield (
            f"published: {found.test_set}: {found.model}: {found.metric} {measured} measured{part}, "
            f"{published} published, difference {difference} ({found.source})"
        )


def shown_figures(found: Reproduction) -> tuple[str, str, str]:
    """Return the measured and the published figure and their difference, with as many decimals as published.

    They have at least as many decimals as in the table.
    """
    n_digits = max(digits(found.metric), len(str(found.published).partition(".")[2]))
    difference = fixed(found.difference, n_digits, is_signed=True)
    return fixed(found.measured, n_digits), fixed(found.published, n_digits), difference
