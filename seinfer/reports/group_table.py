"""The means of each group of --by as a second table: one row per model, one column per group with its number of clips.

It shows one metric: that of --sort, else PESQ-WB and DNSMOS as far as they were computed, else the first. The means are
those of summary.csv, over the clips of the group that have a score for every model.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from ..analysis.groups import BIN_WIDTH, DURATION, SNR, Group, groups
from ..analysis.results import Results
from ..analysis.settings import TableSettings
from ..core.escape import visible
from ..core.numbers import fixed
from .text_table import Cell, Layout, TextTable, digits, heading

_HEADLINE = ("pesq_wb", "dnsmos_ovrl")
_LABEL_WIDTH = 16
_MEAN = "mean over the clips of each group that have a score for every model"
_BINS = {SNR: f" in bins of {BIN_WIDTH} dB", DURATION: f" in bins of {BIN_WIDTH} s"}
HINT = "means of groups: --sort METRIC prints another metric; intervals and tests of the groups are in summary.csv"


def group_tables(
    results: Results, models: Sequence[str], metrics: Sequence[str], settings: TableSettings, width: int | None
) -> Iterator[tuple[str, TextTable]]:
    """Yield the tables of the groups, each with its title; none without --by or without scores.

    Args:
        results: all rows of the run.
        models: the models, in the order in which they are shown.
        metrics: the metrics shown.
        settings: with the categories to group by.
        width: largest width of a table in characters; None for no limit. Further groups are in a further table.
    """
    for key in settings.by:
        for metric in chosen_metrics(metrics, settings.sort):
            label = heading(metric).replace("\n", " ")
            title = f"{label} by {key}{_BINS.get(key, '')}"
            columns = list(_columns(results, models, metric, key))
            for i, table in enumerate(_split(models, columns, width)):
                yield f"{title}, continued" if i else f"{title}: {_MEAN}", table


def chosen_metrics(metrics: Sequence[str], sort: str) -> Sequence[str]:
    """Return the metrics whose groups are shown: that of --sort, else the main ones of the run."""
    if sort in metrics:
        return [sort]
    return [metric for metric in _HEADLINE if metric in metrics] or metrics[:1]


_Column = tuple[str, list[Cell]]


def _columns(results: Results, models: Sequence[str], metric: str, key: str) -> Iterator[_Column]:
    """Yield heading and cells of each group that the metric applies to."""
    expected = results.expected_clips(metric)
    for group in groups(results, key):
        if expected[group.clips].any():
            yield _column(results, models, metric, group)


def _column(results: Results, models: Sequence[str], metric: str, group: Group) -> _Column:
    found = results.compared(metric, group.clips)
    summaries = {model: found.models[i].summary for i, model in enumerate(results.models)}
    cells = [fixed(s.interval.mean, digits(metric)) if (s := summaries[model]) else "" for model in models]
    lines = [*textwrap.wrap(visible(group.label), _LABEL_WIDTH), f"n={found.n_common}"]
    return "\n".join(lines), [(((text, ""),),) for text in cells]


def _split(models: Sequence[str], columns: Sequence[_Column], width: int | None) -> Iterator[TextTable]:
    """Yield tables with as many of the columns as fit, at least one each."""
    while columns:
        n = len(columns)
        while n > 1 and width is not None and _table(models, columns[:n]).width > width:
            n -= 1
        yield _table(models, columns[:n])
        columns = columns[n:]


def _table(models: Sequence[str], columns: Sequence[_Column]) -> TextTable:
    names: list[Cell] = [(((visible(model), ""),),) for model in models]
    rows = tuple(zip(names, *(cells for _, cells in columns), strict=True))
    return TextTable(Layout(()), ("model", *(label for label, _ in columns)), rows)
