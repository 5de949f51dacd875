from __future__ import annotations

from seinfer.reports.failed_clips import lost_clip_lines
from tests.reports import example_run


def test_lost_clip_lines_give_the_means_and_the_order_of_each_shown_metric() -> None:
    lines = list(lost_clip_lines(example_run.results(), ("sdr",)))
    assert lines == [
        "if lost clips count as unprocessed (small 1), sdr over 7 clips instead of 6: good 13.69 (was 12.41), "
        "small 11.72 (was 11.17), noisy 7.50 (was 6.25); same order"
    ]


def test_lost_clip_lines_of_hidden_metrics_are_left_out() -> None:
    assert list(lost_clip_lines(example_run.results(), ())) == []
