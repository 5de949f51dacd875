"""Rule 2: two trees in one folder."""

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
        ("no_reverb_mix", "no_reverb_clean"),
        ("mix", "noise_free"),
        ("noisy", "Noise-Free"),
        ("NoisySpeech_training", "CleanSpeech_training"),
        ("mix_both", "mix_clean"),
        ("noisy_mix", "clean_mix"),
        ("noisy_target", "clean_target"),
        ("noisy_48k", "clean"),
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


def test_collect_set_whose_folder_is_called_noisy_uses_the_folders_inside(tmp_path: Path) -> None:
    tree(tmp_path, *(f"Noisy_database/{side}_testset_wav/x.wav" for side in ("noisy", "clean")))
    assert pairs(collect([tmp_path]), tmp_path) == {
        "Noisy_database/testset_wav/x": (
            "Noisy_database/noisy_testset_wav/x.wav",
            "Noisy_database/clean_testset_wav/x.wav",
        )
    }


def test_collect_set_whose_folder_names_both_roles_uses_the_folders_inside(tmp_path: Path) -> None:
    tree(tmp_path, "clean_and_noisy/noisy/x.wav", "clean_and_noisy/clean/x.wav")
    assert list(pairs(collect([tmp_path]), tmp_path)) == ["clean_and_noisy/x"]


def test_collect_trees_below_the_top_folder_whose_other_words_differ_pair(tmp_path: Path) -> None:
    tree(tmp_path, "test/noisy_16k/x.wav", "test/clean/x.wav")
    assert pairs(collect([tmp_path]), tmp_path) == {"test/x": ("test/noisy_16k/x.wav", "test/clean/x.wav")}


def test_collect_several_noisy_trees_with_different_names_share_one_clean_tree(tmp_path: Path) -> None:
    tree(tmp_path, "noisy_1/x.wav", "noisy_2/y.wav", "clean/x.wav", "clean/y.wav")
    assert pairs(collect([tmp_path]), tmp_path) == {
        "x": ("noisy_1/x.wav", "clean/x.wav"),
        "y": ("noisy_2/y.wav", "clean/y.wav"),
    }


def test_collect_noisy_and_clean_trees_of_different_sets_do_not_pair(tmp_path: Path) -> None:
    tree(tmp_path, "noisy_train/x.wav", "noisy_test/y.wav", "clean_train/y.wav", "clean_test/x.wav")
    with pytest.raises(PairingError, match=r"2 clean files have no noisy partner"):
        collect([tmp_path])


def test_collect_mixtures_of_one_and_of_both_talkers_have_their_own_clean_trees(tmp_path: Path) -> None:
    tree(tmp_path, *(f"{name}/x.wav" for name in ("mix_both", "mix_single", "mix_clean", "noise", "s1", "s2")))
    found = collect([tmp_path])
    assert pairs(found, tmp_path) == {
        "both/x": ("mix_both/x.wav", "mix_clean/x.wav"),
        "single/x": ("mix_single/x.wav", "s1/x.wav"),
    }
    assert found.notes == ("2 files are in neither tree and are not used",)


@pytest.mark.parametrize(
    ("noisy", "clean"),
    [
        (("noisy_0dB", "noisy_5dB"), ("clean",)),
        (("noisy",), ("clean_a", "clean_b")),
        (("mix_both",), ("s1",)),
        (("mix_both", "mix_single"), ("clean",)),
    ],
)
def test_collect_trees_that_may_belong_together_in_several_ways_are_refused(
    tmp_path: Path, noisy: tuple[str, ...], clean: tuple[str, ...]
) -> None:
    tree(tmp_path, *(f"{name}/x.wav" for name in (*noisy, *clean)))
    candidates = f"noisy: {', '.join(noisy)}; clean: {', '.join(clean)}; expected"
    with pytest.raises(
        PairingError, match=rf"not clear which folders.*{candidates}.*give one.*--clean DIR.*--manifest"
    ):
        collect([tmp_path])


def test_collect_folder_of_enhanced_files_beside_the_pairs_is_unused_with_a_note(tmp_path: Path) -> None:
    tree(tmp_path, *(f"no_reverb_{name}/x.wav" for name in ("mix", "clean", "esti")), "noisy_enhanced/x.wav")
    found = collect([tmp_path])
    assert pairs(found, tmp_path) == {"x": ("no_reverb_mix/x.wav", "no_reverb_clean/x.wav")}
    assert found.notes[0].startswith("2 files are in folders of enhanced files")


def test_collect_only_a_folder_of_enhanced_files_is_refused_unless_it_is_given_itself(tmp_path: Path) -> None:
    tree(tmp_path, "no_reverb_esti/x.wav")
    with pytest.raises(UsageError, match=r"in folders of enhanced files.*give the folder of the noisy clips"):
        collect([tmp_path])
    found = collect([tmp_path / "no_reverb_esti"])
    assert set(pairs(found, tmp_path)) == {"x"}
    assert "called like a folder of enhanced files" in found.notes[0] and "seinfer score --clean" in found.notes[0]


def test_collect_pairs_in_a_folder_called_enhanced_are_input(tmp_path: Path) -> None:
    tree(tmp_path, "enhanced_set/noisy/x.wav", "enhanced_set/clean/x.wav")
    assert set(pairs(collect([tmp_path]), tmp_path)) == {"enhanced_set/x"}


def test_collect_noisy_folder_alone_names_the_clean_folder_of_the_same_set(tmp_path: Path) -> None:
    tree(tmp_path, *(f"{part}_reverb_{side}/x.wav" for part in ("no", "with") for side in ("mix", "clean")))
    (note,) = collect([tmp_path / "with_reverb_mix"]).notes
    assert note.startswith(str(tmp_path / "with_reverb_clean"))


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
