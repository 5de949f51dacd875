from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from seinfer.analysis.groups import groups
from seinfer.analysis.results import Results
from seinfer.reports.figures import draw
from seinfer.reports.figures.categories import MAX_GROUPS
from tests.analysis.example_models import MODELS, compared
from tests.reports import example_run


def with_rooms(room_of: Mapping[str, str]) -> Results:
    """Return results of 60 clips, each in the room that is given for its clip_id."""
    run = compared(MODELS)
    clips = tuple(replace(clip, category={"room": room_of[clip.clip_id]}) for clip in run.clips)
    return replace(run, clips=clips, header={**run.header, "report": {"by": ["room"]}})


def test_categories_without_by_is_none() -> None:
    assert draw("categories", example_run.results()) is None


def test_categories_draws_the_means_of_the_groups_that_have_common_clips() -> None:
    run = example_run.results(report={"by": ["noise"]})
    picture = draw("categories", run, ("sdr",))
    assert picture is not None
    (axes,) = picture.figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["fan, n = 2", "street, n = 2", "(none), n = 2"]
    drawn = [float(np.asarray(line.get_xdata())[0]) for line in axes.lines if line.get_marker() not in ("None", "")]
    expected = []
    for group in groups(run, "noise"):
        statistics = run.compared("sdr", group.clips).models
        expected += [one.summary.interval.mean for one in (statistics[0], statistics[1], statistics[2]) if one.summary]
    assert drawn == pytest.approx(expected)


def test_categories_of_many_groups_shows_those_with_the_most_clips_in_natural_order() -> None:
    rooms = {f"{i:03}": f"room {i % 20 if i < 40 else i % MAX_GROUPS}" for i in range(60)}
    picture = draw("categories", with_rooms(rooms))
    assert picture is not None
    (axes,) = picture.figure.axes
    names = [label.get_text().split(",")[0] for label in axes.get_yticklabels()]
    assert sorted(names) == sorted(f"room {i}" for i in range(MAX_GROUPS))
    assert "the 12 groups with the most clips, of 20" in axes.get_title("left")


def test_categories_without_chosen_metrics_has_those_of_the_table_of_the_groups() -> None:
    run = example_run.results(report={"by": ["noise", "snr_db"]})
    picture = draw("categories", run)
    assert picture is not None
    assert [axes.get_title("left") for axes in picture.figure.axes] == [
        "PESQ-WB (MOS-LQO) by noise",
        "PESQ-WB (MOS-LQO) by snr_db",
    ]
