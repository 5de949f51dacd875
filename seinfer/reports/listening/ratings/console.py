"""The results of a listening test on the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...terminal import console
from .scoring import ScoredTest
from .sections import Section, rater_section, result_sections

if TYPE_CHECKING:
    from rich.table import Table

NOTES = (
    "95 % intervals are crossed over raters and clips. Those over single votes are too narrow: for comparison only.",
    "Models with a common letter are not told apart (p adjusted by Holm's method over all pairs of a scale).",
)


def print_results(scored: ScoredTest, conclusions: Sequence[str]) -> None:
    """Print the conclusions, then the tables."""
    out = console()
    for line in conclusions:
        out.print(line, soft_wrap=True)
    for section in (*result_sections(scored), rater_section(scored, excluded_only=True)):
        if not section.rows:
            continue
        out.print()
        out.print(section.title, style="bold", soft_wrap=True)
        out.print(_table(section))
    out.print()
    for line in (*NOTES, *(f"note: {remark}" for remark in scored.remarks)):
        out.print(line, soft_wrap=True)


def _table(section: Section) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 2, 0, 0))
    for i, heading in enumerate(section.headings):
        table.add_column(heading, justify="left" if i < section.n_text_columns else "right", overflow="fold")
    for row in section.rows:
        table.add_row(*row)
    return table
