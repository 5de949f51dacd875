"""The comparison table in LaTeX, with the rules of the package booktabs."""

from __future__ import annotations

from collections.abc import Iterable

from .text_table import Cell, TextTable

_ESCAPES = str.maketrans(
    {
        **{c: f"\\{c}" for c in "&%$#_{}"},
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "\\": r"\textbackslash{}",
    }
)


def latex(table: TextTable, title: str, notes: Iterable[str]) -> str:
    """Return a tabular, with title and notes as comments before it; the best mean is bold."""
    rows = [" & ".join(_cell_text(cell) for cell in row) for row in table.rows]
    headings = " & ".join(heading.replace("\n", " ").translate(_ESCAPES) for heading in table.headings)
    return "\n".join(
        [
            *(f"% {line}" for line in (title, *notes)),
            r"\begin{tabular}{l" + "r" * (len(table.headings) - 1) + "}",
            r"\toprule",
            rf"{headings} \\",
            r"\midrule",
            *(rf"{row} \\" for row in rows),
            r"\bottomrule",
            r"\end{tabular}",
            "",
        ]
    )


def _cell_text(cell: Cell) -> str:
    spans = [(_escaped(text), role) for line in cell for text, role in line]
    return " ".join(rf"\textbf{{{text}}}" if role == "best" else text for text, role in spans if text)


def _escaped(text: str) -> str:
    return " ".join(text.split()).translate(_ESCAPES).replace("±", r"$\pm$")
