"""Tie bands: letters for models, such that two models share a letter if and only if they are not told apart.

This is the compact letter display by insertion and absorption, Piepho 2004, doi:10.1198/1061860043515. One letter per
model is not enough: A and B may tie, and B and C, while A and C are told apart; then B has two letters.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def tie_bands(order: Sequence[int], is_apart: npt.NDArray[np.bool_]) -> dict[int, str]:
    """Return the letters of each model; the best model has "a".

    Args:
        order: models, best first; indices into `is_apart`.
        is_apart: whether two models are told apart, shape (model, model), symmetric.

    Returns:
        model -> one or more letters, in alphabetical order; "(27)" and so on when the letters are used up.
    """
    bands = [frozenset(order)]
    for i, one in enumerate(order):
        for other in order[i + 1 :]:
            if is_apart[one, other]:
                bands = _without_subsets([part for band in bands for part in _split(band, one, other)])
    place = {model: i for i, model in enumerate(order)}
    bands.sort(key=lambda band: sorted(place[model] for model in band))
    return {model: "".join(_letter(i) for i, band in enumerate(bands) if model in band) for model in order}


def _split(band: frozenset[int], one: int, other: int) -> list[frozenset[int]]:
    """Replace a band that contains both models by two bands, each without one of them ("insertion")."""
    return [band - {one}, band - {other}] if {one, other} <= band else [band]


def _without_subsets(bands: list[frozenset[int]]) -> list[frozenset[int]]:
    """Remove duplicates and bands that are part of another band ("absorption")."""
    unique = list(dict.fromkeys(bands))
    return [band for band in unique if not any(band < other for other in unique)]


def _letter(i: int) -> str:
    return _LETTERS[i] if i < len(_LETTERS) else f"({i + 1})"
