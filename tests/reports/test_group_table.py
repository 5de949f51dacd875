"""The means of the groups of --by: equal to summary.csv, on any terminal width, in the formats table and md."""

from __future__ import annotations

from pathlib import Path

import pytest

from seinfer.analysis.leaderboard import leaderboard
from seinfer.analysis.settings import TableSettings
from seinfer.reports.group_table import group_tables
from seinfer.reports.rendering import render
from seinfer.reports.summary_csv import write_summary
from seinfer.reports.text_table import TextTable
from tests.helpers import rows
from tests.reports import example_run

MODELS = ("noisy", "small", "good")
BY_SNR = TableSettings(by=("snr_db",))


def tables(settings: TableSettings, width: int | None = None) -> list[tuple[str, TextTable]]:
    return list(group_tables(example_run.results(), MODELS, example_run.METRICS, settings, width))


def texts(table: TextTable) -> list[list[str]]:
    return [["".join(text for line in cell for text, _ in line) for cell in row] for row in table.rows]


def test_group_tables_equal_the_means_and_counts_of_summary_csv(tmp_path: Path) -> None:
    settings = TableSettings(by=("snr_db", "noise"))
    results = example_run.results(report=settings.as_header())
    write_summary(results, leaderboard(results), tmp_path / "summary.csv")
    lines = [
        row
        for row in rows(tmp_path / "summary.csv")
        if row["metric"] == "pesq_wb" and row["group_key"] != "all" and row["group_value"] not in ("(micro)", "(macro)")
    ]
    n_common = {(row["group_key"], row["group_value"]): row["n_common"] for row in lines if row["mean"]}
    expected = {
        (key, f"{group}\nn={n_common[key, group]}", row["model"]): row["mean"]
        for row in lines
        for key, group in [(row["group_key"], row["group_value"])]
    }
    shown = {
        (key, heading, model): value
        for key, (_, table) in zip(settings.by, tables(settings), strict=True)
        for model, *values in texts(table)
        for heading, value in zip(table.headings[1:], values, strict=True)
    }
    assert shown == {key: f"{float(mean):.3f}" if mean else "" for key, mean in expected.items()}


def test_group_tables_keep_the_order_of_the_models_and_name_the_bins() -> None:
    ((title, table),) = tables(BY_SNR)
    assert title.startswith("PESQ-WB by snr_db in bins of 5 dB: mean over the clips of each group")
    assert table.headings == ("model", "0..5\nn=2", "5..10\nn=2", "10..15\nn=1", "15..20\nn=1")
    assert [row[0] for row in texts(table)] == list(MODELS)


def test_group_tables_show_the_metric_of_sort() -> None:
    ((title, table),) = tables(TableSettings(by=("snr_db",), sort="sdr"))
    assert title.startswith("SDR dB by snr_db")
    assert texts(table)[0][1] == "1.25"


@pytest.mark.parametrize("width", [20, 26, 40])
def test_group_tables_on_a_narrow_terminal_continue_in_further_tables(width: int) -> None:
    (whole,) = (table for _, table in tables(BY_SNR))
    found = tables(BY_SNR, width)
    assert [title.endswith(", continued") for title, _ in found] == [False, *[True] * (len(found) - 1)]
    assert all(table.width <= width for _, table in found)
    assert [heading for _, table in found for heading in table.headings[1:]] == list(whole.headings[1:])


def test_group_tables_without_by_or_scores_are_absent() -> None:
    assert not tables(TableSettings())
    assert not list(group_tables(example_run.results(metrics=()), MODELS, (), BY_SNR, None))


def test_render_with_by_prints_the_groups_below_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    render(example_run.results(), BY_SNR)
    shown = capsys.readouterr().out
    assert shown.index("PESQ-WB by snr_db") > shown.index("method: ")
    assert "summary.csv" in shown.splitlines()[-1]


def test_render_markdown_with_by_has_a_second_table(capsys: pytest.CaptureFixture[str]) -> None:
    render(example_run.results(), TableSettings("md", by=("snr_db",)))
    assert "| model | 0..5 n=2 | 5..10 n=2 | 10..15 n=1 | 15..20 n=1 |" in capsys.readouterr().out


@pytest.mark.parametrize("form", ["csv", "json", "latex"])
def test_render_in_a_format_for_programs_has_no_second_table(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    render(example_run.results(), TableSettings(form, by=("snr_db",)))
    assert "in bins of" not in capsys.readouterr().out
