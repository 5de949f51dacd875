from __future__ import annotations

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from seinfer.stats.bands import tie_bands


def apart(n: int, pairs: list[tuple[int, int]]) -> npt.NDArray[np.bool_]:
    matrix = np.zeros((n, n), bool)
    for a, b in pairs:
        matrix[a, b] = matrix[b, a] = True
    return matrix


def test_tie_bands_without_a_difference_are_one_band() -> None:
    assert tie_bands([2, 0, 1], apart(3, [])) == {0: "a", 1: "a", 2: "a"}


def test_tie_bands_of_models_that_all_differ_follow_the_order() -> None:
    assert tie_bands([2, 0, 1], apart(3, [(0, 1), (1, 2), (0, 2)])) == {2: "a", 0: "b", 1: "c"}


def test_tie_bands_if_only_the_outer_two_differ_gives_the_middle_both_letters() -> None:
    assert tie_bands([0, 1, 2], apart(3, [(0, 2)])) == {0: "a", 1: "ab", 2: "b"}


def test_tie_bands_beyond_26_bands_are_numbered() -> None:
    n = 27
    found = tie_bands(range(n), apart(n, [(a, b) for a in range(n) for b in range(a + 1, n)]))
    assert (found[0], found[25], found[26]) == ("a", "z", "(27)")


@given(st.integers(2, 7), st.data())
def test_tie_bands_share_a_letter_if_and_only_if_not_told_apart(n: int, data: st.DataObject) -> None:
    every = [(a, b) for a in range(n) for b in range(a + 1, n)]
    pairs = data.draw(st.lists(st.sampled_from(every), unique=True))
    found = tie_bands(list(data.draw(st.permutations(range(n)))), apart(n, pairs))
    for a, b in every:
        assert bool(set(found[a]) & set(found[b])) == ((a, b) not in pairs)
