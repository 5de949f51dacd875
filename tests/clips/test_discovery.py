from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from seinfer.clips.discovery import JOURNAL, clip_ids, find_audio, inspect
from seinfer.core.errors import UsageError
from seinfer.core.hashing import sha256_of
from seinfer.core.records import Clip


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def found(tmp_path: Path, *inputs: Path, exclude: tuple[Path, ...] = ()) -> list[str]:
    base, paths = find_audio(inputs or (tmp_path,), exclude)
    return clip_ids(paths, base)


def test_find_audio_a_tree_gives_relative_names_without_suffix(tmp_path: Path) -> None:
    touch(tmp_path / "b.wav", tmp_path / "a" / "x.flac", tmp_path / "a" / "y.MP3", tmp_path / "notes.txt")
    assert found(tmp_path) == ["a/x", "a/y", "b"]


def test_find_audio_equal_stems_in_different_folders_stay_apart(tmp_path: Path) -> None:
    touch(tmp_path / "a" / "x.wav", tmp_path / "b" / "x.wav")
    assert found(tmp_path) == ["a/x", "b/x"]


def test_clip_ids_equal_stems_in_one_folder_keep_their_suffix(tmp_path: Path) -> None:
    touch(tmp_path / "x.wav", tmp_path / "x.flac", tmp_path / "y.wav")
    assert found(tmp_path) == ["x.flac", "x.wav", "y"]


def test_find_audio_several_inputs_are_named_from_their_common_folder(tmp_path: Path) -> None:
    touch(tmp_path / "a" / "x.wav", tmp_path / "b" / "x.wav")
    assert found(tmp_path, tmp_path / "a", tmp_path / "b" / "x.wav") == ["a/x", "b/x"]


def test_find_audio_a_file_named_itself_is_taken_whatever_its_suffix(tmp_path: Path) -> None:
    touch(tmp_path / "clip.bin")
    assert found(tmp_path, tmp_path / "clip.bin") == ["clip"]


def test_find_audio_the_same_file_twice_is_one_clip(tmp_path: Path) -> None:
    touch(tmp_path / "x.wav")
    assert found(tmp_path, tmp_path, tmp_path / "x.wav") == ["x"]


def test_find_audio_hidden_files_and_folders_are_left_out(tmp_path: Path) -> None:
    touch(tmp_path / "._x.wav", tmp_path / ".cache" / "y.wav", tmp_path / "z.wav")
    assert found(tmp_path) == ["z"]


def test_find_audio_the_output_folder_is_left_out(tmp_path: Path) -> None:
    touch(tmp_path / "x.wav", tmp_path / "out" / "audio" / "m" / "x.wav")
    assert found(tmp_path, exclude=(tmp_path / "out",)) == ["x"]


def test_find_audio_another_run_folder_is_left_out(tmp_path: Path) -> None:
    touch(tmp_path / "x.wav", tmp_path / "old" / JOURNAL, tmp_path / "old" / "audio" / "m" / "x.wav")
    assert found(tmp_path) == ["x"]


def test_find_audio_a_folder_called_like_a_file_is_entered(tmp_path: Path) -> None:
    touch(tmp_path / "x.wav" / "y.wav")
    assert found(tmp_path) == ["x.wav/y"]


def test_find_audio_a_loop_of_links_ends(tmp_path: Path) -> None:
    touch(tmp_path / "a" / "x.wav")
    (tmp_path / "a" / "again").symlink_to(tmp_path, target_is_directory=True)
    assert found(tmp_path) == ["a/x"]


def test_find_audio_a_linked_folder_is_entered(tmp_path: Path) -> None:
    touch(tmp_path / "far" / "x.wav")
    (tmp_path / "near").mkdir()
    (tmp_path / "near" / "link").symlink_to(tmp_path / "far", target_is_directory=True)
    assert found(tmp_path, tmp_path / "near") == ["link/x"]


@pytest.mark.parametrize(
    "name", ["mit leerzeichen.wav", "é中文🎧.wav", "new\nline.wav", "a,b;c.wav", "x" * 250 + ".wav"]
)
def test_find_audio_odd_names_are_kept(tmp_path: Path, name: str) -> None:
    touch(tmp_path / name)
    assert found(tmp_path) == [name.removesuffix(".wav")]


def test_find_audio_nothing_there_names_what_was_looked_for(tmp_path: Path) -> None:
    touch(tmp_path / "notes.txt")
    with pytest.raises(UsageError, match=r"no audio files in .*\.flac"):
        find_audio([tmp_path])


def test_find_audio_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nowhere does not exist"):
        find_audio([tmp_path / "nowhere"])


def test_inspect_a_good_file_has_its_header_and_digest(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    soundfile.write(path, np.zeros((320, 2)), 16_000)
    [clip] = inspect([Clip("x", str(path))])
    assert (clip.sample_rate, clip.channels, clip.n_samples, clip.duration_s) == (16_000, 2, 320, 0.02)
    assert clip.noisy_sha256 == sha256_of(path)
    assert not clip.problem


def test_inspect_a_bad_file_has_its_reason(tmp_path: Path) -> None:
    touch(tmp_path / "x.wav")
    [clip] = inspect([Clip("x", str(tmp_path / "x.wav"))])
    assert clip.problem.startswith("empty: ")


def test_inspect_a_file_that_vanished_has_its_reason(tmp_path: Path) -> None:
    [clip] = inspect([Clip("x", str(tmp_path / "x.wav"))])
    assert clip.problem.startswith("unreadable: ")


def test_inspect_an_unreadable_clean_file_has_its_reason(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    soundfile.write(path, np.zeros(10), 16_000)
    [clip] = inspect([Clip("x", str(path), str(tmp_path / "gone.wav"))])
    assert clip.problem == f"unreadable: {tmp_path / 'gone.wav'} cannot be read: {os.strerror(2)}"
