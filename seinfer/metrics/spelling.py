"""Names of metrics as users write them: as printed (PESQ-WB, SI-SDR), in any case, or the name of a family (dnsmos)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

FAMILIES: Mapping[str, tuple[str, ...]] = {
    "pesq": ("pesq_wb",),
    "dnsmos": ("dnsmos_ovrl", "dnsmos_sig", "dnsmos_bak", "dnsmos_p808"),
    "pdnsmos": ("pdnsmos_ovrl", "pdnsmos_sig", "pdnsmos_bak"),
    "composite": ("covl", "csig", "cbak"),
}
"""Name -> the metrics that it stands for; the first is used where only one can be named (--sort)."""


def as_known(names: Iterable[str], known: Iterable[str]) -> tuple[str, ...]:
    """Return names in the spelling of the known names.

    Args:
        names: as typed.
        known: the names that are possible here.

    Returns:
        Known names, each once; a family becomes those of its metrics that are known. A name that fits none is returned
        unchanged, so that the caller can refuse it.
    """
    by_letters: dict[str, str] = {}
    for name in known:
        by_letters.setdefault(_letters(name), name)
    found = (member for name in names for member in _members(name, by_letters))
    return tuple(dict.fromkeys(found))


def _members(name: str, by_letters: Mapping[str, str]) -> Iterable[str]:
    letters = _letters(name)
    if letters in by_letters:
        return (by_letters[letters],)
    return [member for member in FAMILIES.get(letters, ()) if member in by_letters.values()] or (name,)


def _letters(name: str) -> str:
    """Return the letters and digits of a name in lower case: "SI-SDR", "si_sdr" and "SISDR" are the same name."""
    return re.sub(r"[\W_]", "", name).lower()
