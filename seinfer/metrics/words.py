"""The words of a transcript, and the errors between two lists of words. Standard library only.

Before texts are compared, they are normalised: Unicode NFKC, lower case, typographic apostrophes as "'"; every
character that is not a letter, a digit, a combining mark or an apostrophe within a word becomes a space. Numbers and
abbreviations are not spelled out: "20" and "twenty" are different words.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

_APOSTROPHES = str.maketrans({"\u2019": "'", "\u2018": "'", "\u02bc": "'"})


class WordErrors(NamedTuple):
    """The errors of a recognised text.

    Attributes:
        n_words: words of the reference.
        n_errors: substitutions, deletions and insertions; the smallest number that turns one text into the other.
        n_deletions: deletions among them. If several sets of errors are equally small, the one with the fewest
            deletions counts.
    """

    n_words: int
    n_errors: int
    n_deletions: int


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a text, normalised."""
    plain = unicodedata.normalize("NFKC", text).lower().translate(_APOSTROPHES)
    kept = "".join(letter if letter == "'" or unicodedata.category(letter)[0] in "LNM" else " " for letter in plain)
    return tuple(stripped for word in kept.split() if (stripped := word.strip("'")))


def count_errors(reference: Sequence[str], recognised: Sequence[str]) -> WordErrors:
    """Count the errors of recognised words by the Levenshtein distance.

    Args:
        reference: the words that were said.
        recognised: the words that were recognised.
    """
    # (errors, deletions) of the words so far against the first i recognised words.
    previous = [(i, 0) for i in range(len(recognised) + 1)]
    for n, word in enumerate(reference, start=1):
        current = [(n, n)]
        for i, other in enumerate(recognised):
            same, deleted, inserted = previous[i], previous[i + 1], current[i]
            current.append(
                min(
                    (same[0] + (word != other), same[1]),
                    (deleted[0] + 1, deleted[1] + 1),
                    (inserted[0] + 1, inserted[1]),
                )
            )
        previous = current
    return WordErrors(len(reference), *previous[-1])
