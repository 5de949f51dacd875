from __future__ import annotations

from dataclasses import replace

from seinfer.analysis.leaderboard import leaderboard
from seinfer.reports.markdown import markdown
from seinfer.reports.text_table import fit_to_width
from tests.reports import example_run


def test_markdown_is_a_table_with_notes_below() -> None:
    rows = leaderboard(example_run.results())
    text = markdown(fit_to_width(rows, example_run.METRICS, ["absent"], None), "10 clips", ["one", "two"])
    title, _, heading, rule, noisy, good, *_, first, second = text.splitlines()
    assert (title, first, second) == ("10 clips", "- one", "- two")
    assert heading == "| model | SDR dB | PESQ-WB | n | rtf | param. M | size MB | memory MiB |"
    assert rule.count("---:") == 7
    assert noisy.startswith("| noisy | 6.25 c | 1.500 | 9/10 |")
    assert good.startswith("| good | **12.41 a** +6.16 ±0.13 |")


def test_markdown_shows_html_links_and_line_breaks_of_a_name_as_text() -> None:
    hostile = "<img src=x> [a](b)\n# c\x1b"
    rows = [replace(row, model=hostile) for row in leaderboard(example_run.results())[:1]]
    text = markdown(fit_to_width(rows, example_run.METRICS, [], None), hostile, [hostile])
    shown = r"&lt;img src=x> [a]&#40;b)\n# c\x1b"
    assert (text.count(shown), text.count(hostile)) == (3, 0)
    assert len(text.splitlines()) == 7


def test_markdown_escapes_a_vertical_bar_in_a_name() -> None:
    rows = [replace(row, model=f"{row.model}|x") for row in leaderboard(example_run.results())]
    text = markdown(fit_to_width(rows, example_run.METRICS, [], None), "10 clips", [])
    assert "| noisy&#124;x | 6.25 c |" in text
