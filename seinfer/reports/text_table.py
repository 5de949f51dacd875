"""The comparison table as text cells, shared by all table formats, and which columns are hidden on a narrow terminal.

If the table is too wide, the first of these layouts that fits is used: without peak memory, size, parameters (one more
hidden in each step); then with the improvement and its interval below the mean, and again without peak memory, size,
parameters; then with the interval below the improvement and model names folded to a shorter width, and again without
peak memory, size, parameters, then without rtf, without metrics from the last one on, and at last without the
intervals. A footnote lists the hidden columns (see console.py). A number is never truncated.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ..analysis.leaderboard import LeaderboardRow, MetricResult
from ..core.escape import visible
from ..core.numbers import fixed
from ..metrics.table import load_table
from ..stats import Interval

Span = tuple[str, str]
"""(text, role); the role is one of "", "best", "gain", "loss", "dim"."""
Cell = tuple[tuple[Span, ...], ...]
"""Lines of spans."""

MEMORY, SIZE, PARAMETERS, INTERVALS, RTF = "peak memory", "size", "parameters", "95 % intervals", "rtf"
COSTS = (RTF, PARAMETERS, SIZE, MEMORY)
_HEADINGS = {RTF: "rtf", PARAMETERS: "param.\nM", SIZE: "size\nMB", MEMORY: "memory\nMiB"}
_GAP = 2
_NAME_WIDTH, _SHORT_NAME_WIDTH = 24, 14


@dataclass(frozen=True)
class Layout:
    """Which columns are shown, and how.

    Attributes:
        metrics: names, in column order.
        hidden: some of MEMORY, SIZE, PARAMETERS, INTERVALS, RTF, and names of metrics.
        n_lines: lines of a metric's cell: 1 for mean, improvement and interval next to each other, 2 for the mean above
            the other two, 3 for one below the other.
        name_width: width at which model names are folded; None for never.
    """

    metrics: tuple[str, ...]
    hidden: tuple[str, ...] = ()
    n_lines: int = 1
    name_width: int | None = None

    @property
    def is_stacked(self) -> bool:
        """Whether the improvement is below the mean, not next to it."""
        return self.n_lines > 1

    def without(self, name: str) -> Layout:
        """Return the layout with one more column hidden."""
        kept = tuple(metric for metric in self.metrics if metric != name)
        return replace(self, metrics=kept, hidden=(*self.hidden, name))


@dataclass(frozen=True)
class Parts:
    """The texts of one model in one metric, "" for each that it does not have.

    Attributes:
        mean: mean over the common clips.
        band: letters of the tie band.
        delta: improvement.
        half: half-width of the interval of the improvement, after "±".
        is_best: whether the mean is the best.
        role: "gain" or "loss" for a change whose interval excludes 0, so that no colour says more than the clips
            prove; "" for all others.
    """

    mean: str
    band: str
    delta: str
    half: str
    is_best: bool
    role: str


@dataclass(frozen=True)
class TextTable:
    """Headings and rows of cells; the first column contains text, the others numbers.

    Attributes:
        layout: which columns are shown, and how.
        headings: one for each column; a unit is below the name.
        rows: models that ran, then those that did not.
        parts: metric -> the texts in its cells, for the models that ran.
    """

    layout: Layout
    headings: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    parts: Mapping[str, tuple[Parts, ...]] = field(default_factory=dict)

    @property
    def width(self) -> int:
        """Width on a terminal, in characters."""
        columns = zip(self.headings, *([_text_width(cell) for cell in row] for row in self.rows), strict=True)
        widths = [max(_heading_width(heading), *widths) for heading, *widths in columns]
        return int(sum(widths)) + _GAP * (len(widths) - 1)


def fit_to_width(
    rows: Sequence[LeaderboardRow], metrics: Sequence[str], not_run: Sequence[str], width: int | None
) -> TextTable:
    """Return the fullest table that fits.

    Args:
        rows: leaderboard rows, in the order in which they are shown.
        metrics: the metrics shown.
        not_run: models that did not run; they follow the other models.
        width: largest width in characters; None for no limit.

    Returns:
        The table; wider than `width` only if the narrowest layout does not fit either.
    """
    if width is None:
        return build(rows, not_run, Layout(tuple(metrics)))
    layouts = list(_layouts(rows, tuple(metrics)))
    tables = (build(rows, not_run, layout) for layout in layouts)
    return next((table for table in tables if table.width <= width), build(rows, not_run, layouts[-1]))


def _layouts(rows: Sequence[LeaderboardRow], metrics: tuple[str, ...]) -> Iterator[Layout]:
    """Yield the layouts in the order of the module docstring, the fullest first."""
    costs = [cost for cost in (MEMORY, SIZE, PARAMETERS) if any(_cost(row, cost) for row in rows)]
    for n_lines in (1, 2) if metrics else (1,):
        yield from _hiding_one_by_one(Layout(metrics, n_lines=n_lines, name_width=_NAME_WIDTH), costs)
    narrow = Layout(metrics, n_lines=3 if metrics else 1, name_width=_SHORT_NAME_WIDTH)
    last = [*reversed(metrics[1:]), *([INTERVALS] if metrics else [])]
    yield from _hiding_one_by_one(narrow, [*costs, RTF, *last])


def _hiding_one_by_one(layout: Layout, names: Sequence[str]) -> Iterator[Layout]:
    yield layout
    for name in names:
        layout = layout.without(name)
        yield layout


def build(rows: Sequence[LeaderboardRow], not_run: Sequence[str], layout: Layout) -> TextTable:
    """Return the table in one layout; a cost that no model has gets no column."""
    shown = [cost for cost in COSTS if cost not in layout.hidden and any(_cost(row, cost) for row in rows)]
    has_intervals = INTERVALS not in layout.hidden
    parts = {
        metric: tuple(_parts(row.figures.get(metric), metric, has_intervals=has_intervals) for row in rows)
        for metric in layout.metrics
    }
    columns = {metric: _metric_column(parts[metric], layout) for metric in layout.metrics}
    headings = ("model", *(heading(metric) for metric in layout.metrics), "n", *(_HEADINGS[cost] for cost in shown))
    lines = [
        (
            _name(row.model, layout),
            *(columns[metric][i] for metric in layout.metrics),
            _count(row),
            *(_plain(_cost(row, cost)) for cost in shown),
        )
        for i, row in enumerate(rows)
    ]
    blank = [_plain("")] * (len(headings) - 2)
    lines += [(_name(model, layout, "dim"), _plain("not run", "dim"), *blank) for model in not_run]
    return TextTable(layout, headings, tuple(lines), parts)


def heading(metric: str) -> str:
    """Return the heading of a metric, with "dB" below it if that is its unit."""
    label = metric.replace("_", "-").upper()
    return f"{label}\ndB" if load_table().metrics[metric].unit == "dB" else label


def digits(metric: str) -> int:
    """Return the number of decimals shown for a metric: 2 for dB, 3 otherwise."""
    return 2 if load_table().metrics[metric].unit == "dB" else 3


def _plain(text: str, role: str = "") -> Cell:
    return (((text, role),),)


def _name(model: str, layout: Layout, role: str = "") -> Cell:
    """Return the name of a model, folded after a hyphen if possible."""
    name = visible(model)
    lines = textwrap.wrap(name, layout.name_width) if layout.name_width else [name]
    return tuple(((line, role),) for line in lines)


def _count(row: LeaderboardRow) -> Cell:
    n = row.n_ok + row.n_failed
    return _plain(f"{row.n_ok}/{n}", "loss") if row.n_failed else _plain(str(n))


def _cost(row: LeaderboardRow, cost: str) -> str:
    if cost == RTF:
        return "" if row.rtf is None else f"{row.rtf:.3f}"
    if cost == PARAMETERS:
        return "" if row.n_parameters is None else f"{row.n_parameters / 1e6:.2f}"
    if cost == SIZE:
        return "" if row.weights_bytes is None else f"{row.weights_bytes / 1e6:.1f}"
    return "" if row.peak_rss_mib is None else f"{row.peak_rss_mib:.0f}"


def _metric_column(parts: Sequence[Parts], layout: Layout) -> list[Cell]:
    """Return the cells of a metric; each part has the same width in all cells, so that the parts are aligned."""
    mean, band, delta, half = (
        max(map(len, texts)) for texts in zip(*((p.mean, p.band, p.delta, p.half) for p in parts), strict=True)
    )
    if layout.n_lines > 1:  # the numbers below each other have the same width
        mean = delta = max(mean, delta, half if layout.n_lines > 2 else 0)
        half = delta if layout.n_lines > 2 else half
    cells: list[Cell] = []
    for part in parts:
        letters = f" {part.band.ljust(band)}" if band else ""
        first = (part.mean.rjust(mean) + letters, "best" if part.is_best else "")
        change, interval = (part.delta.rjust(delta), part.role), (part.half.rjust(half), part.role)
        cells.append(_lines_of(first, change, interval, layout.n_lines) if part.mean else _plain("-", "dim"))
    return cells


def _lines_of(mean: Span, change: Span, interval: Span, n_lines: int) -> Cell:
    """Arrange the parts of a cell on so many lines, without the parts at its end that are empty."""
    gap = (" ", "")
    arranged: list[list[Span]] = [[mean], [change], [interval]]
    if n_lines < 3:
        arranged = [[mean], [change, gap, interval] if interval[0].strip() else [change]]
    if n_lines < 2:
        arranged = [[span for line in arranged for span in (*line, gap)][:-1]]
    while n_lines > 1 and len(arranged) > 1 and not "".join(text for text, _ in arranged[-1]).strip():
        arranged.pop()
    return tuple(tuple(line) for line in arranged)


def _role(change: Interval | None, sign: int) -> str:
    if change is None or change.low is None or change.high is None or change.low <= 0 <= change.high:
        return ""
    return "gain" if sign * change.mean > 0 else "loss"


def _parts(result: MetricResult | None, metric: str, *, has_intervals: bool) -> Parts:
    if result is None or result.summary is None:
        return Parts("", "", "", "", False, "")
    n_digits, sign = digits(metric), 1 if load_table().metrics[metric].best == "higher" else -1
    change = result.baseline_delta or result.delta
    half = half_width(change) if change else None
    return Parts(
        mean=fixed(result.summary.interval.mean, n_digits),
        band=result.tie_band,
        delta=fixed(change.mean, n_digits, is_signed=True) if change else "",
        half=f"±{half:.{n_digits}f}" if has_intervals and half is not None else "",
        is_best=result.is_best,
        role=_role(change, sign),
    )


def half_width(interval: Interval) -> float | None:
    """Return half the distance between the bounds of an interval, None if it has no bounds."""
    return None if interval.low is None or interval.high is None else (interval.high - interval.low) / 2


def _text_width(cell: Cell) -> int:
    return max(sum(len(text) for text, _ in line) for line in cell)


def _heading_width(heading: str) -> int:
    return max(len(line) for line in heading.split("\n"))
