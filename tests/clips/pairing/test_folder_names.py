from __future__ import annotations

import pytest

from seinfer.clips.pairing.folder_names import FolderName, read_folder_name


@pytest.mark.parametrize(
    ("name", "role", "rest"),
    [
        ("noisy", "noisy", ""),
        ("NOISY", "noisy", ""),
        ("S1", "clean", ""),
        ("no_reverb_mix", "noisy", "no_reverb"),
        ("NoisySpeech_training", "noisy", "Speech_training"),
        ("DNSNoisy", "noisy", "DNS"),
        ("noise_free", "clean", ""),
        ("noisefree-16k", "clean", "16k"),
        ("clean_mix", "clean", "mix"),
        ("test_noisy_wav", "noisy", "test__wav"),
        ("noisy_enhanced", "output", "noisy_enhanced"),
        ("no_reverb_esti", "output", "no_reverb_esti"),
    ],
)
def test_read_folder_name_finds_the_role_and_keeps_the_rest(name: str, role: str, rest: str) -> None:
    found = read_folder_name(name)
    assert (found.role, found.rest) == (role, rest)


@pytest.mark.parametrize(
    "name", ["noise", "cleaner", "mixing-desk", "remix", "unreferenced", "estimation", "clean_and_noisy", "mix-s1", "é"]
)
def test_read_folder_name_without_one_clear_role_has_none(name: str) -> None:
    assert read_folder_name(name) == FolderName("", name)


@pytest.mark.parametrize(
    ("name", "talkers"), [("mix_both", "both"), ("mix_clean", "both"), ("mix_single", "single"), ("mix", "")]
)
def test_read_folder_name_says_how_many_talkers_a_mixture_has(name: str, talkers: str) -> None:
    assert read_folder_name(name).talkers == talkers
