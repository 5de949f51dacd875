"""Who cannot be told from whom, in letters: two models share one exactly when nothing tells them apart.

The compact letter display by insertion and absorption, Piepho 2004, doi:10.1198/1061860043515. A single band for each
model would not do: A may tie with B and B with C where A and C are apart.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def letters(order: Sequence[int], is_apart: npt.NDArray[np.bool_]) -> dict[int, str]:
    """Return the letters of each model, "a" where the best is.

    Args:
        order: models, best first.
        is_apart: whether two models are told apart, shape (model, model), symmetric.
    """
    sets = [frozenset(order)]
    for i, one in enumerate(order):
        for other in order[i + 1 :]:
            if is_apart[one, other]:
                sets = _absorbed([part for group in sets for part in _split(group, one, other)])
    place = {model: i for i, model in enumerate(order)}
    sets.sort(key=lambda group: sorted(place[model] for model in group))
    return {model: "".join(_letter(i) for i, group in enumerate(sets) if model in group) for model in order}


def _split(group: frozenset[int], one: int, other: int) -> list[frozenset[int]]:
    return [group - {one}, group - {other}] if {one, other} <= group else [group]


def _absorbed(groups: list[frozenset[int]]) -> list[frozenset[int]]:
    """Drop groups that lie within another."""
    different = list(dict.fromkeys(groups))
    return [group for group in different if not any(group < other for other in different)]


def _letter(i: int) -> str:
    return _LETTERS[i] if i < len(_LETTERS) else f"({i + 1})"
