"""One comparison in the form that the user asked for: data on stdout, what went wrong on stderr."""

from __future__ import annotations

import json
import sys

from ..analysis.cautions import cautions
from ..analysis.leaderboard import leaderboard
from ..analysis.ordering import check_sort, in_order, shown_metrics
from ..analysis.results import Results
from ..analysis.settings import TableSettings
from .console import comparison_table, failures, footnotes, not_run, title
from .grid import fitting
from .json import as_document
from .markup import as_csv, latex, markdown
from .terminal import console


def render(results: Results, display: TableSettings) -> None:
    """Print a comparison.

    Raises:
        UsageError: the display names a metric that the run does not have.
    """
    metrics = shown_metrics(display.metrics, results.metrics)
    check_sort(display.sort, metrics)
    standings = in_order(leaderboard(results), metrics, display.sort)
    warnings = cautions(results)
    absent = not_run(results.header)
    if display.format == "json":
        print(json.dumps(as_document(results, standings, warnings), indent=2, allow_nan=False))
    elif display.format == "csv":
        print(as_csv(standings, metrics, absent), end="")
        for caution in warnings:
            print(f"warning: {caution.message}", file=sys.stderr)
    elif display.format == "table":
        out = console()
        grid = fitting(standings, metrics, list(absent), out.width)
        out.print(title(results), style="bold", soft_wrap=True)
        out.print()
        out.print(comparison_table(grid), width=max(out.width, grid.width))
        out.print()
        for line in footnotes(results, grid, warnings):
            out.print(line, markup=False, soft_wrap=True)
    else:
        grid = fitting(standings, metrics, list(absent), None)
        write = markdown if display.format == "md" else latex
        print(write(grid, title(results), footnotes(results, grid, warnings)), end="")
    for line in failures(results):
        print(line, file=sys.stderr)
