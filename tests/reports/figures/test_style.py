from __future__ import annotations

import itertools

import pytest

from seinfer.reports.figures.style import ACCENT, COLOURS, INK, MARKERS, NEUTRAL, colour, labels, marker


def luminance(colour: str) -> float:
    """Return the relative luminance of WCAG 2.2."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("mark", [*COLOURS, NEUTRAL, ACCENT])
@pytest.mark.parametrize("page", ["#ffffff", "#16181d"])
def test_colour_has_a_contrast_of_3_on_light_and_dark_pages(mark: str, page: str) -> None:
    assert contrast(mark, page) >= 3


def test_text_colour_has_a_contrast_of_7_on_white() -> None:
    assert contrast(INK, "#ffffff") >= 7


def test_colour_and_marker_together_are_unique_for_77_models() -> None:
    models = [f"model {i}" for i in range(77)]
    assert len({(colour(models, one), marker(models, one)) for one in models}) == 77
    assert len(COLOURS) * len(MARKERS) == 77


def test_colour_of_noisy_is_neutral_and_its_marker_is_its_own() -> None:
    assert colour(["noisy", "a"], "noisy") == NEUTRAL
    assert marker(["noisy", "a"], "noisy") not in MARKERS


def test_labels_are_short_unless_two_would_be_equal() -> None:
    long = "a" * 40
    assert labels([long, "b"]) == {long: "a" * 14 + "…" + "a" * 13, "b": "b"}
    similar = ["x" * 20 + middle + "x" * 20 for middle in "pq"]
    assert labels(similar) == {name: name for name in similar}


def test_labels_have_no_character_that_xml_forbids() -> None:
    for name, text in labels(["a\x00b", "\ufffe", "\uffff", "\udcff"]).items():
        assert text.isprintable(), name


def test_labels_of_different_names_are_different() -> None:
    names = ["".join(parts) for parts in itertools.product("ab", repeat=4)]
    assert len(set(labels(names).values())) == len(names)
