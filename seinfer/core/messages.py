"""Length of messages that come from outside, such as those of a framework's error."""

from __future__ import annotations

MAX_CHARACTERS = 500
"""Longest message in a table or on the terminal."""


def shortened(text: str) -> str:
    """Return the text, cut at MAX_CHARACTERS with a note that says so. The caller writes the whole text to the log."""
    if len(text) <= MAX_CHARACTERS:
        return text
    note = f" ... (cut: {len(text)} characters, all of them in --log-file)"
    return text[: MAX_CHARACTERS - len(note)] + note
