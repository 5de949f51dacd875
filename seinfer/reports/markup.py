"""The comparison for other programs and papers: Markdown, LaTeX, and CSV with a column for each figure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ..analysis.leaderboard import Figure, Standing
from ..core.files import Cell as CsvCell
from ..core.files import csv_cell
from ..stats import Interval
from .text_table import Cell, Grid

_LATEX = str.maketrans(
    {
        **{c: f"\\{c}" for c in "&%$#_{}"},
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "\\": r"\textbackslash{}",
    }
)


def markdown(grid: Grid, title: str, notes: Iterable[str]) -> str:
    """Return a table in GitHub's Markdown with the notes as a list below it; what is best is bold."""
    headings = [heading.replace("\n", " ") for heading in grid.headings]
    rows = [[_marked(cell, "**", "**") for cell in row] for row in grid.rows]
    rule = ["---", *["---:"] * (len(headings) - 1)]
    lines = [f"| {' | '.join(text.replace('|', '&#124;') for text in row)} |" for row in (headings, rule, *rows)]
    return "\n".join([title, "", *lines, "", *(f"- {note}" for note in notes), ""])


def latex(grid: Grid, title: str, notes: Iterable[str]) -> str:
    """Return a tabular in the style of booktabs, the notes as comments before it; what is best is bold."""
    rows = [" & ".join(_marked(cell, r"\textbf{", "}", escape=True) for cell in row) for row in grid.rows]
    headings = " & ".join(heading.replace("\n", " ").translate(_LATEX) for heading in grid.headings)
    return "\n".join(
        [
            *(f"% {line}" for line in (title, *notes)),
            r"\begin{tabular}{l" + "r" * (len(grid.headings) - 1) + "}",
            r"\toprule",
            rf"{headings} \\",
            r"\midrule",
            *(rf"{row} \\" for row in rows),
            r"\bottomrule",
            r"\end{tabular}",
            "",
        ]
    )


def _marked(cell: Cell, before: str, after: str, *, escape: bool = False) -> str:
    words = []
    for line in cell:
        for text, role in line:
            word = " ".join(text.split())
            word = word.translate(_LATEX).replace("±", r"$\pm$") if escape else word
            words.append(f"{before}{word}{after}" if role == "best" else word)
    return " ".join(word for word in words if word)


def as_csv(standings: Sequence[Standing], metrics: Sequence[str], not_run: Mapping[str, str]) -> str:
    """Return a row a model, with a column for each figure: nothing is left out or rounded for the eye."""
    rows = [dict(_row(standing, metrics)) for standing in standings]
    rows += [{"model": model, "status": f"not run: {reason}"} for model, reason in not_run.items()]
    columns = list(rows[0]) if rows else ["model", "status"]
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n", restval="")
    writer.writeheader()
    writer.writerows({key: csv_cell(value) for key, value in row.items() if key in columns} for row in rows)
    return text.getvalue()


def _row(standing: Standing, metrics: Sequence[str]) -> Iterator[tuple[str, CsvCell]]:
    yield "model", standing.model
    yield "status", "ok"
    for metric in metrics:
        yield from _figure(metric, standing.figures[metric])
    yield "n_clips", standing.n_ok + standing.n_failed
    yield "n_failed", standing.n_failed
    yield "rtf", standing.rtf
    yield "n_parameters", standing.n_parameters
    yield "weights_bytes", standing.weights_bytes
    yield "peak_rss_mib", standing.peak_rss_mib


def _figure(metric: str, figure: Figure) -> Iterator[tuple[str, CsvCell]]:
    mean = figure.summary.interval if figure.summary else None
    yield from _interval(metric, mean)
    yield from _interval(f"{metric}_delta", figure.delta)
    yield f"{metric}_n", figure.n
    yield f"{metric}_rank", figure.rank
    yield f"{metric}_tie_band", figure.tie_band


def _interval(name: str, interval: Interval | None) -> Iterator[tuple[str, CsvCell]]:
    yield name, interval.mean if interval else None
    yield f"{name}_ci95_lo", interval.low if interval else None
    yield f"{name}_ci95_hi", interval.high if interval else None
