from __future__ import annotations

import csv
import io
import json

import pytest

from seinfer.analysis.leaderboard import Standing, leaderboard
from seinfer.analysis.ordering import check_sort, in_order, shown_metrics
from seinfer.analysis.settings import TableSettings
from seinfer.core.errors import UsageError
from seinfer.reports.grid import fitting
from seinfer.reports.markup import as_csv, latex, markdown
from seinfer.reports.rendering import render
from tests.reports import made


@pytest.fixture(scope="module")
def standings() -> list[Standing]:
    return leaderboard(made.results())


def test_markdown_is_a_table_with_notes_below(standings: list[Standing]) -> None:
    text = markdown(fitting(standings, made.METRICS, ["absent"], None), "10 clips", ["one", "two"])
    title, _, heading, rule, noisy, good, *_, first, second = text.splitlines()
    assert (title, first, second) == ("10 clips", "- one", "- two")
    assert heading == "| model | SDR dB | PESQ-WB | n | rtf | param. M | size MB | memory MiB |"
    assert rule.count("---:") == 7
    assert noisy.startswith("| noisy | 6.25 c | 1.500 | 9/10 |")
    assert good.startswith("| good | **12.41 a** +6.16 ±0.12 |")


def test_latex_is_a_tabular_that_escapes_names(standings: list[Standing]) -> None:
    odd = [Standing(**{**vars(s), "model": f"{s.model}_1&2"}) for s in standings]
    text = latex(fitting(odd, made.METRICS, [], None), "10 clips", ["100 % sure"])
    assert r"good\_1\&2 & \textbf{12.41 a} +6.16 $\pm$0.12 & 1.883" in text
    assert text.startswith("% 10 clips\n% 100 % sure\n\\begin{tabular}{lrrrrrrr}\n\\toprule\n")
    assert text.count(r"\\") == 4


def test_csv_has_a_column_for_each_figure_and_a_row_for_what_did_not_run(standings: list[Standing]) -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv(standings, made.METRICS, {"absent": "weights missing"}))))
    assert [row["model"] for row in rows] == ["noisy", "good", "small", "absent"]
    assert rows[1]["sdr"] == "12.406250" and rows[1]["sdr_tie_band"] == "a" and rows[1]["weights_bytes"] == "6000000"
    assert rows[3]["status"] == "not run: weights missing" and rows[3]["sdr"] == ""


@pytest.mark.parametrize(
    ("by", "models"),
    [
        ("", ["noisy", "good", "small"]),
        ("sdr", ["noisy", "good", "small"]),
        ("rtf", ["noisy", "small", "good"]),
        ("memory", ["noisy", "small", "good"]),
        ("name", ["noisy", "good", "small"]),
    ],
)
def test_order_begins_with_noisy_then_follows_the_choice(standings: list[Standing], by: str, models: list[str]) -> None:
    found = in_order(list(reversed(standings)), made.METRICS, by)
    assert [standing.model for standing in found] == models


def test_order_by_an_unknown_name_is_refused_with_the_closest() -> None:
    with pytest.raises(UsageError, match="--sort is 'sdrr', which this run does not have: did you mean sdr"):
        check_sort("sdrr", made.METRICS)
    with pytest.raises(UsageError, match=r"--metrics is 'stoi'.*expected one of sdr, pesq_wb"):
        shown_metrics(["stoi"], made.METRICS)


@pytest.mark.parametrize("form", ["table", "md", "csv", "json", "latex"])
def test_render_in_every_form_is_data_on_stdout(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    render(made.results(), TableSettings(format=form))
    shown = capsys.readouterr()
    assert "good" in shown.out and "nan" not in shown.out.lower()
    assert "failed: set/p287_006 (small): worker_crash" in shown.err
    if form == "json":
        document = json.loads(shown.out)
        assert {warning["kind"] for warning in document["warnings"]} >= {"lag", "in_domain"}
        assert {pair["metric"] for pair in document["pairs"]} == set(made.METRICS)
        assert [model["model"] for model in document["models"]] == ["noisy", "good", "small"]
    else:
        assert "warning: " in shown.out + shown.err


def test_render_shows_the_metrics_that_were_chosen(capsys: pytest.CaptureFixture[str]) -> None:
    render(made.results(), TableSettings("md", metrics=("pesq_wb",)))
    assert "| model | PESQ-WB | n |" in capsys.readouterr().out
