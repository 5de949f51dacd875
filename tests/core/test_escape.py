"""Text from outside has no control characters when it is shown."""

from __future__ import annotations

import json
import math
import os
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seinfer.core.escape import as_json, visible, visible_lines

BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def has_control(text: str) -> bool:
    return any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") or c in BIDI for c in text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("bad\nERROR: fake.wav", r"bad\nERROR: fake.wav"),
        ("\x1b[2J\x1b[31mred", r"\x1b[2J\x1b[31mred"),
        ("a\tb\rc\0d\x7fe\x9bf", r"a\tb\rc\x00d\x7fe\x9bf"),
        ("gpj\u202e.wav\u2066x\u2028y\u2029z", r"gpj\u202e.wav\u2066x\u2028y\u2029z"),
        (os.fsdecode(b"latin\xe9"), r"latin\udce9"),
    ],
)
def test_visible_control_characters_become_escapes(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.mark.parametrize("text", ["", "a b", "Grüße 中文 हिन्दी", "می‌خواهم", "👩‍🔬", r"C:\new", "a\u00a0b"])
def test_visible_letters_of_every_script_are_unchanged(text: str) -> None:
    assert visible(text) == text


@given(st.text())
def test_visible_any_text_has_no_control_character(text: str) -> None:
    assert not has_control(visible(text))
    assert visible(visible(text)) == visible(text)


def test_visible_of_an_error_is_its_message() -> None:
    assert visible(ValueError("two\nlines")) == r"two\nlines"


def test_visible_lines_keeps_line_breaks_and_tabs_only() -> None:
    assert visible_lines("a\n\tb\r\x1b\u2028c\n") == "a\n\tb\\r\\x1b\\u2028c\n"


@given(st.text())
def test_visible_lines_any_text_has_no_other_control_character(text: str) -> None:
    assert not has_control(visible_lines(text).replace("\n", "").replace("\t", ""))


@given(
    st.recursive(
        st.text() | st.integers() | st.none(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_as_json_any_document_reads_back_equal_without_control_characters(document: object) -> None:
    for text in (as_json(document), as_json(document, indent=None)):
        assert json.loads(text) == document
        assert not has_control(text.replace("\n", ""))


def test_as_json_undecodable_name_reads_back_equal() -> None:
    name = os.fsdecode(b"latin\xe9\x9b")
    assert as_json([name], indent=None) == r'["latin\udce9\udc9b"]'
    assert json.loads(as_json([name])) == [name]


def test_as_json_keeps_letters_readable() -> None:
    assert as_json({"a": "é中"}, indent=None) == '{"a": "é中"}'


def test_as_json_of_nan_is_refused() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        as_json([math.nan])
