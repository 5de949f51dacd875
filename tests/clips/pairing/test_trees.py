from __future__ import annotations

from pathlib import Path

import pytest

from seinfer.clips.pairing import collect
from seinfer.core.errors import PairingError, UsageError

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


def test_collect_paired_sets_in_sub_folders_stay_apart(tmp_path: Path) -> None:
    tree(tmp_path, *(f"{part}/{side}/x.wav" for part in ("dev", "test") for side in ("noisy", "clean")))
    assert pairs(collect([tmp_path]), tmp_path) == {
        "dev/x": ("dev/noisy/x.wav", "dev/clean/x.wav"),
        "test/x": ("test/noisy/x.wav", "test/clean/x.wav"),
    }


def test_collect_a_third_tree_is_left_out_and_noted(tmp_path: Path) -> None:
    tree(tmp_path, "noisy/x.wav", "clean/x.wav", "noise/x.wav")
    found = collect([tmp_path])
    assert pairs(found, tmp_path) == {"x": ("noisy/x.wav", "clean/x.wav")}
    assert found.notes == ("1 file(s) lie in neither tree and are left out",)


def test_collect_a_noisy_file_without_partner_stays_without_reference(tmp_path: Path) -> None:
    tree(tmp_path, "noisy/x.wav", "noisy/y.wav", "clean/x.wav")
    assert pairs(collect([tmp_path]), tmp_path) == {"x": ("noisy/x.wav", "clean/x.wav"), "y": ("noisy/y.wav", "")}


def test_collect_a_clean_file_without_partner_is_refused(tmp_path: Path) -> None:
    tree(tmp_path, "noisy/x.wav", "clean/x.wav", "clean/y.wav")
    with pytest.raises(PairingError, match=r"1 clean file.*clean/y\.wav"):
        collect([tmp_path])


def test_collect_two_noisy_trees_with_one_name_are_refused(tmp_path: Path) -> None:
    tree(tmp_path, "noisy/x.wav", "mix/x.wav", "clean/x.wav")
    with pytest.raises(PairingError, match=r"several files have the same name.*mix.x\.wav.*noisy.x\.wav"):
        collect([tmp_path])


def test_collect_a_blind_set_has_no_references(tmp_path: Path) -> None:
    tree(tmp_path, "x.wav", "a/y.wav")
    found = collect([tmp_path])
    assert pairs(found, tmp_path) == {"a/y": ("a/y.wav", ""), "x": ("x.wav", "")}
    assert not found.rule


@pytest.mark.parametrize("name", ["cleaner.wav", "mixing-desk.wav", "unreferenced.wav"])
def test_collect_a_word_within_a_word_means_nothing(tmp_path: Path, name: str) -> None:
    tree(tmp_path, f"{name.removesuffix('.wav')}/x.wav", "noisyness/y.wav")
    assert not collect([tmp_path]).rule


def test_collect_the_noisy_side_alone_points_at_its_clean_sibling(tmp_path: Path) -> None:
    tree(tmp_path, "noisy/x.wav", "clean/x.wav")
    found = collect([tmp_path / "noisy"])
    assert pairs(found, tmp_path) == {"x": ("noisy/x.wav", "")}
    assert str(tmp_path / "clean") in found.notes[0]


def test_collect_a_clean_folder_pairs_by_path(tmp_path: Path) -> None:
    tree(tmp_path, "in/a/x.wav", "ref/a/x.flac")
    found = collect([tmp_path / "in"], clean=tmp_path / "ref")
    assert pairs(found, tmp_path) == {"a/x": ("in/a/x.wav", "ref/a/x.flac")}


def test_collect_a_clean_folder_inside_the_input_is_no_input(tmp_path: Path) -> None:
    tree(tmp_path, "x.wav", "ref/x.wav")
    assert pairs(collect([tmp_path], clean=tmp_path / "ref"), tmp_path) == {"x": ("x.wav", "ref/x.wav")}


def test_collect_an_input_inside_the_output_is_refused(tmp_path: Path) -> None:
    tree(tmp_path, "x.wav")
    with pytest.raises(UsageError, match="lies in the output folder"):
        collect([tmp_path], out=tmp_path)


def test_collect_clean_and_manifest_together_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="both given"):
        collect([tmp_path], clean=tmp_path, manifest=tmp_path / "x.csv")


def test_collect_several_trees_of_a_kind_stay_apart_by_the_rest_of_their_names(tmp_path: Path) -> None:
    tree(tmp_path, *(f"{side}_{part}/x.wav" for side in ("noisy", "clean") for part in ("a", "b")))
    assert pairs(collect([tmp_path]), tmp_path) == {
        "a/x": ("noisy_a/x.wav", "clean_a/x.wav"),
        "b/x": ("noisy_b/x.wav", "clean_b/x.wav"),
    }


def test_collect_a_clean_folder_beside_the_noisy_one_pairs_below_both(tmp_path: Path) -> None:
    tree(tmp_path, "noisy/x.wav", "clean/x.wav")
    found = collect([tmp_path], clean=tmp_path / "clean")
    assert pairs(found, tmp_path) == {"noisy/x": ("noisy/x.wav", "clean/x.wav")}


def test_collect_a_folder_that_is_left_out_holds_no_clips(tmp_path: Path) -> None:
    tree(tmp_path, "x.wav", "theirs/x.wav")
    assert set(pairs(collect([tmp_path], exclude=[tmp_path / "theirs"]), tmp_path)) == {"x"}
