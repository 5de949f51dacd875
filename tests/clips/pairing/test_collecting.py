"""The order of the pairing rules, the options, and the files that are not used."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import pytest

from seinfer.clips.discovery import JOURNAL
from seinfer.clips.pairing import collect
from seinfer.core.errors import PairingError, UsageError

from .folders import json_list, pairs, tree


def test_collect_same_path_is_used_before_names(tmp_path: Path) -> None:
    tree(tmp_path, "noisy/x_fileid_1.wav", "clean/x_fileid_1.wav")
    assert collect([tmp_path]).rule.startswith("same relative path")


def test_collect_file_called_clean_without_noisy_file_has_a_note(tmp_path: Path) -> None:
    tree(tmp_path, "a.wav", "room_clean.wav")
    found = collect([tmp_path])
    assert len(found.clips) == 2
    assert "1 file is called clean" in found.notes[0] and "room_clean.wav" in found.notes[0]


def test_collect_output_files_are_unused(tmp_path: Path) -> None:
    tree(tmp_path, "x_noisy.wav", "x_clean.wav", "x_enhanced.wav")
    found = collect([tmp_path])
    assert set(pairs(found, tmp_path)) == {"x_noisy"}
    assert found.notes == ("1 file ends in _enhanced (output files) and is not used",)


def test_collect_only_output_files_is_refused_unless_given_as_files(tmp_path: Path) -> None:
    tree(tmp_path, "x_enhanced.wav")
    with pytest.raises(UsageError, match=r"no clip in .*: 1 file ends in _enhanced"):
        collect([tmp_path])
    assert set(pairs(collect([tmp_path / "x_enhanced.wav"]), tmp_path)) == {"x_enhanced"}


def test_collect_enrolment_speech_next_to_noisy_is_unused(tmp_path: Path) -> None:
    tree(tmp_path, *(f"{track}/{side}/x.wav" for track in ("Track1_Headset", "Track2") for side in ("enrol", "noisy")))
    found = collect([tmp_path])
    assert set(pairs(found, tmp_path)) == {"Track1_Headset/noisy/x", "Track2/noisy/x"}
    assert "2 files contain enrolment speech" in found.notes[0]


def test_collect_two_trees_without_a_matching_rule_are_refused_with_the_rules(tmp_path: Path) -> None:
    tree(tmp_path, "noisy/a.wav", "noisy/b.wav", "clean/c.wav", "clean/d.wav")
    with pytest.raises(PairingError, match=r"2 clean file.*file id.*clean/c\.wav.*clean/d\.wav"):
        collect([tmp_path])


def test_collect_lists_next_to_paired_trees_are_used_after_the_trees(tmp_path: Path) -> None:
    tree(tmp_path, "noisy/x.wav", "clean/x.wav")
    json_list(tmp_path / "noisy.json", "noisy/x.wav")
    json_list(tmp_path / "clean.json", "clean/x.wav")
    assert "trees" in collect([tmp_path]).rule


def test_collect_a_blind_set_has_no_references(tmp_path: Path) -> None:
    tree(tmp_path, "x.wav", "a/y.wav")
    found = collect([tmp_path])
    assert pairs(found, tmp_path) == {"a/y": ("a/y.wav", ""), "x": ("x.wav", "")}
    assert not found.rule


def test_collect_noisy_folder_alone_has_a_note_about_the_clean_folder(tmp_path: Path) -> None:
    tree(tmp_path, "noisy/x.wav", "clean/x.wav")
    found = collect([tmp_path / "noisy"])
    assert pairs(found, tmp_path) == {"x": ("noisy/x.wav", "")}
    assert str(tmp_path / "clean") in found.notes[0]


def test_collect_a_clean_folder_pairs_by_path(tmp_path: Path) -> None:
    tree(tmp_path, "in/a/x.wav", "ref/a/x.flac")
    found = collect([tmp_path / "in"], clean=tmp_path / "ref")
    assert pairs(found, tmp_path) == {"a/x": ("in/a/x.wav", "ref/a/x.flac")}


def test_collect_clean_folder_inside_the_input_is_not_searched_for_clips(tmp_path: Path) -> None:
    tree(tmp_path, "x.wav", "ref/x.wav")
    assert pairs(collect([tmp_path], clean=tmp_path / "ref"), tmp_path) == {"x": ("x.wav", "ref/x.wav")}


def test_collect_an_input_inside_the_output_is_refused(tmp_path: Path) -> None:
    tree(tmp_path, "x.wav")
    with pytest.raises(UsageError, match="is in the output folder"):
        collect([tmp_path], out=tmp_path)


def test_collect_a_set_in_a_folder_that_a_run_wrote_to_is_found(tmp_path: Path) -> None:
    tree(tmp_path, "noisy/x.wav", "clean/x.wav", "audio/rnnoise/x.wav", JOURNAL)
    expected = {"x": ("noisy/x.wav", "clean/x.wav")}
    assert pairs(collect([tmp_path]), tmp_path) == expected
    assert pairs(collect([tmp_path], out=tmp_path), tmp_path) == expected


def test_collect_enhanced_files_of_the_run_folder_are_refused(tmp_path: Path) -> None:
    tree(tmp_path, "noisy/x.wav", "audio/rnnoise/x.wav", JOURNAL)
    with pytest.raises(UsageError, match=r"the input .*rnnoise is in the output folder"):
        collect([tmp_path / "audio" / "rnnoise"], out=tmp_path)


def test_collect_clean_and_manifest_together_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="both given"):
        collect([tmp_path], clean=tmp_path, manifest=tmp_path / "x.csv")


def test_collect_excluded_folder_is_not_searched(tmp_path: Path) -> None:
    tree(tmp_path, "x.wav", "theirs/x.wav")
    assert set(pairs(collect([tmp_path], exclude=[tmp_path / "theirs"]), tmp_path)) == {"x"}


def _calls(work: Callable[[], object]) -> int:
    """Return how many functions are called in some work."""
    n_calls = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal n_calls
        n_calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    return n_calls


def _folder_of_pairs(folder: Path, n_pairs: int) -> Path:
    for i in range(n_pairs):
        for side in ("noisy", "clean"):
            path = folder / side / f"speaker{i // 50}" / f"{i:05}.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
    return folder


def test_collect_number_of_steps_grows_in_proportion_to_the_files(tmp_path: Path) -> None:
    few, many = (_folder_of_pairs(tmp_path / str(n), n) for n in (200, 800))
    collect([few])  # imports, and patterns that are compiled once
    assert _calls(lambda: collect([many])) < 4.4 * _calls(lambda: collect([few]))


def test_collect_lists_each_folder_of_a_large_set_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed: list[str] = []
    scandir = os.scandir
    _folder_of_pairs(tmp_path, 1000)

    def counted(path: str) -> object:
        listed.append(path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", counted)
    assert len(collect([tmp_path]).clips) == 1000
    assert len(listed) < 50  # 43 folders; some are listed again, to see whether there is any audio file
