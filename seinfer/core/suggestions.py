"""Suggestions for a misspelt name in an error message: the most similar known names, or all of them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def suggest(name: str, known: Iterable[str]) -> str:
    """Return "did you mean A or B?" if known names are similar in any case, else "expected one of A, B, C"."""
    names = list(known)
    by_lower = {other.lower(): other for other in names}
    close = [by_lower[other] for other in difflib.get_close_matches(name.lower(), by_lower, n=3, cutoff=0.5)]
    return f"did you mean {' or '.join(close)}?" if close else f"expected one of {', '.join(names) or 'none'}"
