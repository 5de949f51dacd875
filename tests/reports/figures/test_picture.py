from __future__ import annotations

import io

import pytest
from PIL import Image

from seinfer.core.errors import UsageError
from seinfer.reports.figures import Picture, as_bytes, as_svg, draw
from seinfer.reports.figures.style import INK
from tests.analysis.example_models import MODELS, compared


@pytest.fixture(scope="module")
def picture() -> Picture:
    found = draw("cost", compared(MODELS))
    assert found is not None
    return found


def test_svg_has_the_colour_of_the_text_around_it_and_no_background(picture: Picture) -> None:
    svg = as_svg(picture)
    assert INK not in svg and "currentColor" in svg
    assert "#ffffff" not in svg and "<style" not in svg
    assert svg.startswith("<svg") and svg.endswith("</svg>")


def test_svg_contains_no_date_and_no_release(picture: Picture) -> None:
    svg = as_svg(picture)
    assert "metadata" not in svg and "Matplotlib" not in svg and "<!--" not in svg


def test_svg_prefix_is_before_every_id(picture: Picture) -> None:
    assert as_svg(picture, prefix="two-").replace('"two-', '"').replace("#two-", "#").replace(" two-", " ") == as_svg(
        picture
    )


def test_png_has_the_wanted_resolution_and_a_white_background(picture: Picture) -> None:
    image = Image.open(io.BytesIO(as_bytes(picture, "png", dpi=100)))
    assert image.width == 720  # 7.2 inches
    assert image.convert("RGB").getpixel((0, 0)) == (255, 255, 255)


def test_png_beyond_the_limit_of_pixels_is_a_usage_error(picture: Picture) -> None:
    with pytest.raises(UsageError, match=r"cost would have 36000 x \d+ pixels, expected at most 30000 on each side"):
        as_bytes(picture, "png", dpi=5000)


def test_pdf_has_embedded_fonts_that_publishers_accept_and_no_date(picture: Picture) -> None:
    data = as_bytes(picture, "pdf")
    assert data.startswith(b"%PDF")
    assert b"/Type3" not in data and b"/CreationDate" not in data


def test_svg_markers_of_one_model_have_one_style_for_all() -> None:
    found = draw("input-quality", compared(MODELS))
    assert found is not None
    marked = [
        part.split("</g>")[0] for part in as_svg(found).split("<g clip-path")[1:] if "<use" in part.split("</g>")[0]
    ]
    assert len(marked) == len(MODELS) - 1
    assert all(part.count("style=") == 1 for part in marked)
