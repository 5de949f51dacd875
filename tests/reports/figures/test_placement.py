from __future__ import annotations

from itertools import combinations

from seinfer.reports.figures.placement import Line, Place, Spot, placed

WIDTH_IN, HEIGHT_IN = 2.8, 2.3
_Box = tuple[float, float, float, float]


def box(place: Place, spot: Spot) -> _Box:
    """Return left, bottom, right and top of a name, in points."""
    start = place.x * WIDTH_IN * 72 + spot.right_pt
    length = 4.4 * len(place.text)
    middle = place.y * HEIGHT_IN * 72 + spot.up_pt
    left = start if spot.right_pt > 0 else start - length
    return left, middle - 4, left + length, middle + 4


def overlap(one: _Box, other: _Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def test_placed_name_of_a_single_point_is_beside_it() -> None:
    (spot,) = placed([Place("model", 0.2, 0.5)], [], WIDTH_IN, HEIGHT_IN)
    assert spot.right_pt > 0 and spot.up_pt == 0 and not spot.is_far


def test_placed_name_at_the_right_border_is_on_the_left() -> None:
    (spot,) = placed([Place("a long name", 0.95, 0.5)], [], WIDTH_IN, HEIGHT_IN)
    assert spot.right_pt < 0


def test_placed_names_of_thirteen_close_points_do_not_cover_each_other() -> None:
    places = [Place(f"model {i}", 0.4 + 0.01 * (i % 4), 0.5 + 0.01 * (i % 5)) for i in range(13)]
    boxes = [box(*pair) for pair in zip(places, placed(places, [], WIDTH_IN, HEIGHT_IN), strict=True)]
    assert not any(overlap(one, other) for one, other in combinations(boxes, 2))
    assert all(b[0] >= 0 and b[1] >= 0 and b[2] <= WIDTH_IN * 72 and b[3] <= HEIGHT_IN * 72 for b in boxes)


def test_placed_name_does_not_cover_a_line() -> None:
    place, line = Place("model", 0.2, 0.5), (0.2, 0.5, 0.9, 0.5)
    (spot,) = placed([place], [line], WIDTH_IN, HEIGHT_IN)
    assert not overlap(box(place, spot), scaled(line))


def scaled(line: Line) -> _Box:
    left, bottom, right, top = line
    return left * WIDTH_IN * 72, bottom * HEIGHT_IN * 72, right * WIDTH_IN * 72, top * HEIGHT_IN * 72


def test_placed_names_without_free_space_are_all_placed() -> None:
    places = [Place("x" * 100, 0.5, 0.5) for _ in range(40)]
    assert len(placed(places, [], WIDTH_IN, HEIGHT_IN)) == 40
