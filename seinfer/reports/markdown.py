"""The comparison table in GitHub's Markdown."""

from __future__ import annotations

from collections.abc import Iterable

from ..core.escape import visible
from .text_table import Cell, TextTable


def markdown(table: TextTable, title: str, notes: Iterable[str]) -> str:
    """Return the table with the notes as a list below it; the best mean is bold."""
    headings = [heading.replace("\n", " ") for heading in table.headings]
    rows = [[_cell_text(cell) for cell in row] for row in table.rows]
    rule = ["---", *["---:"] * (len(headings) - 1)]
    lines = [f"| {' | '.join(_in_table(text) for text in row)} |" for row in (headings, rule, *rows)]
    return "\n".join([_escaped(title), "", *lines, "", *(f"- {_escaped(note)}" for note in notes), ""])


def _cell_text(cell: Cell) -> str:
    spans = [(" ".join(text.split()), role) for line in cell for text, role in line]
    return " ".join(f"**{text}**" if role == "best" else text for text, role in spans if text)


def _in_table(text: str) -> str:
    return _escaped(text).replace("|", "&#124;")


def _escaped(text: str) -> str:
    """Return a text as one line without HTML, links and images; other Markdown in it only changes how it looks."""
    return visible(text).replace("<", "&lt;").replace("](", "]&#40;")
