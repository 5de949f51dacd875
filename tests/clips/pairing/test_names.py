"""Rules 3 and 5: file ids of the DNS challenges, and names that end in noisy and clean."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from seinfer.clips.pairing import collect
from seinfer.core.errors import PairingError

from .folders import pairs, tree


@pytest.mark.parametrize(
    ("noisy", "clean"),
    [
        ("clnsp1_fan_snr5_tl-26_fileid_12", "clean_fileid_12"),
        ("clnsp1_fan_snr-3_tl-26_fileid_012", "clean_fileid_12"),
        ("primary_noisy_fileid_12_a_b_snr5_tl-26", "clean_fileid_12"),
        ("ps_noisy_fileid_12_a_b_snr5_tl-26", "ps_clean_fileid_12"),
        ("psn_noisy_fileid_12_a_b_snr5_tl-26", "psn_clean_fileid_12"),
    ],
)
@pytest.mark.parametrize("folders", [("", ""), ("noisy/", "clean/"), ("a/noisy/", "a/clean/"), ("a/", "a/")])
def test_collect_dns_names_pair_by_file_id(tmp_path: Path, noisy: str, clean: str, folders: tuple[str, str]) -> None:
    tree(tmp_path, f"{folders[0]}{noisy}.wav", f"{folders[1]}{clean}.wav")
    found = collect([tmp_path])
    assert list(pairs(found, tmp_path).values()) == [(f"{folders[0]}{noisy}.wav", f"{folders[1]}{clean}.wav")]
    assert "file id" in found.rule


def test_collect_dns_names_in_any_order_do_not_pair_by_order(tmp_path: Path) -> None:
    ids = list(range(1, 30))
    tree(tmp_path, *(f"noisy/{random.Random(i).random():.6f}_snr0_tl-20_fileid_{i}.wav" for i in ids))
    tree(tmp_path, *(f"clean/clean_fileid_{i}.wav" for i in ids if i != 7))
    for noisy, clean in pairs(collect([tmp_path]), tmp_path).values():
        number = noisy.rpartition("_")[2]
        assert clean == ("" if number == "7.wav" else f"clean/clean_fileid_{number}")


def test_collect_dns_names_pair_only_within_folder_and_prefix(tmp_path: Path) -> None:
    tree(tmp_path, "a/x_fileid_1.wav", "a/clean_fileid_1.wav", "b/y_fileid_1.wav", "ps_noisy_fileid_1_z.wav")
    assert pairs(collect([tmp_path]), tmp_path) == {
        "a/x_fileid_1": ("a/x_fileid_1.wav", "a/clean_fileid_1.wav"),
        "b/y_fileid_1": ("b/y_fileid_1.wav", ""),
        "ps_noisy_fileid_1_z": ("ps_noisy_fileid_1_z.wav", ""),
    }


@pytest.mark.parametrize(
    ("noisy", "clean"), [("no_reverb_mix", "no_reverb_clean"), ("mixtures", "refs"), ("set/a", "set/b/c")]
)
def test_collect_dns_names_in_two_folders_pair_by_file_id(tmp_path: Path, noisy: str, clean: str) -> None:
    names = {i: f"{noisy}/clnsp{9 - i}_fan_snr5_tl-26_fileid_{i}.wav" for i in (1, 2)}
    tree(tmp_path, *names.values(), *(f"{clean}/clean_fileid_{i}.wav" for i in names))
    found = collect([tmp_path])
    assert dict(pairs(found, tmp_path).values()) == {name: f"{clean}/clean_fileid_{i}.wav" for i, name in names.items()}
    assert {clip.category["snr_db"] for clip in found.clips} == {"5"}


def test_collect_dns_file_id_in_two_noisy_folders_of_one_clean_folder_is_refused(tmp_path: Path) -> None:
    tree(tmp_path, "a/x_fileid_1.wav", "b/y_fileid_1.wav", "refs/clean_fileid_1.wav")
    with pytest.raises(
        PairingError, match=r"2 noisy files match the same pair.*a/x_fileid_1.*b/y_fileid_1.*--manifest"
    ):
        collect([tmp_path])


def test_collect_dns_file_ids_of_two_sets_pair_within_their_set_only(tmp_path: Path) -> None:
    tree(tmp_path, "no_reverb_mix/x_fileid_1.wav", "with_reverb_mix/y_fileid_2.wav")
    tree(tmp_path, "no_reverb_clean/clean_fileid_2.wav", "with_reverb_clean/clean_fileid_1.wav")
    with pytest.raises(PairingError, match=r"2 clean files have no noisy partner"):
        collect([tmp_path])


def test_collect_dns_noise_next_to_the_pairs_is_unused(tmp_path: Path) -> None:
    tree(tmp_path, "x_fileid_1.wav", "clean_fileid_1.wav", "noise_fileid_1.wav")
    found = collect([tmp_path])
    assert pairs(found, tmp_path) == {"x_fileid_1": ("x_fileid_1.wav", "clean_fileid_1.wav")}
    assert [(Path(file.path).name, file.reason) for file in found.unused] == [
        ("noise_fileid_1.wav", "are called noise")
    ]


def test_collect_two_mixtures_of_one_file_id_are_refused(tmp_path: Path) -> None:
    tree(tmp_path, "x_fileid_1.wav", "y_fileid_1.wav", "clean_fileid_1.wav")
    with pytest.raises(
        PairingError, match=r"2 noisy files match the same pair.*x_fileid_1\.wav.*y_fileid_1\.wav.*remove"
    ):
        collect([tmp_path])


def test_collect_a_clean_file_id_without_mixture_is_refused(tmp_path: Path) -> None:
    tree(tmp_path, "x_fileid_1.wav", "clean_fileid_1.wav", "clean_fileid_2.wav")
    with pytest.raises(PairingError, match=r"1 clean file.*clean_fileid_2\.wav.*--manifest"):
        collect([tmp_path])


def test_collect_file_ids_without_clean_ones_are_a_blind_set(tmp_path: Path) -> None:
    tree(tmp_path, "ms_realrec_musical_headset_A1B2_guitar_near_fileid_1.wav")
    assert not collect([tmp_path]).rule


@pytest.mark.parametrize(("noisy", "clean"), [("x_noisy", "x_clean"), ("x-mix", "x-s1"), ("x.Noisy", "x.CLEAN")])
def test_collect_names_that_end_in_a_word_pair(tmp_path: Path, noisy: str, clean: str) -> None:
    tree(tmp_path, f"a/{noisy}.wav", f"a/{clean}.flac", "a/other.wav")
    found = collect([tmp_path])
    assert pairs(found, tmp_path) == {
        f"a/{noisy}": (f"a/{noisy}.wav", f"a/{clean}.flac"),
        "a/other": ("a/other.wav", ""),
    }
    assert "names that end in" in found.rule


def test_collect_ending_words_across_two_folders_pair(tmp_path: Path) -> None:
    tree(tmp_path, "in/x_noisy.wav", "ref/x_clean.wav")
    found = collect([tmp_path / "in"], clean=tmp_path / "ref")
    assert pairs(found, tmp_path) == {"x_noisy": ("in/x_noisy.wav", "ref/x_clean.wav")}


def test_collect_ending_words_leave_out_noise_and_refuse_unmatched_clean_files(tmp_path: Path) -> None:
    tree(tmp_path, "x_noisy.wav", "x_clean.wav", "x_noise.wav")
    found = collect([tmp_path])
    assert set(pairs(found, tmp_path)) == {"x_noisy"}
    assert found.notes == ("1 file is called noise and is not used",)
    tree(tmp_path, "y_clean.wav")
    with pytest.raises(PairingError, match=r"y_clean\.wav"):
        collect([tmp_path])
