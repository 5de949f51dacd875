"""Finding audio files in folders, clip_ids, and the headers and digests of clips."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from seinfer.clips.discovery import JOURNAL, RUN_JSON, clip_ids, find_audio, inspect, is_run_folder, resolved
from seinfer.core.errors import UsageError
from seinfer.core.hashing import sha256_of
from seinfer.core.records import Clip


def create_files(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def find_ids(tmp_path: Path, *inputs: Path, exclude: tuple[Path, ...] = ()) -> list[str]:
    base, paths = find_audio(inputs or (tmp_path,), exclude)
    return clip_ids(paths, base)


def test_find_audio_of_a_tree_gives_relative_names_without_suffix(tmp_path: Path) -> None:
    create_files(tmp_path / "b.wav", tmp_path / "a" / "x.flac", tmp_path / "a" / "y.MP3", tmp_path / "notes.txt")
    assert find_ids(tmp_path) == ["a/x", "a/y", "b"]


def test_find_audio_of_equal_names_in_different_folders_gives_different_ids(tmp_path: Path) -> None:
    create_files(tmp_path / "a" / "x.wav", tmp_path / "b" / "x.wav")
    assert find_ids(tmp_path) == ["a/x", "b/x"]


def test_clip_ids_of_equal_names_in_one_folder_keep_their_suffix(tmp_path: Path) -> None:
    create_files(tmp_path / "x.wav", tmp_path / "x.flac", tmp_path / "y.wav")
    assert find_ids(tmp_path) == ["x.flac", "x.wav", "y"]


def test_find_audio_of_several_inputs_names_them_from_their_common_folder(tmp_path: Path) -> None:
    create_files(tmp_path / "a" / "x.wav", tmp_path / "b" / "x.wav")
    assert find_ids(tmp_path, tmp_path / "a", tmp_path / "b" / "x.wav") == ["a/x", "b/x"]


def test_find_audio_of_a_file_given_itself_ignores_its_suffix(tmp_path: Path) -> None:
    create_files(tmp_path / "clip.bin")
    assert find_ids(tmp_path, tmp_path / "clip.bin") == ["clip"]


def test_find_audio_of_the_same_file_twice_gives_one_clip(tmp_path: Path) -> None:
    create_files(tmp_path / "x.wav")
    assert find_ids(tmp_path, tmp_path, tmp_path / "x.wav") == ["x"]


def test_find_audio_of_an_unknown_kind_of_url_names_the_kinds() -> None:
    with pytest.raises(UsageError, match=r"ftp:/host/a does not exist; .* or a URL that starts with s3://, .*https://"):
        find_audio([Path("ftp://host/a")])


def test_find_audio_leaves_out_hidden_files_and_folders(tmp_path: Path) -> None:
    create_files(tmp_path / "._x.wav", tmp_path / ".cache" / "y.wav", tmp_path / "z.wav")
    assert find_ids(tmp_path) == ["z"]


def test_find_audio_leaves_out_the_output_folder(tmp_path: Path) -> None:
    create_files(tmp_path / "x.wav", tmp_path / "out" / "audio" / "m" / "x.wav")
    assert find_ids(tmp_path, exclude=(tmp_path / "out",)) == ["x"]


def test_find_audio_leaves_out_another_run_folder(tmp_path: Path) -> None:
    create_files(tmp_path / "x.wav", tmp_path / "old" / JOURNAL, tmp_path / "old" / "audio" / "m" / "x.wav")
    assert find_ids(tmp_path) == ["x"]


def test_find_audio_in_a_run_folder_with_clips_finds_the_clips(tmp_path: Path) -> None:
    create_files(tmp_path / JOURNAL, tmp_path / "noisy" / "x.wav", tmp_path / "audio" / "m" / "x.wav")
    assert find_ids(tmp_path) == find_ids(tmp_path.parent, tmp_path) == ["noisy/x"]


def test_find_audio_in_a_folder_called_audio_outside_of_a_run_finds_its_files(tmp_path: Path) -> None:
    create_files(tmp_path / "audio" / "x.wav", tmp_path / RUN_JSON)
    assert find_ids(tmp_path) == ["audio/x"]


def test_find_audio_of_a_run_folder_alone_says_why_there_is_none(tmp_path: Path) -> None:
    create_files(tmp_path / JOURNAL, tmp_path / "audio" / "m" / "x.wav")
    with pytest.raises(UsageError, match=r"no audio files in .*the enhanced files in .*, a run folder, are not used"):
        find_audio([tmp_path])


@pytest.mark.parametrize(
    ("name", "content", "is_run"),
    [
        (JOURNAL, "", True),
        (RUN_JSON, '{"run_id": "0123"}', True),
        (RUN_JSON, '{"run": 1}', False),
        (RUN_JSON, "[" * 100_000, False),
        (RUN_JSON, "run_id", False),
        ("notes.txt", "", False),
    ],
)
def test_is_run_folder_needs_a_journal_or_our_run_json(tmp_path: Path, name: str, content: str, is_run: bool) -> None:
    (tmp_path / name).write_text(content)
    assert is_run_folder(tmp_path) is is_run


def test_find_audio_searches_a_folder_with_the_name_of_a_file(tmp_path: Path) -> None:
    create_files(tmp_path / "x.wav" / "y.wav")
    assert find_ids(tmp_path) == ["x.wav/y"]


def test_find_audio_in_a_loop_of_links_ends(tmp_path: Path) -> None:
    create_files(tmp_path / "a" / "x.wav")
    (tmp_path / "a" / "again").symlink_to(tmp_path, target_is_directory=True)
    assert find_ids(tmp_path) == ["a/x"]


def test_find_audio_searches_a_linked_folder(tmp_path: Path) -> None:
    create_files(tmp_path / "far" / "x.wav")
    (tmp_path / "near").mkdir()
    (tmp_path / "near" / "link").symlink_to(tmp_path / "far", target_is_directory=True)
    assert find_ids(tmp_path, tmp_path / "near") == ["link/x"]


@pytest.mark.parametrize("name", ["with a space.wav", "é中文🎧.wav", "new\nline.wav", "a,b;c.wav", "x" * 250 + ".wav"])
def test_find_audio_keeps_unusual_names(tmp_path: Path, name: str) -> None:
    create_files(tmp_path / name)
    assert find_ids(tmp_path) == [name.removesuffix(".wav")]


def test_find_audio_without_audio_names_the_suffixes(tmp_path: Path) -> None:
    create_files(tmp_path / "notes.txt")
    with pytest.raises(UsageError, match=r"no audio files in .*\.flac"):
        find_audio([tmp_path])


def test_find_audio_of_a_missing_folder_names_it(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nowhere does not exist"):
        find_audio([tmp_path / "nowhere"])


def test_inspect_of_a_good_file_records_header_and_digest(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    soundfile.write(path, np.zeros((320, 2)), 16_000)
    [clip] = inspect([Clip("x", str(path))])
    assert (clip.sample_rate, clip.channels, clip.n_samples, clip.duration_s) == (16_000, 2, 320, 0.02)
    assert clip.noisy_sha256 == sha256_of(path)
    assert not clip.problem


def test_inspect_of_a_bad_file_records_the_reason(tmp_path: Path) -> None:
    create_files(tmp_path / "x.wav")
    [clip] = inspect([Clip("x", str(tmp_path / "x.wav"))])
    assert clip.problem.startswith("empty: ")


def test_inspect_of_a_deleted_file_records_the_reason(tmp_path: Path) -> None:
    [clip] = inspect([Clip("x", str(tmp_path / "x.wav"))])
    assert clip.problem.startswith("unreadable: ")


def test_inspect_of_an_unreadable_clean_file_records_the_reason(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    soundfile.write(path, np.zeros(10), 16_000)
    [clip] = inspect([Clip("x", str(path), str(tmp_path / "gone.wav"))])
    assert clip.problem == f"unreadable: {tmp_path / 'gone.wav'} cannot be read: {os.strerror(2)}"


def test_find_audio_without_audio_that_may_be_empty_gives_no_files(tmp_path: Path) -> None:
    assert find_audio([tmp_path], may_be_empty=True) == (tmp_path, [])


def test_resolved_of_a_loop_of_links_is_refused(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    if sys.version_info < (3, 13):  # later versions return such a path as it is
        with pytest.raises(UsageError, match="loop cannot be resolved"):
            resolved(tmp_path / "loop")
    (tmp_path / "link").symlink_to(tmp_path)
    assert resolved(tmp_path / "link") == tmp_path.resolve()
