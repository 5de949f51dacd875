from __future__ import annotations

import json

import pytest

from seinfer.analysis.settings import TableSettings
from seinfer.core.errors import UsageError
from seinfer.reports.rendering import render
from tests.reports import example_run


@pytest.mark.parametrize("form", ["table", "md", "csv", "json", "latex"])
def test_render_in_every_format_prints_data_on_stdout_and_failures_on_stderr(
    form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    render(example_run.results(), TableSettings(format=form))
    shown = capsys.readouterr()
    assert "good" in shown.out and "nan" not in shown.out.lower()
    assert "failed: set/p287_006 (small): worker_crash" in shown.err
    if form == "json":
        document = json.loads(shown.out)
        assert {warning["kind"] for warning in document["warnings"]} >= {"lag", "in_domain"}
        assert {pair["metric"] for pair in document["pairs"]} == set(example_run.METRICS)
        assert [model["model"] for model in document["models"]] == ["noisy", "good", "small"]
    else:
        assert "warning: " in shown.out + shown.err


def test_render_csv_prints_warnings_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    render(example_run.results(), TableSettings("csv"))
    shown = capsys.readouterr()
    assert "warning: " not in shown.out
    assert "warning: shifted in time against" in shown.err


def test_render_shows_only_the_chosen_metrics(capsys: pytest.CaptureFixture[str]) -> None:
    render(example_run.results(), TableSettings("md", metrics=("pesq_wb",)))
    assert "| model | PESQ-WB | n |" in capsys.readouterr().out


def test_render_sorts_the_models(capsys: pytest.CaptureFixture[str]) -> None:
    render(example_run.results(), TableSettings("md", sort="rtf"))
    shown = capsys.readouterr().out
    assert shown.index("| noisy |") < shown.index("| small |") < shown.index("| good |")


def test_render_accepts_a_metric_as_printed(capsys: pytest.CaptureFixture[str]) -> None:
    render(example_run.results(), TableSettings("md", sort="PESQ-WB", metrics=("PESQ-WB",)))
    assert "| model | PESQ-WB | n |" in capsys.readouterr().out


@pytest.mark.parametrize("display", [TableSettings("md", sort="colour"), TableSettings("md", metrics=("stoi",))])
def test_render_unknown_sort_or_metric_is_a_usage_error(display: TableSettings) -> None:
    with pytest.raises(UsageError, match="which this run does not have"):
        render(example_run.results(), display)
