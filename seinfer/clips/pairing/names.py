"""What a file's name says about its part and its partner. Names are paths relative to their folder, without suffix.

DNS names are those of noisyspeech_synthesizer_singleprocess.py and of the synthesiser of the personalised track, in
microsoft/DNS-Challenge: `clean_fileid_12` belongs to `..._snr5_tl-26_fileid_12`, `ps_clean_fileid_12` to
`ps_noisy_fileid_12_..._snr5_tl-26`, and the clean file of `primary_noisy_fileid_12_...` bears no prefix.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

NOISY_WORDS = ("noisy", "mix_single", "mixture", "mix")
CLEAN_WORDS = ("clean", "reference", "target", "s1")

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


class Named(NamedTuple):
    """A name taken apart.

    Attributes:
        role: whose side it is on; "" where the name does not say.
        key: what it has in common with its partner; None where the rule says nothing of such a name.
    """

    role: Role
    key: str | None


def by_file_id(name: str) -> Named:
    """Read a name of the DNS challenges: the folder, the prefix and the number are the key."""
    folder, _, last = name.rpartition("/")
    found = _FILE_ID.search(last)
    if not found:
        return Named("", None)
    prefix = _DNS_PREFIX.match(last)
    track = prefix[1].lower() if prefix and prefix[1].lower() != "primary" else ""
    role = _DNS_ROLE.fullmatch(last)
    # Anything that has an id and is neither of the parts is the mixture.
    side: Role = "noisy" if not role else "clean" if role[1].lower() == "clean" else "noise"
    return Named(side, f"{folder}/{track} {int(found[1])}")


def by_suffix(name: str) -> Named:
    """Read a name such as X_noisy or X_clean: what stands before the word is the key."""
    folder, _, last = name.rpartition("/")
    found = _SUFFIX.fullmatch(last)
    if not found:
        return Named("", name)
    role: Role = "noisy" if found["noisy"] else "clean" if found["clean"] else "noise"
    return Named(role, f"{folder}/{found[1]}" if folder else found[1])


def by_path(name: str) -> Named:
    """The whole name is the key."""
    return Named("", name)


def is_output(name: str) -> bool:
    """Say whether a name is one that programs give to what they have enhanced."""
    return bool(re.search(r"[-_. ]enhanced$", name, re.I))


def without_output_word(name: str) -> str:
    """Return the name that the input of such a program had."""
    return name[: -len("_enhanced")] if is_output(name) else name
