from __future__ import annotations

from dataclasses import replace

import pytest

from seinfer.analysis.leaderboard import LeaderboardRow, leaderboard
from seinfer.analysis.ordering import check_sort, in_order, shown_metrics
from seinfer.core.errors import UsageError
from tests.reports import example_run


@pytest.fixture(scope="module")
def rows() -> list[LeaderboardRow]:
    return leaderboard(example_run.results())


@pytest.mark.parametrize(
    ("by", "models"),
    [
        ("", ["noisy", "good", "small"]),
        ("sdr", ["noisy", "good", "small"]),
        ("rtf", ["noisy", "small", "good"]),
        ("parameters", ["noisy", "small", "good"]),
        ("size", ["noisy", "small", "good"]),
        ("memory", ["noisy", "small", "good"]),
        ("name", ["noisy", "good", "small"]),
    ],
)
def test_in_order_has_noisy_first_then_sorts_by_the_choice(
    rows: list[LeaderboardRow], by: str, models: list[str]
) -> None:
    found = in_order(list(reversed(rows)), example_run.METRICS, by)
    assert [row.model for row in found] == models


def test_in_order_puts_a_model_without_a_value_last(rows: list[LeaderboardRow]) -> None:
    unknown = replace(rows[2], model="unknown", rtf=None)
    assert [row.model for row in in_order([unknown, *rows], example_run.METRICS, "rtf")][-1] == "unknown"
    figures = {metric: replace(figure, summary=None, rank=None) for metric, figure in rows[1].figures.items()}
    failed = replace(rows[1], model="failed", figures=figures)
    for by in ("", "sdr"):
        assert [row.model for row in in_order([failed, *rows], example_run.METRICS, by)][-1] == "failed"


def test_check_sort_unknown_name_is_a_usage_error_with_a_suggestion() -> None:
    with pytest.raises(UsageError, match="--sort is 'sdrr', which this run does not have: did you mean sdr"):
        check_sort("sdrr", example_run.METRICS)


@pytest.mark.parametrize("by", ["", "name", "rtf", "sdr"])
def test_check_sort_accepts_metrics_costs_name_and_nothing(by: str) -> None:
    assert check_sort(by, example_run.METRICS) == by


@pytest.mark.parametrize(
    ("by", "name"), [("PESQ-WB", "pesq_wb"), ("pesq", "pesq_wb"), ("dnsmos", "dnsmos_ovrl"), ("RTF", "rtf")]
)
def test_check_sort_accepts_names_as_printed_and_one_metric_of_a_family(by: str, name: str) -> None:
    assert check_sort(by, ["sdr", "pesq_wb", "dnsmos_sig", "dnsmos_ovrl"]) == name


def test_shown_metrics_are_in_column_order_and_all_by_default() -> None:
    assert shown_metrics(["stoi", "sdr"], ["sdr", "pesq_wb", "stoi"]) == ["sdr", "stoi"]
    assert shown_metrics([], ["sdr", "pesq_wb"]) == ["sdr", "pesq_wb"]


def test_shown_metrics_accepts_names_as_printed_and_families() -> None:
    known = ["sdr", "pesq_wb", "dnsmos_sig", "dnsmos_ovrl"]
    assert shown_metrics(["DNSMOS", "PESQ-WB"], known) == ["pesq_wb", "dnsmos_sig", "dnsmos_ovrl"]


def test_shown_metrics_not_computed_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match=r"--metrics is 'stoi'.*expected one of sdr, pesq_wb"):
        shown_metrics(["stoi"], example_run.METRICS)
