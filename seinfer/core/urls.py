"""URLs among the paths that a user gives, and their form without passwords and tokens."""

from __future__ import annotations

import re
from pathlib import Path

OBJECT_STORES = ("s3", "s3a", "gs", "gcs", "memory")
"""Schemes that can be written."""
SCHEMES = (*OBJECT_STORES, "http", "https")
"""Schemes that can be read."""

# One slash is enough after the colon: a Path joins repeated slashes.
_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.]+):/+(.*)", re.DOTALL)
_IN_TEXT = re.compile(rf"\b((?:{'|'.join(SCHEMES)}):/{{1,2}})([^\s\"'<>]*)", re.IGNORECASE)
_HIDDEN = "***"


def url_of(path: str | Path) -> str:
    """Return the URL that a path from the user stands for, "" if it is a local path.

    Args:
        path: as it was typed, or as a Path, which has one slash where the URL has two.
    """
    found = _URL.fullmatch(str(path))
    if not found or found[1].lower() not in SCHEMES or not found[2]:
        return ""
    return f"{found[1].lower()}://{found[2]}"


def hint_at_schemes(path: str | Path) -> str:
    """Return which URLs can be read, to end a message about a path that is written as another one; else ""."""
    if not _URL.fullmatch(str(path)) or url_of(path):
        return ""
    return f", or a URL that starts with {', '.join(f'{scheme}://' for scheme in SCHEMES)}"


def redacted(text: str) -> str:
    """Return a text with the user, password and query of each URL in it replaced by "***".

    The query of a presigned URL is a key to the file.
    """
    return _IN_TEXT.sub(lambda found: found[1] + _without_secrets(found[2]), text)


def _without_secrets(rest: str) -> str:
    rest = re.sub(r"[?#].*", f"?{_HIDDEN}", rest, count=1, flags=re.DOTALL)
    host, slash, path = rest.partition("/")
    return f"{_HIDDEN}@{host.rpartition('@')[2]}{slash}{path}" if "@" in host else rest
