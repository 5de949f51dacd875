"""Models and clips of a listening test: which are taken, which are excluded and why."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from seinfer.analysis.results import Results
from seinfer.core.errors import UsageError
from seinfer.mixing.random_draws import RandomDraws
from seinfer.pipeline.journal import read_journal
from seinfer.reports.listening.sources import Sources, sources_of

from .listening_run import request, write_run

DRAWS = RandomDraws(1)


def results(folder: Path, **options: Any) -> Results:
    return read_journal(write_run(folder, **options)).results()


def chosen(folder: Path, found: Results, **changes: Any) -> Sources:
    return sources_of(found, request(folder, **changes), DRAWS)


def test_sources_are_all_models_and_clips_by_default(tmp_path: Path) -> None:
    found = chosen(tmp_path, results(tmp_path))
    assert found.models == ("noisy", "bad", "good") or found.models == ("noisy", "good", "bad")
    assert sorted(found.clips) == ["talk0", "talk1", "talk2", "talk3"]
    assert sorted(found.controls) == sorted(found.clips)  # there are no others
    assert set(found.paths["talk0"]) == {"noisy", "good", "bad", "clean"}
    assert not found.excluded


def test_sources_of_an_abx_test_leave_out_noisy_unless_it_is_named(tmp_path: Path) -> None:
    run = results(tmp_path)
    assert "noisy" not in chosen(tmp_path, run, design="abx").models
    assert "noisy" in chosen(tmp_path, run, design="abx", models=("noisy", "good")).models


@pytest.mark.parametrize(("design", "pairs"), [("mushra", "all"), ("ccr", "baseline"), ("ab", "baseline")])
def test_sources_of_designs_that_compare_with_noisy_include_it(tmp_path: Path, design: str, pairs: str) -> None:
    found = chosen(tmp_path, results(tmp_path), design=design, pairs=pairs, models=("good",))
    assert found.models == ("noisy", "good")


def test_sources_sample_every_category_and_leave_the_others_for_control_trials(tmp_path: Path) -> None:
    run = results(tmp_path, n_clips=8, durations_s=(0.6,))
    noises = {clip.clip_id: clip.category["noise"] for clip in run.clips}
    found = chosen(tmp_path, run, n_clips=4)
    assert Counter(noises[clip] for clip in found.clips) == {"fan": 2, "street": 2}
    assert sorted([*found.clips, *found.controls]) == sorted(noises)


def test_sources_for_control_trials_are_not_longer_than_the_clips_under_test(tmp_path: Path) -> None:
    run = results(tmp_path, n_clips=6, durations_s=(0.6,))
    for n_long, is_enough in ((1, True), (3, False)):
        first = chosen(tmp_path, run, n_clips=2)
        long = first.controls[:n_long]
        clips = [replace(clip, n_samples=9_601 + (clip.clip_id in long)) for clip in run.clips]
        found = chosen(tmp_path, replace(run, clips=tuple(clips)), n_clips=2)
        assert found.clips == first.clips
        assert not set(long) & set(found.controls)
        assert bool(set(found.controls) & set(found.clips)) is not is_enough


def test_sources_sample_good_and_bad_inputs_evenly(tmp_path: Path) -> None:
    run = results(tmp_path, n_clips=8, durations_s=(0.6,))
    run = replace(run, clips=tuple(replace(clip, category={}) for clip in run.clips))
    for seed in range(5):
        found = sources_of(run, request(tmp_path, n_clips=4), RandomDraws(seed))
        quality = sorted(int(clip.removeprefix("talk")) for clip in found.clips)  # the score of the noisy clip
        assert [value // 2 for value in quality] == [0, 1, 2, 3]


def test_sources_exclude_a_clip_that_failed_for_a_model_under_test(tmp_path: Path) -> None:
    run = results(tmp_path, good="talk1")
    found = chosen(tmp_path, run)
    assert found.excluded == {"talk1": "good: worker_crash: it ended with signal 11"}
    assert "talk1" not in [*found.clips, *found.controls]
    assert not chosen(tmp_path, run, models=("noisy", "bad")).excluded


def test_sources_exclude_a_clip_whose_file_was_changed_or_removed_after_the_run(tmp_path: Path) -> None:
    run = results(tmp_path)
    (tmp_path / "run/audio/good/talk0.wav").unlink()
    (tmp_path / "in/clean/talk1.wav").write_bytes((tmp_path / "in/clean/talk2.wav").read_bytes())
    found = chosen(tmp_path, run)
    assert found.excluded["talk0"].startswith("unreadable: ")
    assert found.excluded["talk1"].startswith("changed: ")
    assert sorted(found.clips) == ["talk2", "talk3"]


def test_sources_of_mushra_exclude_long_clips_and_clips_without_a_clean_file(tmp_path: Path) -> None:
    run = results(tmp_path)
    clips = list(run.clips)
    clips[0] = replace(clips[0], n_samples=13 * clips[0].sample_rate)
    clips[1] = replace(clips[1], clean_path="")
    run = replace(run, clips=tuple(clips))
    excluded = chosen(tmp_path, run, design="mushra").excluded
    assert excluded == {
        "talk0": "it lasts 13.0 s; expected 0.5 to 12 s for mushra",
        "talk1": "it has no clean file, which mushra needs as reference",
    }
    assert not chosen(tmp_path, run, design="p835").excluded


def test_sources_of_too_few_clips_are_a_usage_error_with_the_reasons(tmp_path: Path) -> None:
    run = results(tmp_path, n_clips=2, good="talk1")
    with pytest.raises(UsageError, match="1 clip of the run can be used, expected at least 2") as error:
        chosen(tmp_path, run)
    assert "talk1: good: worker_crash" in str(error.value)
    with pytest.raises(UsageError, match="2 clips of the run can be used, expected at least 3"):
        chosen(tmp_path, run, models=("noisy", "bad"), n_clips=3)


def test_sources_with_an_unknown_model_or_a_single_model_are_a_usage_error(tmp_path: Path) -> None:
    run = results(tmp_path)
    with pytest.raises(UsageError, match="'goood', which is not in the run"):
        chosen(tmp_path, run, models=("goood",))
    with pytest.raises(UsageError, match="a test of good compares nothing"):
        chosen(tmp_path, run, models=("good",))


def test_sources_without_noisy_in_the_run_are_a_usage_error_where_it_is_needed(tmp_path: Path) -> None:
    run = replace(results(tmp_path), models=("good", "bad"))
    with pytest.raises(UsageError, match="or --pairs all"):
        chosen(tmp_path, run, design="ccr")
    assert chosen(tmp_path, run, design="ccr", pairs="all").models == ("good", "bad")
