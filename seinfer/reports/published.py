"""Lines below the table: each published figure, ours beside it, and the source."""

from __future__ import annotations

from collections.abc import Iterator

from ..analysis.published import Reproduction, reproductions
from ..analysis.results import Results
from .text_table import digits


def published_lines(results: Results) -> Iterator[str]:
    """Yield one line per model and published figure if the clips are a published test set, otherwise none."""
    for found in reproductions(results):
        n_digits = shown_digits(found)
        part = f" over {found.n} of {len(results.clips)} clips" if found.n < len(results.clips) else ""
        yield (
            f"published: {found.test_set}: {found.model}: {found.metric} {found.measured:.{n_digits}f} measured{part}, "
            f"{found.published:.{n_digits}f} published, difference {found.difference:+.{n_digits}f} ({found.source})"
        )


def shown_digits(found: Reproduction) -> int:
    """Return the number of decimals for a figure: as in the table, or as published if that is more."""
    return max(digits(found.metric), len(str(found.published).partition(".")[2]))
