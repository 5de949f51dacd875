"""Holm's step-down adjustment of p values: the error of 5 % holds over all tests of a family.

It assumes nothing about how the tests depend on each other.

Source: Holm 1979, "A Simple Sequentially Rejective Multiple Test Procedure", Scandinavian Journal of Statistics 6(2).
"""

from __future__ import annotations

from collections.abc import Sequence


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Return the adjusted p values, in the same order.

    The i-th smallest of m is multiplied by m - i + 1; an adjusted value is never below that of a smaller p.

    Args:
        p_values: between 0 and 1; None for a test that could not be done, which does not count in m.
    """
    known = sorted((p, i) for i, p in enumerate(p_values) if p is not None)
    adjusted: list[float | None] = [None] * len(p_values)
    largest = 0.0
    for rank, (p, i) in enumerate(known):
        largest = max(largest, min(1.0, p * (len(known) - rank)))
        adjusted[i] = largest
    return adjusted
