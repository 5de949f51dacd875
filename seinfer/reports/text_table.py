"""The comparison as a grid of text, whatever it is printed in, and what is left out where it does not fit.

Where a line is too long, the first of these that fits is taken: without peak memory, size, parameters; then with the
improvement below the mean, and from there without peak memory, size, parameters, 95 % intervals, with names folded
short, without metrics from the last on, without rtf. What was left out is said beside the table. No figure is ever cut.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ..analysis.leaderboard import Figure, Standing
from ..metrics.table import load_table
from ..stats import Interval

Span = tuple[str, str]
"""(text, role), the role being one of "", "best", "gain", "loss", "dim"."""
Cell = tuple[tuple[Span, ...], ...]
"""Lines of spans."""

MEMORY, SIZE, PARAMETERS, INTERVALS, RTF = "peak memory", "size", "parameters", "95 % intervals", "rtf"
COSTS = (RTF, PARAMETERS, SIZE, MEMORY)
_HEADINGS = {RTF: "rtf", PARAMETERS: "param.\nM", SIZE: "size\nMB", MEMORY: "memory\nMiB"}
_GAP = 2
_NAME_WIDTH, _SHORT_NAME_WIDTH = 24, 14


@dataclass(frozen=True)
class Layout:
    """What of the comparison is shown, and how.

    Attributes:
        metrics: names, in column order.
        left_out: some of MEMORY, SIZE, PARAMETERS, INTERVALS, RTF, and names of metrics.
        is_stacked: the improvement stands below the mean.
        name_width: beyond which names are folded; None for never.
    """

    metrics: tuple[str, ...]
    left_out: tuple[str, ...] = ()
    is_stacked: bool = False
    name_width: int | None = None

    def without(self, name: str) -> Layout:
        """Return the layout with one thing less."""
        kept = tuple(metric for metric in self.metrics if metric != name)
        return replace(self, metrics=kept, left_out=(*self.left_out, name))


@dataclass(frozen=True)
class Grid:
    """Headings and rows of cells; the first column is text, the others are figures."""

    layout: Layout
    headings: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    @property
    def width(self) -> int:
        """Columns that it takes on a terminal."""
        columns = zip(self.headings, *([_text_width(cell) for cell in row] for row in self.rows), strict=True)
        widths = [max(_heading_width(heading), *widths) for heading, *widths in columns]
        return int(sum(widths)) + _GAP * (len(widths) - 1)


def fitting(standings: Sequence[Standing], metrics: Sequence[str], not_run: Sequence[str], width: int | None) -> Grid:
    """Return the fullest grid of at most `width` columns; None stands for any width."""
    if width is None:
        return build(standings, not_run, Layout(tuple(metrics)))
    layouts = list(_layouts(standings, tuple(metrics)))
    grids = (build(standings, not_run, layout) for layout in layouts)
    return next((grid for grid in grids if grid.width <= width), build(standings, not_run, layouts[-1]))


def _layouts(standings: Sequence[Standing], metrics: tuple[str, ...]) -> Iterator[Layout]:
    costs = [cost for cost in (MEMORY, SIZE, PARAMETERS) if any(_cost(standing, cost) for standing in standings)]
    yield from _ever_less(Layout(metrics, name_width=_NAME_WIDTH), costs)
    stacked = Layout(metrics, is_stacked=bool(metrics), name_width=_NAME_WIDTH)
    fuller = list(_ever_less(stacked, [*costs, *([INTERVALS] if metrics else [])]))
    yield from fuller
    yield from _ever_less(replace(fuller[-1], name_width=_SHORT_NAME_WIDTH), [*reversed(metrics[1:]), RTF])


def _ever_less(layout: Layout, names: Sequence[str]) -> Iterator[Layout]:
    yield layout
    for name in names:
        layout = layout.without(name)
        yield layout


def build(standings: Sequence[Standing], not_run: Sequence[str], layout: Layout) -> Grid:
    """Return the grid of one layout."""
    shown = [cost for cost in COSTS if cost not in layout.left_out and any(_cost(s, cost) for s in standings)]
    columns = {metric: _metric_column(standings, metric, layout) for metric in layout.metrics}
    headings = ("model", *(heading(metric) for metric in layout.metrics), "n", *(_HEADINGS[cost] for cost in shown))
    rows = [
        (
            _name(standing.model, layout),
            *(columns[metric][i] for metric in layout.metrics),
            _count(standing),
            *(_plain(_cost(standing, cost)) for cost in shown),
        )
        for i, standing in enumerate(standings)
    ]
    blank = [_plain("")] * (len(headings) - 2)
    rows += [(_name(model, layout, "dim"), _plain("not run", "dim"), *blank) for model in not_run]
    return Grid(layout, headings, tuple(rows))


def heading(metric: str) -> str:
    """Return a metric's heading, with its unit in dB below."""
    label = metric.replace("_", "-").upper()
    return f"{label}\ndB" if load_table().metrics[metric].unit == "dB" else label


