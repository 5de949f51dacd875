"""What `seinfer blind make` prints about a test."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from seinfer.analysis.results import Results
from seinfer.pipeline.journal import read_journal
from seinfer.reports.listening.make import Made, make_test
from seinfer.reports.listening.summary import remarks, summary_document, summary_lines

from .listening_run import MODELS, request, write_run


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Results, Made]:
    folder = tmp_path_factory.mktemp("summary")
    results = read_journal(write_run(folder, good="talk1")).results()
    return folder, results, make_test(results, request(folder, n_raters=2))


def test_summary_states_sizes_key_and_commitment(made: tuple[Path, Results, Made]) -> None:
    folder, _, test = made
    lines = list(summary_lines(test, request(folder)))
    assert lines[0] == "2 sessions of 17 trials, about 4 minutes each: p835, 3 models, 3 clips (3 in each session)"
    assert lines[1].endswith("16000 Hz, 2.00 s each, level p56:-26")
    assert lines[2:4] == [
        f"test folder: {folder / 'test'}",
        f"key: {folder / 'test.key.json'} (keep it away from raters until all ratings are there)",
    ]
    assert lines[4] == f"key_sha256: {test.test.key_sha256}"


def test_summary_document_has_the_same_facts(made: tuple[Path, Results, Made]) -> None:
    folder, _, test = made
    document = summary_document(test, request(folder))
    assert document["models"] == list(test.key.models)
    assert document["n_sessions"] == 2
    assert document["n_trials_per_session"] == 17
    assert document["n_stimuli"] == len(test.key.items)
    assert document["excluded"] == {"talk1": "good: worker_crash: it ended with signal 11"}


def test_remarks_list_excluded_clips_and_the_next_steps(made: tuple[Path, Results, Made]) -> None:
    folder, results, test = made
    lines = list(remarks(test, request(folder), results))
    assert lines[0] == "excluded: talk1: good: worker_crash: it ended with signal 11"
    assert "note: training, gold and trap trials use clips under test, because the run has no others" in lines
    assert not any("8 kHz" in line for line in lines)
    assert lines[-2].startswith("next: seinfer blind check ")
    assert lines[-1].startswith("then: open ")


@pytest.mark.parametrize(("band", "is_warned"), [("native", True), ("8k", False)])
def test_remarks_warn_of_models_that_end_at_8_khz_among_wider_clips(
    made: tuple[Path, Results, Made], band: str, is_warned: bool
) -> None:
    folder, results, test = made
    wide = replace(results, clips=tuple(replace(clip, sample_rate=48_000) for clip in results.clips))
    lines = list(remarks(test, request(folder, band=band), wide))
    warned = [line for line in lines if "at 8 kHz" in line]
    assert len(warned) == is_warned
    assert all(model in line for line in warned for model in MODELS[1:])


def test_remarks_state_large_pages_turned_down_stimuli_and_equal_neighbours(made: tuple[Path, Results, Made]) -> None:
    folder, results, test = made
    late = tuple(replace(item, delay_samples=320 * (item.model == "good")) for item in test.key.items)
    big = replace(test.key, test=replace(test.key.test, n_samples=48_000 * 60), items=late)
    changed = replace(
        test,
        key=big,
        plan=replace(test.plan, n_neighbours=3),
        rendered=replace(test.rendered, common_gain_db=-2.5, n_approximate=1, longest_padding_s=3.25),
    )
    text = "\n".join(remarks(changed, request(folder), results))
    assert "a session page has" in text and "MB" in text
    assert "up to 3.2 s of silence" in text
    assert text.count("the files of good are up to 20 ms late or early") == 1
    assert "all stimuli are 2.5 dB lower" in text
    assert "a trial follows one of the same clip or model 3 times" in text
    assert "the speech level of 1 stimulus file is approximate" in text
