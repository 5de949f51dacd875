"""Read a file's role (noisy, clean or noise) and its partner from its name.

Names are paths relative to their folder, without suffix. DNS names are those of
noisyspeech_synthesizer_singleprocess.py and of the synthesiser of the personalised track, in microsoft/DNS-Challenge:
`clean_fileid_12` belongs to `..._snr5_tl-26_fileid_12`, `ps_clean_fileid_12` to `ps_noisy_fileid_12_..._snr5_tl-26`,
and the clean file of `primary_noisy_fileid_12_...` has no prefix.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

NOISY_WORDS = ("noisy", "mix_single", "mix_both", "mixture", "mix")
CLEAN_WORDS = ("clean", "noise_free", "reference", "target", "mix_clean", "s1")

Role = Literal["noisy", "clean", "noise", ""]

_FILE_ID = re.compile(r"fileid_(\d+)", re.I)
_DNS_ROLE = re.compile(r"(?:(?:primary|psn|ps)_)?(clean|noise)_fileid_\d+", re.I)
_DNS_PREFIX = re.compile(r"(primary|psn|ps)_", re.I)
_WORDS = {
    "noisy": "|".join(NOISY_WORDS),
    "clean": "|".join(CLEAN_WORDS),
    "noise": "noise",
}
_SUFFIX = re.compile("(.+)[-_. ](?:" + "|".join(f"(?P<{role}>{words})" for role, words in _WORDS.items()) + ")", re.I)


class NameParts(NamedTuple):
    """A name, split by a rule.

    Attributes:
        role: the role in the name; "" if there is none.
        key: the part that both files of a pair have; None if the rule does not apply to the name.
    """

    role: Role
    key: str | None


def parse_path(name: str) -> NameParts:
    """Use the whole name as the key."""
    return NameParts("", name)


def parse_file_id(name: str) -> NameParts:
    """Split a name of the DNS challenges; folder, prefix and number are the key."""
    folder, _, last = name.rpartition("/")
    found = _FILE_ID.search(last)
    if not found:
        return NameParts("", None)
    prefix = _DNS_PREFIX.match(last)
    track = prefix[1].lower() if prefix and prefix[1].lower() != "primary" else ""
    role = _DNS_ROLE.fullmatch(last)
    # A file with an id that is called neither clean nor noise is the mixture.
    side: Role = "noisy" if not role else "clean" if role[1].lower() == "clean" else "noise"
    return NameParts(side, f"{folder}/{track} {int(found[1])}")


def parse_file_id_anywhere(name: str) -> NameParts:
    """Split a name of the DNS challenges without its folder: prefix and number are the key."""
    return parse_file_id(name.rpartition("/")[2])


def parse_suffix(name: str) -> NameParts:
    """Split a name such as X_noisy or X_clean; the part before the word is the key."""
    folder, _, last = name.rpartition("/")
    found = _SUFFIX.fullmatch(last)
    if not found:
        return NameParts("", name)
    role: Role = "noisy" if found["noisy"] else "clean" if found["clean"] else "noise"
    return NameParts(role, f"{folder}/{found[1]}" if folder else found[1])


def is_output(name: str) -> bool:
    """Return whether a name has the ending that programs give to enhanced files."""
    return bool(re.search(r"[-_. ]enhanced$", name, re.I))


def without_output_word(name: str) -> str:
    """Return a name without that ending: the name of the program's input."""
    return name[: -len("_enhanced")] if is_output(name) else name
