from __future__ import annotations

from seinfer.analysis.cautions import cautions
from seinfer.analysis.leaderboard import leaderboard
from seinfer.reports.console import footnotes
from seinfer.reports.json import as_document
from seinfer.reports.published import published_lines
from seinfer.reports.text_table import fit_to_width
from tests.analysis.published_set import N_CLIPS, SET, SOURCE, figure, measured
from tests.reports import example_run

METRICS = ("si_sdr", "pesq_wb")


def test_published_lines_show_both_figures_with_the_digits_of_the_source() -> None:
    figures = [figure("si_sdr", 8.45), figure("pesq_wb", 1.97), figure("pesq_wb", 2.4999)]
    assert list(published_lines(measured({"noisy": figures}), METRICS)) == [
        f"published: {SET}: noisy: si_sdr 8.00 measured, 8.45 published, difference -0.45 ({SOURCE})",
        f"published: {SET}: noisy: pesq_wb 2.500 measured, 1.970 published, difference +0.530 ({SOURCE})",
        f"published: {SET}: noisy: pesq_wb 2.5000 measured, 2.4999 published, difference +0.0001 ({SOURCE})",
    ]


def test_published_lines_of_a_run_with_lost_clips_say_how_many_were_measured() -> None:
    [line] = published_lines(measured({"net": [figure("si_sdr", 12)]}, n_lost=1), METRICS)
    assert f"si_sdr 12.00 measured over {N_CLIPS - 1} of {N_CLIPS} clips, 12.00 published" in line


def test_published_figures_are_below_the_table_and_in_the_json_output() -> None:
    results = measured({"noisy": [figure("si_sdr", 8.5)]})
    rows = leaderboard(results)
    table = fit_to_width(rows, results.metrics, [], None)
    assert set(published_lines(results, METRICS)) < set(footnotes(results, table, []))
    assert as_document(results, rows, cautions(results))["published"] == [
        {
            "test_set": SET,
            "model": "noisy",
            "metric": "si_sdr",
            "measured": 8.0,
            "n": N_CLIPS,
            "published": 8.5,
            "difference": -0.5,
            "source": SOURCE,
        }
    ]


def test_published_lines_of_clips_that_are_no_known_set_are_none() -> None:
    assert list(published_lines(example_run.results(), METRICS)) == []


def test_published_lines_of_metrics_that_are_not_shown_are_omitted() -> None:
    results = measured({"noisy": [figure("si_sdr", 8.5), figure("pesq_wb", 2.0)]})
    [line] = published_lines(results, ["pesq_wb"])
    assert "noisy: pesq_wb" in line
