"""A drawn figure with its text for screen readers, and the same as a file. The same figure gives the same bytes."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from ...core.errors import UsageError
from .style import INK, settings

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = ("svg", "png", "pdf")
MAX_PIXELS = 30_000
"""Largest width and height of a PNG; matplotlib has a limit at twice as many."""
_TAG = re.compile(r"<[^>]*>")
_FONTS = "DejaVu Sans, Verdana, sans-serif"
"""Verdana has nearly the same widths as DejaVu Sans, with which the positions are computed."""
_SHORTER = (
    (re.compile(r' transform="rotate\(-0 [^)]*\)"'), ""),
    (re.compile(r"font-family: [^;\"]*; ?"), ""),
    (re.compile(r' id="(text|line2d|xtick|ytick|patch|matplotlib.axis)_\d+"'), ""),
    (re.compile(r"(\.\d\d)\d+"), r"\1"),
    (re.compile(r"; stroke-linejoin: miter"), ""),
    (re.compile(rf"(<text [^>]*?); fill: {INK}"), r"\1"),
    (re.compile(r" *\n *"), " "),
)
_GROUP = re.compile(r"<g( [^>]*[^/])?>\n?|</g>\n?")
_MARKERS = re.compile(r"(<g clip-path=[^>]*)>\n((?:<use [^>]*/>\n)+)</g>")
_STYLE = re.compile(r' style="[^"]*"')
_BETWEEN_TAGS = re.compile(r">\s+<")
_ID = re.compile(r'(\bid="|"#|url\(#)')


@dataclass(frozen=True)
class Picture:
    """A drawn figure.

    Attributes:
        name: name of the figure, a key of FIGURES; file name and prefix of all ids in the SVG.
        title: a few words.
        caption: how to read it, in sentences, for those who see it.
        description: sentences with the numbers that the figure shows, for those who cannot see it.
        figure: the figure of matplotlib.
    """

    name: str
    title: str
    caption: str
    description: str
    figure: Figure


def as_svg(picture: Picture, *, prefix: str = "") -> str:
    """Return an <svg> element for an HTML page: transparent, with text and axes in the colour of the text around it.

    Args:
        picture: the figure.
        prefix: put before every id, if a page has the same figure more than once: letters, digits, "-" and "_".
    """
    source = _written(picture, "svg").decode("utf-8")
    source = re.sub(r"\s*(<metadata>.*?</metadata>|<style.*?</style>)", "", source, flags=re.DOTALL)
    prefix = f"{prefix}{picture.name}-"
    svg = _TAG.sub(lambda tag: _adapted(tag[0], prefix), source[source.index("<svg") :].rstrip())
    svg = _without_empty_groups(_BETWEEN_TAGS.sub(">\n<", svg))
    return _described(_MARKERS.sub(_with_common_style, svg), picture, prefix)


def as_bytes(picture: Picture, format: str, *, dpi: int = 200) -> bytes:
    """Return the content of a file of its own: dark text, on white in PNG and PDF, transparent in SVG.

    Args:
        picture: the figure.
        format: one of FORMATS.
        dpi: pixels per inch of a PNG.

    Raises:
        UsageError: the PNG would be too large.
    """
    pixels = [round(dpi * inches) for inches in picture.figure.get_size_inches()]
    if format == "png" and max(pixels) > MAX_PIXELS:
        raise UsageError(
            f"the figure {picture.name} would have {pixels[0]} x {pixels[1]} pixels, expected at most {MAX_PIXELS} on "
            "each side; choose fewer metrics, a smaller --dpi, or --format pdf"
        )
    if format != "svg":
        return _written(picture, format, dpi)
    # currentColor is black in a file of its own.
    return f'<?xml version="1.0" encoding="utf-8"?>\n{as_svg(picture)}\n'.encode()


def _written(picture: Picture, format: str, dpi: int = 200) -> bytes:
    # Without dates and releases, the bytes depend on the figure and the release of matplotlib only.
    metadata = {
        "svg": {"Date": None, "Creator": None},
        "png": {"Software": None, "Title": picture.title},
        "pdf": {"CreationDate": None, "Title": picture.title},
    }[format]
    file = io.BytesIO()
    with settings(svg_hashsalt=picture.name):
        background = "none" if format == "svg" else "white"
        picture.figure.savefig(file, format=format, dpi=dpi, metadata=metadata, facecolor=background)
    return file.getvalue()


def _adapted(tag: str, prefix: str) -> str:
    """Return a tag that fits into a page and is short; texts are between tags and are left as they are.

    The ids get our prefix, INK becomes currentColor, numbers have 2 decimals, and the font is that of the root.
    """
    for pattern, replacement in _SHORTER:
        tag = pattern.sub(replacement, tag)
    return _ID.sub(rf"\g<1>{prefix}", tag).replace(INK, "currentColor")


def _without_empty_groups(svg: str) -> str:
    """Return the element without the <g> that have no attribute, which change nothing."""
    is_kept: list[bool] = []

    def replaced(tag: re.Match[str]) -> str:
        if not tag[0].startswith("</"):
            is_kept.append(tag[0].strip() != "<g>")
            return tag[0] if is_kept[-1] else ""
        return tag[0] if is_kept.pop() else ""

    return _GROUP.sub(replaced, svg)


def _with_common_style(group: re.Match[str]) -> str:
    """Return a group of markers with their style on the group, if all have the same."""
    styles = set(_STYLE.findall(group[2]))
    if len(styles) != 1:
        return group[0]
    return f"{group[1]}{styles.pop()}>\n{_STYLE.sub('', group[2])}</g>"


def _described(svg: str, picture: Picture, prefix: str) -> str:
    """Return the element with the title and the description that screen readers read."""
    end = svg.index(">")
    opening = (
        f'{svg[:end]} role="img" aria-labelledby="{prefix}title" aria-describedby="{prefix}desc" '
        f'font-family="{_FONTS}" fill="currentColor" stroke-linejoin="round">'
    )
    title = f'<title id="{prefix}title">{escape(picture.title)}</title>'
    description = f'<desc id="{prefix}desc">{escape(picture.description)}</desc>'
    return f"{opening}\n {title}\n {description}{svg[end + 1 :]}"
