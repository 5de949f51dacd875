"""Print a comparison in the format of --format: data on standard output, failures on standard error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..analysis.cautions import Caution, cautions
from ..analysis.leaderboard import LeaderboardRow, leaderboard
from ..analysis.ordering import check_sort, in_order, shown_metrics
from ..analysis.results import Results
from ..analysis.settings import TableSettings
from ..core.streams import print_csv, print_json, print_lines, print_message
from .console import comparison_table, failures, folded_models, footnotes, not_run, title
from .csv import as_csv
from .group_table import HINT, group_tables
from .json import as_document
from .latex import latex
from .markdown import markdown
from .terminal import console
from .text_table import fit_to_width


def render(results: Results, settings: TableSettings) -> None:
    """Print a comparison.

    Raises:
        UsageError: `settings` names a metric that the run does not have.
    """
    metrics = shown_metrics(settings.metrics, results.metrics)
    settings = replace(settings, sort=check_sort(settings.sort, metrics))
    rows = in_order(leaderboard(results), metrics, settings.sort)
    warnings = cautions(results, [row.model for row in rows])
    absent = not_run(results.header)
    if settings.format == "json":
        print_json(as_document(results, rows, warnings))
    elif settings.format == "csv":
        print_csv(as_csv(rows, metrics, absent))
        for caution in warnings:
            print_message(f"warning: {caution.message}")
    elif settings.format == "table":
        _print_table(results, rows, metrics, warnings, settings)
        _print_groups(results, rows, metrics, settings)
    else:
        table = fit_to_width(rows, metrics, _rows_without_numbers(results, settings), None)
        write = markdown if settings.format == "md" else latex
        print_lines(write(table, title(results), footnotes(results, table, warnings, settings)))
        if settings.format == "md":
            for name, groups in group_tables(results, [row.model for row in rows], metrics, settings, None):
                print_lines(f"\n{markdown(groups, name, ()).rstrip()}\n")
    for line in failures(results):
        print_message(line)


def _print_table(
    results: Results,
    rows: Sequence[LeaderboardRow],
    metrics: Sequence[str],
    warnings: list[Caution],
    settings: TableSettings,
) -> None:
    out = console()
    table = fit_to_width(rows, metrics, _rows_without_numbers(results, settings), out.width)
    out.print(title(results), style="bold", soft_wrap=True)
    out.print()
    out.print(comparison_table(table), width=max(out.width, table.width))
    out.print()
    for line in footnotes(results, table, warnings, settings):
        out.print(line, markup=False, soft_wrap=True)


def _print_groups(
    results: Results, rows: Sequence[LeaderboardRow], metrics: Sequence[str], settings: TableSettings
) -> None:
    """Print the tables of --by, if there are any."""
    out = console()
    tables = list(group_tables(results, [row.model for row in rows], metrics, settings, out.width))
    for name, table in tables:
        out.print()
        out.print(name, soft_wrap=True)
        out.print()
        out.print(comparison_table(table), width=max(out.width, table.width))
    if tables:
        out.print()
        out.print(HINT, soft_wrap=True)


def _rows_without_numbers(results: Results, settings: TableSettings) -> list[str]:
    """Return the models that did not run and have a row all the same."""
    folded = () if settings.all_rows else folded_models(results.header)
    return [model for model in not_run(results.header) if model not in folded]
