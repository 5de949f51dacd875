from __future__ import annotations

import re
from dataclasses import replace

import pytest

from seinfer.analysis.leaderboard import LeaderboardRow, leaderboard
from seinfer.reports.latex import latex
from seinfer.reports.text_table import fit_to_width
from tests.reports import example_run


def written(
    rows: list[LeaderboardRow], not_run: tuple[str, ...] = (), metrics: tuple[str, ...] = example_run.METRICS
) -> str:
    return latex(fit_to_width(rows, metrics, list(not_run), None), "10 clips", ["100 % sure", "two\nlines"])


def n_columns(text: str) -> int:
    """Return the number of columns that the tabular declares."""
    [types] = re.findall(r"\\begin\{tabular\}\{(.*)\}$", text, re.M)
    return len(re.sub(r"@\{[^}]*\}", "", types))


def n_cells(row: str) -> int:
    """Return the number of columns that a row fills."""
    cells = re.split(r"(?<!\\)&", row)
    return sum(int(found[1]) if (found := re.search(r"\\multicolumn\{(\d+)\}", cell)) else 1 for cell in cells)


def test_latex_has_the_rules_of_booktabs_and_names_the_package() -> None:
    text = written(leaderboard(example_run.results()))
    assert text.startswith("% 10 clips\n% 100 % sure\n% two\\nlines\n% Needs \\usepackage{booktabs} in the preamble.\n")
    rules = re.findall(r"\\(toprule|midrule|bottomrule|hline)", text)
    assert rules == ["toprule", "midrule", "bottomrule"]
    assert text.endswith("\\bottomrule\n\\end{tabular}\n")


def test_latex_has_columns_for_mean_letters_improvement_and_interval() -> None:
    lines = written(leaderboard(example_run.results())).splitlines()
    assert r"\multicolumn{4}{c}{SDR (dB)} & \multicolumn{2}{c}{PESQ-WB} &" in lines[6]
    assert lines[7] == r"\cmidrule(lr){2-5} \cmidrule(lr){6-7}"
    assert lines[8].startswith(r"model & mean &  & $\Delta$ & $\pm$ & mean & $\Delta$ & n & rtf & param. (M)")
    good = next(line for line in lines if line.startswith("good"))
    assert good.startswith(r"good & \textbf{12.41} & a & +6.16 & 0.13 & 1.883 & ")


@pytest.mark.parametrize("not_run", [(), ("absent",)])
@pytest.mark.parametrize("metrics", [(), ("sdr",), example_run.METRICS])
@pytest.mark.parametrize("n_paired", [4, 8])  # with 4 clips there are no letters
def test_latex_rows_have_as_many_cells_as_the_tabular_has_columns(
    not_run: tuple[str, ...], metrics: tuple[str, ...], n_paired: int
) -> None:
    text = written(leaderboard(example_run.results(n_paired=n_paired)), not_run, metrics)
    rows = [line for line in text.splitlines() if line.endswith(r"\\")]
    assert len(rows) == 3 + len(not_run) + (2 if metrics else 1)
    assert {n_cells(row) for row in rows} == {n_columns(text)}


def test_latex_escapes_every_special_character_of_a_name() -> None:
    rows = [replace(row, model="[a\\b~c_1&2<%") for row in leaderboard(example_run.results())[:1]]
    assert r"{[}a\textbackslash{}b\textasciitilde{}c\_1\&2\textless{}\% & " in written(rows)


def test_latex_writes_a_negative_number_with_a_minus_sign() -> None:
    rows = leaderboard(example_run.results())
    figure = rows[1].figures["sdr"]
    assert figure.delta is not None
    worse = replace(figure, delta=replace(figure.delta, mean=-1.5))
    assert " & $-$1.50 & 0.13 & " in written([rows[0], replace(rows[1], figures={**rows[1].figures, "sdr": worse})])
