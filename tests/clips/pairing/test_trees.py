"""Rule 2: two trees in one folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from seinfer.clips.pairing import collect
from seinfer.core.errors import PairingError

from .folders import pairs, tree


@pytest.mark.parametrize(
    ("noisy", "clean"),
    [
        ("noisy", "clean"),
        ("noisy_testset_wav", "clean_testset_wav"),
        ("Noisy", "Clean"),
        ("mix", "s1"),
        ("mix_single", "s1"),
        ("noisy", "reference"),
        ("test-noisy-16k", "test-clean-16k"),
    ],
)
def test_collect_two_trees_in_one_folder_pair_by_path(tmp_path: Path, noisy: str, clean: str) -> None:
    tree(tmp_path, f"{noisy}/p1.wav", f"{noisy}/sub/p2.wav", f"{clean}/p1.flac", f"{clean}/sub/p2.wav")
    found = collect([tmp_path])
    assert pairs(found, tmp_path) == {
        "p1": (f"{noisy}/p1.wav", f"{clean}/p1.flac"),
        "sub/p2": (f"{noisy}/sub/p2.wav", f"{clean}/sub/p2.wav"),
    }
    assert "noisy and clean trees" in found.rule


def test_collect_paired_sets_in_subfolders_are_kept_separate(tmp_path: Path) -> None:
    tree(tmp_path, *(f"{part}/{side}/x.wav" for part in ("dev", "test") for side in ("noisy", "clean")))
    assert pairs(collect([tmp_path]), tmp_path) == {
        "dev/x": ("dev/noisy/x.wav", "dev/clean/x.wav"),
        "test/x": ("test/noisy/x.wav", "test/clean/x.wav"),
    }


def test_collect_third_tree_is_unused_with_a_note(tmp_path: Path) -> None:
    tree(tmp_path, "noisy/x.wav", "clean/x.wav", "noise/x.wav")
    found = collect([tmp_path])
    assert pairs(found, tmp_path) == {"x": ("noisy/x.wav", "clean/x.wav")}
    assert found.notes == ("1 file is in neither tree and is not used",)


def test_collect_noisy_file_without_clean_file_has_no_reference(tmp_path: Path) -> None:
    tree(tmp_path, "noisy/x.wav", "noisy/y.wav", "clean/x.wav")
    assert pairs(collect([tmp_path]), tmp_path) == {"x": ("noisy/x.wav", "clean/x.wav"), "y": ("noisy/y.wav", "")}


def test_collect_clean_file_without_noisy_file_is_refused(tmp_path: Path) -> None:
    tree(tmp_path, "noisy/x.wav", "clean/x.wav", "clean/y.wav")
    with pytest.raises(PairingError, match=r"1 clean file.*clean/y\.wav"):
        collect([tmp_path])


def test_collect_two_noisy_trees_with_one_name_are_refused(tmp_path: Path) -> None:
    tree(tmp_path, "noisy/x.wav", "mix/x.wav", "clean/x.wav")
    with pytest.raises(PairingError, match=r"several files have the same name.*mix.x\.wav.*noisy.x\.wav"):
        collect([tmp_path])


@pytest.mark.parametrize("name", ["cleaner.wav", "mixing-desk.wav", "unreferenced.wav"])
def test_collect_role_word_inside_another_word_is_ignored(tmp_path: Path, name: str) -> None:
    tree(tmp_path, f"{name.removesuffix('.wav')}/x.wav", "noisyness/y.wav")
    assert not collect([tmp_path]).rule


def test_collect_several_trees_of_a_kind_are_distinguished_by_the_rest_of_their_names(tmp_path: Path) -> None:
    tree(tmp_path, *(f"{side}_{part}/x.wav" for side in ("noisy", "clean") for part in ("a", "b")))
    assert pairs(collect([tmp_path]), tmp_path) == {
        "a/x": ("noisy_a/x.wav", "clean_a/x.wav"),
        "b/x": ("noisy_b/x.wav", "clean_b/x.wav"),
    }


def test_collect_clean_folder_inside_the_input_folder_pairs_with_the_noisy_tree(tmp_path: Path) -> None:
    tree(tmp_path, "noisy/x.wav", "clean/x.wav")
    found = collect([tmp_path], clean=tmp_path / "clean")
    assert pairs(found, tmp_path) == {"noisy/x": ("noisy/x.wav", "clean/x.wav")}
