"""The folders of a test set: which inputs are allowed, which files are replaced, and how the pairs are found."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from seinfer.clips.pairing import collect
from seinfer.core.errors import PairingError, RunFolderError, UsageError
from seinfer.mixing.request import MixRequest

from .mixtures import RATE, files, make, manifest, speech, write, write_sources


@pytest.fixture
def mix_request(tmp_path: Path) -> MixRequest:
    return write_sources(tmp_path)


def test_make_test_set_again_deletes_the_pairs_of_the_earlier_set(mix_request: MixRequest) -> None:
    make(replace(mix_request, per_speech=2))
    (mix_request.out / "notes.txt").write_text("mine")
    assert len(list((mix_request.out / "noisy").rglob("*.wav"))) == 20
    make(mix_request)
    assert len(list((mix_request.out / "noisy").rglob("*.wav"))) == 10
    assert len(list((mix_request.out / "clean").rglob("*.wav"))) == 10
    assert (mix_request.out / "notes.txt").read_text() == "mine"


def test_make_test_set_after_an_interrupted_run_replaces_it(
    mix_request: MixRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("seinfer.mixing.testset.write_csv", interrupt)
        make(replace(mix_request, per_speech=2))
    assert not (mix_request.out / "manifest.csv").exists()
    make(mix_request)
    assert len(collect([mix_request.out]).clips) == 10


@pytest.mark.parametrize("content", ["thesis.txt", "mix.json"])
def test_make_test_set_in_a_folder_with_other_files_is_refused(mix_request: MixRequest, content: str) -> None:
    mix_request.out.mkdir()
    (mix_request.out / content).write_text('{"made_by": "another program"}')
    before = files(mix_request.out)
    with pytest.raises(UsageError, match=f"is neither empty nor a test set of seinfer mix: it contains {content}"):
        make(mix_request)
    assert files(mix_request.out) == before


def test_make_test_set_never_deletes_other_wav_files(mix_request: MixRequest) -> None:
    make(mix_request)
    write(mix_request.out / "noisy" / "mine.wav", speech())
    before = files(mix_request.out)
    with pytest.raises(UsageError, match=r"noisy/mine.wav is not in the manifest"):
        make(mix_request)
    assert files(mix_request.out) == before


@pytest.mark.parametrize("inside", ["", "clean"])
@pytest.mark.parametrize("role", ["speech", "noise"])
def test_make_test_set_with_input_in_the_output_folder_is_refused(
    mix_request: MixRequest, role: str, inside: str
) -> None:
    make(mix_request)
    before = files(mix_request.out)
    with pytest.raises(UsageError, match=f"--{role} .* is in the output folder"):
        make(replace(mix_request, **{role: mix_request.out / inside}))
    assert files(mix_request.out) == before


def test_make_test_set_with_one_folder_for_two_roles_is_refused(mix_request: MixRequest) -> None:
    with pytest.raises(UsageError, match="--speech and --noise are both"):
        make(replace(mix_request, noise=mix_request.speech / "."))


def test_make_test_set_of_a_folder_with_only_the_other_inputs_is_refused(mix_request: MixRequest) -> None:
    inner = mix_request.noise / "speech"
    shutil.move(mix_request.speech, inner)
    for path in mix_request.noise.glob("*.flac"):
        path.unlink()
    with pytest.raises(UsageError, match="no audio files in"):
        make(replace(mix_request, speech=inner))
    shutil.copy(inner / "clip0.wav", mix_request.noise / "only.wav")
    shutil.rmtree(inner)
    with pytest.raises(UsageError, match="contains only audio files that have another role"):
        make(replace(mix_request, speech=mix_request.noise / "only.wav"))


def test_make_test_set_with_a_file_as_output_folder_is_refused(mix_request: MixRequest) -> None:
    mix_request.out.write_text("x")
    with pytest.raises(UsageError, match="is a file"):
        make(mix_request)
    with pytest.raises(RunFolderError, match="cannot be used"):
        make(replace(mix_request, out=mix_request.out / "below"))


def test_make_test_set_does_not_use_noise_below_the_speech_folder_as_speech(mix_request: MixRequest) -> None:
    inner = mix_request.speech / "noise"
    shutil.move(mix_request.noise, inner)
    result = make(replace(mix_request, noise=inner, out=mix_request.speech / "out"))
    assert len(result.rows) == 10
    again = make(replace(mix_request, noise=inner, out=mix_request.speech / "out"))
    assert again == result


def test_make_test_set_of_three_similar_names_keeps_them_distinct(mix_request: MixRequest) -> None:
    sources = {"x.wav", "x.flac", "x.wav.wav"}
    for name in sources:
        write(mix_request.speech / name, speech())
    make(mix_request)
    made = [row for row in manifest(mix_request.out).values() if row["speech_source"] in sources]
    assert {row["speech_source"] for row in made} == sources
    assert len({row["clip_id"] for row in made}) == 3


def test_make_test_set_of_one_name_in_two_formats_keeps_them_distinct(mix_request: MixRequest) -> None:
    write(mix_request.speech / "clip0.flac", speech(1.0, seed=50))
    make(mix_request)
    rows = manifest(mix_request.out)
    assert {rows[name]["speech_source"] for name in ("clip0.wav", "clip0.flac")} == {"clip0.wav", "clip0.flac"}
    assert len(collect([mix_request.out]).clips) == 11


def test_make_test_set_accepts_a_single_noise_file(mix_request: MixRequest) -> None:
    make(replace(mix_request, noise=mix_request.noise / "noise1.flac"))
    assert {row["noise"] for row in manifest(mix_request.out).values()} == {"noise1.flac"}


def test_make_test_set_does_not_use_a_noise_file_next_to_speech_as_speech(mix_request: MixRequest) -> None:
    shutil.copy(mix_request.noise / "noise1.flac", mix_request.speech / "hum.flac")
    assert len(make(replace(mix_request, noise=mix_request.speech / "hum.flac")).rows) == 10


def test_make_test_set_without_usable_files_is_an_error(mix_request: MixRequest) -> None:
    for path in mix_request.noise.iterdir():
        write(path, np.zeros(RATE))
    with pytest.raises(UsageError, match=r"none of the 4 noise files can be used, such as: .* -inf dBov"):
        make(mix_request)
    with pytest.raises(
        UsageError, match=r"nothing could be mixed; 5 failed, such as clip1.wav: .* too little for the steps"
    ):
        make(
            replace(
                mix_request,
                noise=mix_request.speech / "clip0.wav",
                speech=mix_request.speech / "deep er",
                snrs_db=(90.0,),
            )
        )


def test_make_test_set_that_cannot_write_a_file_leaves_no_half_pair(mix_request: MixRequest) -> None:
    make(mix_request)
    (mix_request.out / "clean" / "clip4.wav").unlink()
    (mix_request.out / "clean" / "clip4.wav").mkdir()
    result = make(mix_request)
    assert [(failure.source, failure.reason) for failure in result.failures] == [("clip4.wav", "not_written")]
    assert not (mix_request.out / "noisy" / "clip4.wav").exists()
    assert len(collect([mix_request.out]).clips) == 9


def test_collect_of_a_test_set_by_folders_equals_by_manifest(mix_request: MixRequest) -> None:
    make(replace(mix_request, per_speech=2))
    by_folders, by_manifest = collect([mix_request.out]), collect([], manifest=mix_request.out / "manifest.csv")
    assert len(by_folders.clips) == 20
    pairs = [[(c.clip_id, c.noisy_path, c.clean_path) for c in found.clips] for found in (by_folders, by_manifest)]
    assert pairs[0] == pairs[1]
    assert all(clip.clean_path for clip in by_folders.clips)
    assert not by_folders.notes
    rows = manifest(mix_request.out)
    for clip in by_manifest.clips:
        assert (clip.category["snr_db"], clip.category["noise"]) == (
            rows[clip.clip_id]["snr_db"],
            rows[clip.clip_id]["noise"],
        )


def test_collect_of_a_test_set_that_lost_a_noisy_file_is_refused(mix_request: MixRequest) -> None:
    make(mix_request)
    (mix_request.out / "noisy" / "clip0.wav").unlink()
    with pytest.raises(PairingError):
        collect([mix_request.out])
