"""Numbers with a fixed number of decimals, as text: for tables, files and messages."""

from __future__ import annotations


def fixed(value: float, n_digits: int, *, is_signed: bool = False) -> str:
    """Return a finite number with `n_digits` decimals; a number that rounds to zero has no minus sign.

    Args:
        value: the number.
        n_digits: number of decimals.
        is_signed: put a plus sign before zero and positive numbers.
    """
    rounded = round(float(value), n_digits) + 0.0  # the sum is never -0.0
    return f"{rounded:{'+' if is_signed else ''}.{n_digits}f}"