def digits(metric: str) -> int:
    """Return how many decimals of a metric are shown."""
    return 2 if load_table().metrics[metric].unit == "dB" else 3


def _plain(text: str, role: str = "") -> Cell:
    return (((text, role),),)


def _name(model: str, layout: Layout, role: str = "") -> Cell:
    """Return a name, folded behind a hyphen where it can be."""
    lines = textwrap.wrap(model, layout.name_width) if layout.name_width else [model]
    return tuple(((line, role),) for line in lines)


def _count(standing: Standing) -> Cell:
    n = standing.n_ok + standing.n_failed
    return _plain(f"{standing.n_ok}/{n}", "loss") if standing.n_failed else _plain(str(n))


def _cost(standing: Standing, cost: str) -> str:
    if cost == RTF:
        return "" if standing.rtf is None else f"{standing.rtf:.3f}"
    if cost == PARAMETERS:
        return "" if standing.n_parameters is None else f"{standing.n_parameters / 1e6:.2f}"
    if cost == SIZE:
        return "" if standing.weights_bytes is None else f"{standing.weights_bytes / 1e6:.1f}"
    return "" if standing.peak_rss_mib is None else f"{standing.peak_rss_mib:.0f}"


@dataclass(frozen=True)
class _Parts:
    """The texts of one metric of one model: mean, tie band, improvement, half of its interval."""

    mean: str
    band: str
    delta: str
    half: str
    is_best: bool
    is_gain: bool


def _metric_column(standings: Sequence[Standing], metric: str, layout: Layout) -> list[Cell]:
    """Return a metric's cells, with parts of the same width in each, so that they stand below each other."""
    has_intervals = INTERVALS not in layout.left_out
    parts = [_parts(standing.figures.get(metric), metric, has_intervals=has_intervals) for standing in standings]
    mean, band, delta, half = (max(len(p) for p in column) for column in zip(*(_texts(p) for p in parts), strict=True))
    cells: list[Cell] = []
    for part in parts:
        if not part.mean:
            cells.append(_plain("-", "dim"))
            continue
        role = "best" if part.is_best else ""
        first = (part.mean.rjust(mean) + (f" {part.band.ljust(band)}" if band else ""), role)
        second = (part.delta.rjust(delta) + (f" {part.half.rjust(half)}" if half else ""), _change(part))
        if not delta and not half:
            cells.append(((first,),))
        else:
            cells.append(((first,), (second,)) if layout.is_stacked else ((first, (" ", ""), second),))
    return cells


def _texts(part: _Parts) -> tuple[str, str, str, str]:
    return part.mean, part.band, part.delta, part.half


def _change(part: _Parts) -> str:
    return ("gain" if part.is_gain else "loss") if part.delta else ""


def _parts(figure: Figure | None, metric: str, *, has_intervals: bool) -> _Parts:
    if figure is None or figure.summary is None:
        return _Parts("", "", "", "", False, False)
    n_digits, sign = digits(metric), 1 if load_table().metrics[metric].best == "higher" else -1
    change = figure.baseline_delta or figure.delta
    half = half_width(change) if change else None
    return _Parts(
        mean=f"{figure.summary.interval.mean:.{n_digits}f}",
        band=figure.tie_band,
        delta=f"{change.mean:+.{n_digits}f}" if change else "",
        half=f"±{half:.{n_digits}f}" if has_intervals and half is not None else "",
        is_best=figure.is_best,
        is_gain=change is not None and sign * change.mean >= 0,
    )


def half_width(interval: Interval) -> float | None:
    """Return half of the distance between the bounds of an interval, None where there are none."""
    return None if interval.low is None or interval.high is None else (interval.high - interval.low) / 2


def _text_width(cell: Cell) -> int:
    return max(sum(len(text) for text, _ in line) for line in cell)


def _heading_width(heading: str) -> int:
    return max(len(line) for line in heading.split("\n"))
