"""Numbers with their noun and verb: "1 file is", "2 files are"."""

from __future__ import annotations

_SINGULAR_VERBS = {"are": "is", "have": "has"}


def counted(n: int, noun: str) -> str:
    """Return a number and a regular noun, such as "1 clip" and "2 clips"."""
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def verb(n: int, plural: str) -> str:
    """Return the form of a regular verb, "are" or "have" that fits the number, given its plural form."""
    return _SINGULAR_VERBS.get(plural, f"{plural}s") if n == 1 else plural
