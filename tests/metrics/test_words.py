"""Words of transcripts, and word errors with known alignments."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seinfer.metrics.words import WordErrors, count_errors, words_of

LISTS = st.lists(st.sampled_from("abc"), max_size=7)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Please call Stella.", ("please", "call", "stella")),
        ("It's 20 o\u2019clock \u2013 'now'!", ("it's", "20", "o'clock", "now")),
        ("well-known, e.g. by A.I.", ("well", "known", "e", "g", "by", "a", "i")),
        ("  \n... '' ", ()),
        ("Stra\u00dfe \u00c9TE caf\u0065\u0301", ("stra\u00dfe", "\u00e9te", "caf\u00e9")),
        ("\uff21\uff22", ("ab",)),
    ],
)
def test_words_of_text_are_lower_case_without_punctuation(text: str, words: tuple[str, ...]) -> None:
    assert words_of(text) == words


@pytest.mark.parametrize(
    ("reference", "recognised", "n_errors", "n_deletions"),
    [
        ("a b c", "a b c", 0, 0),
        ("a b c", "a c", 1, 1),
        ("a b c", "", 3, 3),
        ("", "a b", 2, 0),
        ("a b c", "a x c", 1, 0),
        ("a b c", "a b c d e", 2, 0),
        ("a b c d", "b c x", 2, 1),
        ("the cat sat on the mat", "the cat on a mat", 2, 1),
    ],
)
def test_count_errors_known_texts(reference: str, recognised: str, n_errors: int, n_deletions: int) -> None:
    found = count_errors(reference.split(), recognised.split())
    assert found == WordErrors(len(reference.split()), n_errors, n_deletions)


@given(LISTS, LISTS)
def test_count_errors_any_texts_keep_the_bounds(reference: list[str], recognised: list[str]) -> None:
    found, back = count_errors(reference, recognised), count_errors(recognised, reference)
    surplus = len(reference) - len(recognised)
    assert found.n_errors == back.n_errors
    assert (found.n_errors == 0) == (reference == recognised)
    assert abs(surplus) <= found.n_errors <= max(len(reference), len(recognised))
    assert max(surplus, 0) <= found.n_deletions <= found.n_errors
    assert found.n_deletions - back.n_deletions == surplus  # insertions are the deletions of the way back
