from __future__ import annotations

import pytest

from seinfer.analysis.licences import allows_commercial_use, is_restrictive


@pytest.mark.parametrize(
    ("licence", "expected"),
    [
        ("CC-BY-NC-4.0", True),
        ("cc-by-nc-sa-4.0", True),
        ("Non-Commercial", True),
        ("noncommercial use only", True),
        ("research only", True),
        ("none stated", True),
        ("MIT", False),
        ("Apache-2.0", False),
        ("MIT OR Apache-2.0", False),
        ("NCSA", False),
        ("", False),
    ],
)
def test_is_restrictive_recognises_non_commercial_and_missing_licences(licence: str, expected: bool) -> None:
    assert is_restrictive(licence) is expected


@pytest.mark.parametrize(
    ("licences", "expected"),
    [(("MIT", "Apache-2.0"), True), (("MIT", "CC-BY-NC-4.0"), False), (("MIT", ""), False), (("none stated",), False)],
)
def test_allows_commercial_use_needs_every_licence_known_and_not_restrictive(
    licences: tuple[str, ...], expected: bool
) -> None:
    assert allows_commercial_use(*licences) is expected
