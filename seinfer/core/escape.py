r"""Make text from outside harmless before it is shown: clip names, paths, facts of tables, messages of libraries.

A control character in such a text can forge a line, recolour or delete what a terminal shows, or reverse the order of
the letters. Each becomes a visible escape, as in Python source: `\n`, `\x1b`, `\u202e`. Letters of every script, emoji,
and the characters that join them are unchanged. An escaped text is for reading only; nothing turns it back.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

# Unicode 16, chapter 23: C0 and C1 with DEL, the marks of writing direction, the two separators; and half surrogates,
# which stand for the bytes of a file name that is not valid UTF-8.
_CONTROL = "\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
_IN_LINE = re.compile(f"[{_CONTROL}]")
_IN_TEXT = re.compile(f"(?![\n\t])[{_CONTROL}]")


def visible(text: object) -> str:
    r"""Return a text as one line without control characters; a line break in it becomes `\n`.

    Args:
        text: anything that has a text.
    """
    return _IN_LINE.sub(_as_python, str(text))


def visible_lines(text: str) -> str:
    """Return a text of several lines without control characters other than its line breaks and tabs.

    Only for a text whose line breaks are our own: each part from outside has gone through `visible`.
    """
    return _IN_TEXT.sub(_as_python, text)


def as_json(document: Any, *, indent: int | None = 2, default: Callable[[Any], Any] | None = None) -> str:
    r"""Return a JSON document without control characters: in its texts they are JSON escapes, such as \u009b.

    Args:
        document: JSON values.
        indent: spaces for each level; None for one line.
        default: turns a value of another type into a JSON value; None for an error.

    Raises:
        ValueError: a number is NaN or infinite.
        TypeError: a value has another type.
    """
    text = json.dumps(document, indent=indent, ensure_ascii=False, allow_nan=False, default=default)
    return _IN_TEXT.sub(_as_unicode, text)


def _as_python(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode("ascii")


def _as_unicode(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"
