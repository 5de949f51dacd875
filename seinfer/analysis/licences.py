"""What licences allow, as far as their names say."""

from __future__ import annotations

import re

_NON_COMMERCIAL = re.compile(r"(?<![a-z])nc(?![a-z])|non-?commercial|research only", re.I)


def is_restrictive(licence: str) -> bool:
    """Say whether a licence keeps people from something they may want to do; no licence at all does."""
    return licence == "none stated" or bool(_NON_COMMERCIAL.search(licence))


def allows_commerce(*licences: str) -> bool:
    """Say whether every one of some licences is known and none of them forbids commercial use."""
    return all(licence and not is_restrictive(licence) for licence in licences)
