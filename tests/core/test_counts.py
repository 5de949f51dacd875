from __future__ import annotations

import pytest

from seinfer.core.counts import counted, verb


@pytest.mark.parametrize(("n", "text"), [(0, "0 clips"), (1, "1 clip"), (2, "2 clips"), (11, "11 clips")])
def test_counted_has_the_singular_for_one_only(n: int, text: str) -> None:
    assert counted(n, "clip") == text


@pytest.mark.parametrize(("plural", "singular"), [("are", "is"), ("have", "has"), ("end", "ends")])
def test_verb_has_the_singular_for_one_only(plural: str, singular: str) -> None:
    assert [verb(n, plural) for n in (0, 1, 2)] == [plural, singular, plural]
