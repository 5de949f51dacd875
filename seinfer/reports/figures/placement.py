"""Positions of the names beside the points of a scatter plot, so that they do not cover each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_POINT_IN = 72.0
_CHARACTER_PT, _LINE_PT = 4.4, 8.5
_BESIDE_PT = 6.0
_N_STEPS = 14


@dataclass(frozen=True)
class Place:
    """A point and its name; x and y from 0 to 1 within the axes."""

    text: str
    x: float
    y: float


@dataclass(frozen=True)
class Spot:
    """Where a name begins, relative to its point, in points; it ends there if `right_pt` is negative.

    Attributes:
        right_pt: to the right.
        up_pt: upwards, of the middle of the text.
        is_far: so far from its point that a line should join them.
    """

    right_pt: float
    up_pt: float
    is_far: bool


Line = tuple[float, float, float, float]
"""Left, bottom, right and top of a horizontal or vertical line, from 0 to 1 within the axes."""
_Box = tuple[float, float, float, float]


def placed(places: Sequence[Place], lines: Sequence[Line], width_in: float, height_in: float) -> list[Spot]:
    """Return a spot for each name: the nearest free one, beside the point if possible.

    Args:
        places: the points and names.
        lines: horizontal and vertical lines that no name should cover.
        width_in: width of the axes in inches, approximately.
        height_in: height of the axes in inches.
    """
    width, height = width_in * _POINT_IN, height_in * _POINT_IN
    taken: list[_Box] = [_around(place.x * width, place.y * height) for place in places]
    taken += [(x0 * width - 1, y0 * height - 1, x1 * width + 1, y1 * height + 1) for x0, y0, x1, y1 in lines]
    spots = {}
    for i in sorted(range(len(places)), key=lambda i: (-places[i].y, places[i].x)):
        x, y, length = places[i].x * width, places[i].y * height, _CHARACTER_PT * len(places[i].text)
        options = list(_options(x > width - length - _BESIDE_PT))
        own = taken[i]
        free = [
            spot
            for spot in options
            if _is_inside(box := _box(spot, x, y, length), width, height)
            and not any(_overlap(box, other) for other in taken if other is not own)
        ]
        spots[i] = free[0] if free else options[0]
        taken.append(_box(spots[i], x, y, length))
    return [spots[i] for i in range(len(places))]


def text_width_in(text: str) -> float:
    """Return the width of a name beside its point in inches, approximately, with the space on both sides."""
    return (_CHARACTER_PT * len(text) + 2 * _BESIDE_PT) / _POINT_IN


def _options(starts_left: bool) -> Iterator[Spot]:
    """Yield spots from near to far."""
    sides = (-1, 1) if starts_left else (1, -1)
    for step in range(_N_STEPS):
        for up in (1, -1) if step else (1,):
            for side in sides:
                yield Spot(side * (_BESIDE_PT + step), up * step * _LINE_PT * 0.75, step > 1)


def _around(x: float, y: float) -> _Box:
    return x - 4, y - 4, x + 4, y + 4


def _box(spot: Spot, x: float, y: float, length: float) -> _Box:
    start = x + spot.right_pt
    left, right = (start, start + length) if spot.right_pt > 0 else (start - length, start)
    return left, y + spot.up_pt - _LINE_PT / 2, right, y + spot.up_pt + _LINE_PT / 2


def _is_inside(box: _Box, width: float, height: float) -> bool:
    return box[0] >= 0 and box[1] >= 0 and box[2] <= width and box[3] <= height


def _overlap(one: _Box, other: _Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
