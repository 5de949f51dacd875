"""The tables of the report page as rows of cells, each with the number by which a column is sorted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ...analysis.costs import rtf_source
from ...analysis.leaderboard import LeaderboardRow
from ...analysis.licences import in_short
from ...analysis.results import Results, is_higher_better
from ...core.numbers import fixed
from ...core.records import BASELINE
from ..text_table import Layout, Parts, TextTable, build, digits, heading

_SHORT_DIGEST = 12


@dataclass(frozen=True)
class Column:
    """A column: its name, the unit below it, which values are best ("higher", "lower" or ""), whether it has texts."""

    name: str
    unit: str = ""
    best: str = ""
    is_text: bool = False


@dataclass(frozen=True)
class HtmlCell:
    """A cell: a text, tie letters beside it, a second line below it, the number to sort by, and a CSS class."""

    text: str
    letters: str = ""
    sub: str = ""
    sort: float | str | None = None
    role: str = ""
    sub_role: str = ""


@dataclass(frozen=True)
class HtmlTable:
    """A table. The first cell of a row is its heading."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[HtmlCell, ...], ...]


@dataclass(frozen=True)
class ShownScore:
    """The score of one clip in one metric: its name, the value, and the difference to noisy with its CSS class."""

    metric: str
    value: str
    change: str = ""
    role: str = ""


def leaderboard_table(
    rows: Sequence[LeaderboardRow], metrics: Sequence[str], not_run: Iterable[str], table: TextTable
) -> HtmlTable:
    """Return the leaderboard: the means, letters and improvements of the text table, and the costs of each model.

    Args:
        rows: leaderboard rows, in the order in which they are shown.
        metrics: the metrics shown.
        not_run: models that did not run; they have a row all the same.
        table: the same table as text, from `text_leaderboard`.
    """
    columns = (
        Column("model", is_text=True),
        *(_metric_column(metric) for metric in metrics),
        Column("clips"),
        Column("rtf", best="lower"),
        Column("parameters", "M", "lower"),
    )
    lines = [
        (
            HtmlCell(row.model, sort=row.model, role="best" if _is_best(row) else ""),
            *(_metric_cell(row, metric, table.parts[metric][i]) for metric in metrics),
            _count(row),
            _number(row.rtf, 3),
            _number(row.n_parameters and row.n_parameters / 1e6, 2),
        )
        for i, row in enumerate(rows)
    ]
    blank = [HtmlCell("")] * (len(columns) - 2)
    lines += [(HtmlCell(model, sort=model), HtmlCell("not run", role="muted"), *blank) for model in not_run]
    return HtmlTable("", columns, tuple(lines))


def text_leaderboard(rows: Sequence[LeaderboardRow], metrics: Sequence[str]) -> TextTable:
    """Return the leaderboard as text, with the improvement below the mean, from which the page takes its numbers."""
    return build(rows, (), Layout(tuple(metrics), n_lines=2))


def group_table(title: str, table: TextTable) -> HtmlTable:
    """Return a table of the groups of --by."""
    first, *others = table.headings
    columns = [Column(first, is_text=True)]
    for text in others:
        *label, n = text.split("\n")
        columns.append(Column(" ".join(label), n))
    lines = [[" ".join(text for text, _ in line) for cell in row for line in cell] for row in table.rows]
    return HtmlTable(title, tuple(columns), tuple(tuple(_text_cell(text) for text in line) for line in lines))


def cost_table(rows: Sequence[LeaderboardRow], results: Results) -> HtmlTable:
    """Return what each model costs: time, memory, size, latency."""
    columns = (
        Column("model", is_text=True),
        Column("rtf", "smallest – largest", "lower"),
        Column("rtf in batches", "smallest – largest", "lower"),
        Column("peak memory", "MiB", "lower"),
        Column("parameters", "M", "lower"),
        Column("weights", "MB", "lower"),
        Column("latency", "ms", "lower"),
        Column("causal"),
        Column("measured"),
    )
    return HtmlTable("", columns, tuple(tuple(_cost_cells(row, results.header["models"][row.model])) for row in rows))


