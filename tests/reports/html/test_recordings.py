"""The audio files of a page: which file, which level, and when they fit into the page."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from seinfer.analysis.results import Results
from seinfer.clips.discovery import estimate_path
from seinfer.reports.html.recordings import CLEAN, AudioFiles, Recording, estimated_bytes, recordings
from tests.helpers import RATE, speech_like, write_audio
from tests.reports.html.example_page import GAINS, write_run


def found(folder: Path, results: Results) -> Mapping[str, Recording]:
    files = AudioFiles(folder, results, results.models)
    (own,) = recordings(files, results.clips, folder, is_embedded=True)
    return {one.source: one for one in own}


def without_digests(results: Results) -> Results:
    """Return the results as if nobody knew the content of the files, so that a test may change them."""
    rows = {
        slot: replace(row, enhancement=replace(row.enhancement, estimate_sha256="")) if row.enhancement else row
        for slot, row in results.rows.items()
    }
    return replace(results, rows=rows)


def test_sources_are_noisy_then_clean_then_the_models_in_their_order(tmp_path: Path) -> None:
    results = write_run(tmp_path, n_clips=1)
    assert list(found(tmp_path, results)) == ["noisy", CLEAN, "good", "small"]
    assert AudioFiles(tmp_path, results, ("small", "noisy", "good")).sources == ("noisy", CLEAN, "small", "good")


def test_embedded_audio_is_the_estimate(tmp_path: Path) -> None:
    results = write_run(tmp_path, n_clips=1)
    kind, data = found(tmp_path, results)["good"].url.split(",")
    assert kind == "data:audio/ogg;base64"
    decoded, rate = soundfile.read(io.BytesIO(base64.b64decode(data)))
    original, _ = soundfile.read(estimate_path(tmp_path, "good", results.clips[0].clip_id))
    assert rate == 48_000
    assert np.std(decoded) == pytest.approx(np.std(original), rel=0.05)


def test_gain_attenuates_every_file_to_the_softest(tmp_path: Path) -> None:
    gains_db = {name: one.gain_db for name, one in found(tmp_path, write_run(tmp_path, n_clips=1)).items()}
    expected = {name: 20 * np.log10(GAINS["small"] / factor) for name, factor in GAINS.items()}
    assert gains_db == pytest.approx({**expected, CLEAN: expected["noisy"]}, abs=0.02)  # dB


def test_very_quiet_and_silent_files_are_left_as_they_are_and_do_not_count(tmp_path: Path) -> None:
    results = without_digests(write_run(tmp_path, n_clips=1))
    clip_id = results.clips[0].clip_id
    write_audio(estimate_path(tmp_path, "small", clip_id), 0.005 * speech_like(1.5, RATE), RATE)
    own = found(tmp_path, results)
    assert own["small"].gain_db is None
    assert own["small"].url
    write_audio(estimate_path(tmp_path, "small", clip_id), np.zeros(RATE), RATE)
    own = found(tmp_path, results)
    assert own["small"].gain_db is None
    assert own["good"].gain_db == 0
    assert own["noisy"].gain_db == pytest.approx(-6.02, abs=0.02)  # dB


def test_noisy_files_that_were_not_copied_into_the_run_folder_are_read_from_the_input(tmp_path: Path) -> None:
    results = write_run(tmp_path, n_clips=1)
    estimate_path(tmp_path, "noisy", results.clips[0].clip_id).unlink()
    assert found(tmp_path, results)["noisy"].url


def test_folder_of_another_program_that_was_removed_is_a_problem_of_its_files_only(tmp_path: Path) -> None:
    results = write_run(tmp_path, n_clips=1)
    facts = {**results.header["models"]["good"], "folder": str(tmp_path / "gone")}
    moved = replace(results, header={**results.header, "models": {**results.header["models"], "good": facts}})
    own = found(tmp_path, moved)
    assert own["good"].problem == "the audio file is not there any more"
    assert own["small"].url


def test_estimated_size_is_at_least_that_of_the_page(tmp_path: Path) -> None:
    results = write_run(tmp_path, n_clips=1)
    size = sum(len(one.url) for one in found(tmp_path, results).values())
    estimate = estimated_bytes(results.clips, 4)
    assert size <= estimate <= 2 * size
