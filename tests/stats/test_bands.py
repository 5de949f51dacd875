from __future__ import annotations

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from seinfer.stats.bands import letters


def apart(n: int, pairs: list[tuple[int, int]]) -> npt.NDArray[np.bool_]:
    matrix = np.zeros((n, n), bool)
    for a, b in pairs:
        matrix[a, b] = matrix[b, a] = True
    return matrix


def test_letters_without_a_difference_are_one_band() -> None:
    assert letters([2, 0, 1], apart(3, [])) == {0: "a", 1: "a", 2: "a"}


def test_letters_of_models_that_all_differ_follow_the_order() -> None:
    assert letters([2, 0, 1], apart(3, [(0, 1), (1, 2), (0, 2)])) == {2: "a", 0: "b", 1: "c"}


def test_letters_of_a_chain_give_the_middle_both() -> None:
    assert letters([0, 1, 2], apart(3, [(0, 2)])) == {0: "a", 1: "ab", 2: "b"}


@given(st.integers(2, 7), st.data())
def test_letters_are_shared_exactly_where_nothing_tells_apart(n: int, data: st.DataObject) -> None:
    every = [(a, b) for a in range(n) for b in range(a + 1, n)]
    pairs = data.draw(st.lists(st.sampled_from(every), unique=True))
    found = letters(list(data.draw(st.permutations(range(n)))), apart(n, pairs))
    for a, b in every:
        assert bool(set(found[a]) & set(found[b])) == ((a, b) not in pairs)
