"""Read the role of a folder (noisy, clean, output of a program) from the words of its name.

A name is split into words at `_`, `-`, `.`, spaces and before capital letters: no_reverb_mix, NoisySpeech_training. One
word or phrase is the role; the rest distinguishes the sets, such as no_reverb in no_reverb_mix + no_reverb_clean.

Names as in VoiceBank-DEMAND (noisy_testset_wav), MS-SNSD (NoisySpeech_training), microsoft/DNS-Challenge (noisy), WHAM!
and LibriMix (mix_single, mix_both, s1), Andong-Li-speech/GaGNet (no_reverb_mix, no_reverb_esti).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

from .names import CLEAN_WORDS, NOISY_WORDS

FolderRole = Literal["noisy", "clean", "output", ""]

_ROLES: dict[str, FolderRole] = {
    **dict.fromkeys(NOISY_WORDS, "noisy"),
    **dict.fromkeys(CLEAN_WORDS, "clean"),
    **dict.fromkeys(("enhanced", "denoised", "esti", "estimate", "estimates", "estimated"), "output"),
}
# In a name such as clean_mix or noisy_target these words decide.
_DECISIVE = ("noisy", "clean", "noise_free", "mix_clean")
# Mixtures of WHAM! and LibriMix with one or with two talkers: s1 is the first talker alone, mix_clean has both.
_TALKERS = {"mix_single": "single", "s1": "single", "mix_both": "both", "mix_clean": "both"}
_WORD = re.compile(r"[A-Z]+\d*(?![^\W_A-Z])|[A-Z]?[^\W_A-Z]+")
_SEPARATOR = r"[_\-. ]?"
_PHRASES = tuple(
    (phrase, re.compile(_SEPARATOR.join(phrase.split("_")), re.I)) for phrase in sorted(_ROLES, key=len, reverse=True)
)


@dataclass(frozen=True)
class FolderName:
    """The parts of a folder's name.

    Attributes:
        role: "" if no word is a role, or if words of both roles are in the name.
        rest: the name without the words of the role.
        talkers: "single" or "both" if the words say how many talkers the files contain, else "".
    """

    role: FolderRole
    rest: str
    talkers: str = ""


@cache
def read_folder_name(name: str) -> FolderName:
    """Read the name of a folder, without its path."""
    found = _phrases(name)
    roles = {_ROLES[phrase] for phrase in found}
    if "output" in roles:  # also noisy_enhanced: made from the noisy files
        return FolderName("output", name)
    decisive = [phrase for phrase in found if phrase in _DECISIVE]
    phrases = decisive or list(found)
    if len({_ROLES[phrase] for phrase in phrases}) != 1:
        return FolderName("", name)
    start, end = found[phrases[0]]
    rest = (name[:start] + name[end:]).strip("_- .")
    return FolderName(_ROLES[phrases[0]], rest, _TALKERS.get(phrases[0], ""))


def _phrases(name: str) -> dict[str, tuple[int, int]]:
    """Return phrase -> its place in the name, for whole words; a phrase inside a longer one is not counted."""
    words = list(_WORD.finditer(name))
    starts, ends = {word.start() for word in words}, {word.end() for word in words}
    found: dict[str, tuple[int, int]] = {}
    for phrase, pattern in _PHRASES:
        for match in pattern.finditer(name):
            start, end = match.span()
            is_inside = any(start < other_end and other_start < end for other_start, other_end in found.values())
            if start in starts and end in ends and not is_inside:
                found.setdefault(phrase, (start, end))
    return found
