"""Numbers with a fixed number of decimals."""

from __future__ import annotations

import numpy as np
import pytest

from seinfer.core.numbers import fixed


@pytest.mark.parametrize(
    ("value", "n_digits", "text", "signed"),
    [
        (-1e-9, 6, "0.000000", "+0.000000"),
        (-0.0, 2, "0.00", "+0.00"),
        (-0.004, 2, "0.00", "+0.00"),
        (-0.006, 2, "-0.01", "-0.01"),
        (1.005, 2, "1.00", "+1.00"),  # as a float it is below 1.005
        (np.float64(1.005), 2, "1.00", "+1.00"),
        (-12.5, 1, "-12.5", "-12.5"),
        (3, 0, "3", "+3"),
    ],
)
def test_fixed_never_shows_a_negative_zero(value: float, n_digits: int, text: str, signed: str) -> None:
    assert fixed(value, n_digits) == text
    assert fixed(value, n_digits, is_signed=True) == signed


def test_fixed_rounds_like_a_format() -> None:
    for value in np.random.default_rng(0).normal(0, 10, 200):
        assert fixed(value, 3, is_signed=True) == f"{value:+.3f}"
