from __future__ import annotations

from dataclasses import replace

from seinfer.analysis.leaderboard import leaderboard
from seinfer.reports.latex import latex
from seinfer.reports.text_table import fit_to_width
from tests.reports import example_run


def test_latex_is_a_tabular_with_notes_as_comments_and_escaped_names() -> None:
    rows = [replace(row, model=f"{row.model}_1&2") for row in leaderboard(example_run.results())]
    text = latex(fit_to_width(rows, example_run.METRICS, [], None), "10 clips", ["100 % sure"])
    assert r"good\_1\&2 & \textbf{12.41 a} +6.16 $\pm$0.13 & 1.883" in text
    assert text.startswith("% 10 clips\n% 100 % sure\n\\begin{tabular}{lrrrrrrr}\n\\toprule\n")
    assert text.count(r"\\") == 4


def test_latex_escapes_a_backslash_once() -> None:
    rows = [replace(row, model="a\\b~c") for row in leaderboard(example_run.results())[:1]]
    text = latex(fit_to_width(rows, example_run.METRICS, [], None), "1 clip", [])
    assert r"a\textbackslash{}b\textasciitilde{}c & " in text
