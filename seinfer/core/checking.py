"""Check values from a JSON file against the types that they should have: it may be damaged, or made by hand.

A type is one of str, bool, int, float, None and Any, a union of them, `Mapping[str, T]`, `tuple[T, ...]` (a list in
JSON), or a dictionary key -> type for an object of which some keys are known; the keys may be absent.
"""

from __future__ import annotations

import types
from collections.abc import Hashable, Mapping
from functools import cache
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from .records import from_json

T = TypeVar("T")
_MAX = 1e15  # sums and squares of such numbers are still finite
_IN_JSON: Mapping[Any, Any] = {tuple: (list, tuple), Mapping: dict}
_NAMES: Mapping[Any, str] = {
    str: "a text",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    types.NoneType: "null",
    Mapping: "an object",
    tuple: "a list",
}


def check(value: object, expected: Any, where: str) -> None:
    """Check a JSON value; see the module for `expected`.

    Args:
        value: the value.
        expected: its type.
        where: its place, for the message.

    Raises:
        TypeError: it has another type, or contains a value of another type.
        ValueError: it is a number that is not finite, or larger than any that seinfer writes.
    """
    if expected is Any:
        return
    options = get_args(expected) if get_origin(expected) in (Union, types.UnionType) else (expected,)
    found = next((option for option in options if _has_kind(value, option)), None)
    if found is None:
        names = " or ".join(_NAMES[_kind(option)] for option in options)
        raise TypeError(f"{where} is {repr(value)[:80]}, expected {names}")
    if isinstance(value, (int, float)) and not abs(value) <= _MAX:
        raise ValueError(f"{where} is {repr(value)[:80]}, expected a number up to {_MAX:g}")
    if isinstance(value, (list, tuple)):
        for i, item in enumerate(value, start=1):
            check(item, get_args(found)[0], f"{where} item {i}")
    if isinstance(value, dict):
        for key, item in value.items():
            of_key = found.get(key, Any) if isinstance(found, dict) else get_args(found)[1]
            check(item, of_key, f"{where} {key!r}")


def checked_record(kind: type[T], values: Mapping[str, Any]) -> T:
    """Return the record that `records.to_json` converted, after checking the type of each field.

    Raises:
        TypeError, ValueError: see `check`; TypeError also if a field without default is absent.
    """
    where, types_of = kind.__name__.lower(), _types_of(cast(Hashable, kind))
    if not isinstance(values, dict):
        check(values, types_of, where)
    for name, value in values.items():
        expected = types_of.get(name, Any)
        # Most values of a journal are texts, and it has a line for each clip and model: here they take no call.
        if not (expected is str and isinstance(value, str)):
            check(value, expected, f"{where} {name!r}")
    return from_json(kind, values)


@cache
def _types_of(kind: Hashable) -> dict[str, Any]:
    return get_type_hints(kind)


def _kind(expected: Any) -> Any:
    return Mapping if isinstance(expected, dict) else get_origin(expected) or expected


def _has_kind(value: object, expected: Any) -> bool:
    kind = _kind(expected)
    if kind is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, _IN_JSON.get(kind, kind))
