"""The comparison table in LaTeX, with the rules of the package booktabs. Each part of a number has its own column."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..core.escape import visible
from .text_table import Cell, Parts, TextTable

_ESCAPES = str.maketrans(
    {
        **{c: f"\\{c}" for c in "&%$#_{}"},
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "\\": r"\textbackslash{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
        "[": "{[}",  # at the start of a row it would be an argument of the line break before it
    }
)

# Part -> (column type, heading). The letters of a tie band are next to the mean.
_PARTS = {"mean": ("r", "mean"), "band": (r"@{\,}l", ""), "delta": ("r", r"$\Delta$"), "half": ("r", r"$\pm$")}


def latex(table: TextTable, title: str, notes: Iterable[str]) -> str:
    """Return a tabular, with title and notes as comments before it; the best mean is bold.

    A metric has columns for mean, letters, improvement and half-width of its interval, without those that are empty.
    """
    used = {metric: _used_parts(parts) for metric, parts in table.parts.items()}
    n_metrics = len(used)
    types = ["l", *(_PARTS[part][0] for names in used.values() for part in names)]
    types += ["r"] * (len(table.headings) - 1 - n_metrics)
    lines = [
        *(f"% {visible(line)}" for line in (title, *notes)),
        r"% Needs \usepackage{booktabs} in the preamble.",
        rf"\begin{{tabular}}{{{''.join(types)}}}",
        r"\toprule",
        *_headings(table, used),
        r"\midrule",
        *(rf"{' & '.join(_row(table, used, i))} \\" for i in range(len(table.rows))),
        r"\bottomrule",
        r"\end{tabular}",
    ]
    return "\n".join([*lines, ""])


def _used_parts(parts: Iterable[Parts]) -> list[str]:
    found = list(parts)
    return [name for name in _PARTS if name == "mean" or any(getattr(part, name) for part in found)]


def _headings(table: TextTable, used: dict[str, list[str]]) -> Iterator[str]:
    """Yield the row of the metrics, the rules below them, and the row of all other headings."""
    texts = [_heading(heading) for heading in table.headings]
    first, others = texts[1 : 1 + len(used)], texts[1 + len(used) :]
    if used:
        spans = [len(names) for names in used.values()]
        groups = [rf"\multicolumn{{{n}}}{{c}}{{{text}}}" for n, text in zip(spans, first, strict=True)]
        yield rf"{' & '.join(['', *groups, *('' for _ in others)])} \\".lstrip()
        ends = [1 + sum(spans[: i + 1]) for i in range(len(spans))]
        yield " ".join(rf"\cmidrule(lr){{{end - n + 1}-{end}}}" for n, end in zip(spans, ends, strict=True))
    parts = [_PARTS[part][1] for names in used.values() for part in names]
    yield rf"{' & '.join([texts[0], *parts, *others])} \\"


def _heading(text: str) -> str:
    name, _, unit = text.partition("\n")
    return _escaped(f"{name} ({unit})" if unit else name)


def _row(table: TextTable, used: dict[str, list[str]], i: int) -> Iterator[str]:
    cells = table.rows[i]
    yield _cell_text(cells[0])
    if any(i >= len(parts) for parts in table.parts.values()):  # a model that did not run
        n_columns = sum(map(len, used.values())) + len(cells) - 1 - len(used)
        yield rf"\multicolumn{{{n_columns}}}{{l}}{{{_cell_text(cells[1])}}}"
        return
    for metric, names in used.items():
        for name in names:
            yield _part_text(table.parts[metric][i], name)
    for cell in cells[1 + len(used) :]:
        yield _cell_text(cell)


def _part_text(part: Parts, name: str) -> str:
    text = _number(getattr(part, name).removeprefix("±")) or ("--" if name == "mean" else "")
    return rf"\textbf{{{text}}}" if name == "mean" and part.is_best else text


def _number(text: str) -> str:
    """Return a number with the minus sign of mathematics, which is longer than a hyphen."""
    return _escaped(text).replace("-", "$-$")


def _cell_text(cell: Cell) -> str:
    """Return the text of a cell; a name that is folded on the terminal is one line."""
    return "".join(_escaped(text) for line in cell for text, _ in line)


def _escaped(text: str) -> str:
    return " ".join(visible(text).split()).translate(_ESCAPES)
