"""What licences permit, judged by their names. This is a hint for the reader, not legal advice."""

from __future__ import annotations

import re

_NON_COMMERCIAL = re.compile(r"(?<![a-z])nc(?![a-z])|non-?commercial|research only", re.I)


def is_restrictive(licence: str) -> bool:
    """Return whether a licence forbids commercial use by its name, or no licence is stated ("none stated")."""
    return licence == "none stated" or bool(_NON_COMMERCIAL.search(licence))


def allows_commercial_use(*licences: str) -> bool:
    """Return whether all licences are known (not "") and none of them is restrictive."""
    return all(licence and not is_restrictive(licence) for licence in licences)
