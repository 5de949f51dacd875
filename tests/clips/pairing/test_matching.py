"""Matching two sides by a rule on names."""

from __future__ import annotations

import pytest

from seinfer.clips.pairing.clip_set import UnusedFile
from seinfer.clips.pairing.matching import FILE_ID, SAME_PATH, SAME_PATH_WITHOUT_WORDS, SUFFIX, match, match_by_rule
from seinfer.core.errors import PairingError


def side(*names: str, folder: str) -> dict[str, str]:
    return {name: f"/{folder}/{name}.wav" for name in names}


def test_match_uses_the_first_rule_that_finds_a_pair() -> None:
    found = match(side("x", "y_noisy", folder="n"), side("x", folder="c"))
    assert found.partners == {"x": "/c/x.wav", "y_noisy": ""}
    assert (found.rule, found.why) == ("same relative path", "1 of 2 noisy files has a clean one: same relative path")


@pytest.mark.parametrize(
    ("noisy", "clean", "rule"),
    [
        ("a/x", "a/x", SAME_PATH),
        ("noisy/x", "clean/x", SAME_PATH_WITHOUT_WORDS),
        ("a_snr5_fileid_3", "clean_fileid_3", FILE_ID),
        ("x_noisy", "x_clean", SUFFIX),
    ],
)
def test_match_of_two_names_names_its_rule(noisy: str, clean: str, rule: object) -> None:
    found = match(side(noisy, folder="n"), side(clean, folder="c"))
    assert found.partners == {noisy: f"/c/{clean}.wav"}
    assert found.rule == getattr(rule, "text")  # noqa: B009


def test_match_without_a_fitting_rule_names_all_rules() -> None:
    with pytest.raises(PairingError, match=r"1 clean file has .* path or .* file id .* or names that end .*/c/y.wav"):
        match(side("x", folder="n"), side("y", folder="c"))


def test_match_by_rule_without_a_pair_returns_none() -> None:
    assert match_by_rule(FILE_ID, side("x", folder="n"), side("x", folder="c")) is None


@pytest.mark.parametrize(("noisy", "clean", "kind"), [(("a_noisy", "a_mix"), ("a_clean",), "noisy")])
def test_match_by_rule_with_two_files_for_a_pair_is_refused(
    noisy: tuple[str, ...], clean: tuple[str, ...], kind: str
) -> None:
    with pytest.raises(PairingError, match=f"2 {kind} files match the same pair"):
        match_by_rule(SUFFIX, side(*noisy, folder="n"), side(*clean, folder="c"))


def test_match_by_rule_with_two_clean_files_for_a_pair_is_refused() -> None:
    with pytest.raises(PairingError, match="2 clean files match the same pair"):
        match_by_rule(SUFFIX, side("a_noisy", folder="n"), side("a_clean", "a_target", folder="c"))


def test_match_by_rule_leaves_out_files_of_another_role() -> None:
    found = match_by_rule(SUFFIX, side("a_noisy", "a_noise", folder="n"), side("a_clean", folder="c"))
    assert found is not None
    assert found.partners == {"a_noisy": "/c/a_clean.wav"}
    assert found.unused == (UnusedFile("/n/a_noise.wav", "are called noise"),)
