"""Published figures are set beside measured ones on a whole published test set, and nowhere else."""

from __future__ import annotations

import pytest

from seinfer.analysis.published import Reproduction, reproductions

from .published_set import N_CLIPS, SET, SOURCE, figure, measured


def test_reproductions_on_a_known_set_have_the_difference_and_the_source() -> None:
    found = reproductions(measured({"noisy": [figure("si_sdr", 8.45)], "net": [figure("pesq_wb", 2.25)]}))
    assert found == [
        Reproduction(SET, "noisy", "si_sdr", 8.0, N_CLIPS, 8.45, pytest.approx(-0.45), SOURCE),
        Reproduction(SET, "net", "pesq_wb", 2.5, N_CLIPS, 2.25, 0.25, SOURCE),
    ]


def test_reproductions_on_a_part_of_the_set_are_none() -> None:
    assert reproductions(measured({"noisy": [figure("si_sdr", 8.45)]}, n_clips=N_CLIPS - 1)) == []


def test_reproductions_of_another_set_or_metric_are_omitted() -> None:
    figures = [figure("si_sdr", 9.07, "dns2020-no-reverb"), figure("stoi", 0.92)]
    assert reproductions(measured({"noisy": figures})) == []


def test_reproductions_of_two_sources_are_both_kept() -> None:
    found = reproductions(measured({"noisy": [figure("pesq_wb", 1.97), figure("pesq_wb", 2.0)]}))
    assert [one.published for one in found] == [1.97, 2.0]


def test_reproductions_count_only_the_clips_that_have_a_score() -> None:
    [found] = reproductions(measured({"noisy": [figure("si_sdr", 8.0)]}, n_lost=4))
    assert (found.n, found.measured) == (N_CLIPS - 4, 8.0)


def test_reproductions_of_a_run_without_published_figures_are_none() -> None:
    results = measured({"noisy": []})
    del results.header["models"]["noisy"]["published"]  # as an external folder, or a run folder of an older version
    assert reproductions(results) == []