def _cost_cells(row: LeaderboardRow, facts: Mapping[str, object]) -> Iterator[HtmlCell]:
    cost = row.cost
    latency_ms, causal = facts.get("latency_ms"), facts.get("causal")
    yield HtmlCell(row.model, sort=row.model)
    yield _with_range(row.rtf, *((cost.rtf_low, cost.rtf_high) if cost else ()))
    if cost and cost.batch_size:
        yield _with_range(cost.batch_rtf, cost.batch_rtf_low, cost.batch_rtf_high)
    else:
        yield HtmlCell("")
    yield _number(row.peak_rss_mib, 0)
    yield _number(row.n_parameters and row.n_parameters / 1e6, 2)
    yield _number(row.weights_bytes and row.weights_bytes / 1e6, 1)
    yield _number(float(str(latency_ms)) if latency_ms is not None else None, 0)
    yield HtmlCell("" if causal is None else "yes" if causal else "no")
    yield HtmlCell(rtf_source(row))


def model_table(results: Results, models: Sequence[str]) -> HtmlTable:
    """Return what each model is: summary, licences, training data, source, digest of the weights."""
    names = ("model", "summary", "licence of the code", "licence of the weights", "training data", "source", "weights")
    lines = []
    for model in models:
        facts = results.header["models"][model]
        texts = (
            model,
            facts.get("summary", ""),
            facts["license_code"],
            in_short(facts["license_weights"]),
            ", ".join(facts.get("training_data", ())),
            facts.get("source", "") or facts.get("folder", ""),
            facts.get("sha256", "")[:_SHORT_DIGEST],
        )
        lines.append(tuple(_text_cell(str(text)) for text in texts))
    return HtmlTable("", tuple(Column(name, is_text=True) for name in names), tuple(lines))


def text_table(names: Sequence[str], lines: Iterable[Sequence[object]]) -> HtmlTable:
    """Return a table of texts."""
    rows = tuple(tuple(HtmlCell("" if text is None else str(text)) for text in line) for line in lines)
    return HtmlTable("", tuple(Column(name, is_text=True) for name in names), rows)


def shown_scores(results: Results, clip_id: str, model: str) -> tuple[ShownScore, ...]:
    """Return the scores of one clip and model; a metric without a score is left out."""
    row, noisy = results.rows.get((clip_id, model)), results.rows.get((clip_id, BASELINE))
    return tuple(
        _shown_score(metric, value, noisy.value(metric) if noisy and model != BASELINE else None)
        for metric in results.metrics
        if row and (value := row.value(metric)) is not None
    )


def metric_label(metric: str) -> str:
    """Return the name of a metric with its unit, on one line."""
    return heading(metric).replace("\n", " ")


def _shown_score(metric: str, value: float, floor: float | None) -> ShownScore:
    text = fixed(value, digits(metric))
    if floor is None:
        return ShownScore(metric_label(metric), text)
    sign = 1 if is_higher_better(metric) else -1
    change = fixed(value - floor, digits(metric), is_signed=True)
    return ShownScore(metric_label(metric), text, change, "gain" if sign * (value - floor) >= 0 else "loss")


def _metric_column(metric: str) -> Column:
    name, _, unit = heading(metric).partition("\n")
    return Column(name, unit, "higher" if is_higher_better(metric) else "lower")


def _metric_cell(row: LeaderboardRow, metric: str, parts: Parts) -> HtmlCell:
    summary = row.figures[metric].summary
    if summary is None:
        return HtmlCell("–", role="muted")
    change = "" if not parts.delta else "gain" if parts.is_gain else "loss"
    return HtmlCell(
        parts.mean,
        parts.band,
        f"{parts.delta} {parts.half}".strip(),
        summary.interval.mean,
        "best" if parts.is_best else "",
        change,
    )


def _is_best(row: LeaderboardRow) -> bool:
    """Return whether a model is the best of all in every metric, told apart from each other one."""
    return bool(row.figures) and all(result.is_best for result in row.figures.values())


def _count(row: LeaderboardRow) -> HtmlCell:
    n = row.n_ok + row.n_failed
    return HtmlCell(f"{row.n_ok}/{n}" if row.n_failed else str(n), sort=row.n_ok, role="loss" if row.n_failed else "")


def _number(value: float | None, n_digits: int) -> HtmlCell:
    return HtmlCell("") if value is None else HtmlCell(fixed(value, n_digits), sort=value)


def _with_range(rtf: float | None, *bounds: float) -> HtmlCell:
    return replace(_number(rtf, 3), sub=" – ".join(fixed(bound, 3) for bound in bounds), sub_role="muted")


def _text_cell(text: str) -> HtmlCell:
    try:
        return HtmlCell(text, sort=float(text))
    except ValueError:
        return HtmlCell(text, sort=text)
