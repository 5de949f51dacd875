from __future__ import annotations

from dataclasses import replace

import pytest

from seinfer.reports.listening.planning import TYPICAL, PowerRequest, as_lines, plan
from seinfer.reports.listening.records import DesignName
from seinfer.stats.rating_power import Components


def request(design: DesignName = "p835", **changes: object) -> PowerRequest:
    components, difference = TYPICAL[design]
    usual = PowerRequest(design, difference, None, None, 0.8, 2, components)
    return replace(usual, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("difference", "n_raters", "n_clips", "expected"), [(0.5, 16, 12, 0.77), (0.5, 24, 24, 0.98), (0.3, 24, 48, 0.83)]
)
def test_plan_of_a_given_test_states_its_power(difference: float, n_raters: int, n_clips: int, expected: float) -> None:
    found = plan(request(difference=difference, n_raters=n_raters, n_clips=n_clips))
    assert found.power == pytest.approx(expected, abs=0.02)
    text = "\n".join(as_lines(found))
    assert f"{n_raters} raters x {n_clips} clips: power {found.power:.2f}" in text
    assert "more clips beat more raters" in text


@pytest.mark.parametrize("design", ["p835", "mushra", "ccr", "ab"])
def test_plan_searches_for_the_numbers_that_are_not_given(design: DesignName) -> None:
    both = plan(request(design))
    assert both.n_raters is not None and both.n_clips is not None
    assert both.power is not None and both.power >= 0.8
    clips = plan(request(design, n_raters=40))
    assert clips.n_raters == 40 and clips.power is not None and clips.power >= 0.8


def test_plan_of_many_models_needs_more_because_the_error_is_divided() -> None:
    two, eight = plan(request(n_raters=24)), plan(request(n_raters=24, n_models=8))
    assert two.n_clips is not None and eight.n_clips is not None
    assert eight.n_clips > two.n_clips
    assert "5 % divided by 28 pairs of 8 models" in "\n".join(as_lines(eight))


def test_plan_that_no_number_reaches_says_so() -> None:
    found = plan(request(difference=0.01))
    assert (found.power, found.n_clips) == (None, None)
    assert "a power of 0.8 is not reached with up to 100 raters and 300 clips" in "\n".join(as_lines(found))


def test_plan_where_raters_differ_most_says_that_more_raters_beat_more_clips() -> None:
    found = plan(request(components=Components(rater=0.9, clip=0.05, vote=0.7)))
    assert "more raters beat more clips" in "\n".join(as_lines(found))


def test_plan_of_abx_counts_answers() -> None:
    found = plan(request("abx", n_raters=2, n_clips=12, share_correct=0.8))
    assert (found.n_critical, found.power) == (17, pytest.approx(0.91, abs=0.01))
    assert "24 answers: power 0.91, 17 right ones needed" in "\n".join(as_lines(found))
    searched = plan(request("abx"))
    assert searched.power is not None and searched.power >= 0.8
