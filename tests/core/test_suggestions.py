"""Suggestions for misspelt names."""

from __future__ import annotations

import pytest

from seinfer.core.suggestions import suggest


@pytest.mark.parametrize(
    ("name", "known", "text"),
    [
        ("rnoise", ["noisy", "rnnoise"], "did you mean rnnoise or noisy?"),
        ("dpcrn", ["dpcrn-tf", "segan"], "did you mean dpcrn-tf?"),
        ("PESK-WB", ["sdr", "pesq_wb"], "did you mean pesq_wb?"),
        ("dtln", ["DTLN", "segan"], "did you mean DTLN?"),
        ("xyz", ["a", "b"], "expected one of a, b"),
        ("xyz", [], "expected one of none"),
    ],
)
def test_suggest_names_similar_names_or_all(name: str, known: list[str], text: str) -> None:
    assert suggest(name, known) == text
