"""Published figures in a models.toml: each is checked, and every mistake in them is named."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isfinite

from ..clips.test_sets import KNOWN_SETS
from ..core.metric_names import metric_names
from ..core.records import Published
from ..core.suggestions import suggest

_KEYS = ("test_set", "metric", "value", "source")


def read_published(where: str, tables: Sequence[object]) -> tuple[tuple[Published, ...], list[str]]:
    """Read the value of the key `published` of a model.

    Args:
        where: the model, for messages.
        tables: the value; a table for each figure.

    Returns:
        The figures, and one line for each mistake; figures with mistakes are left out.
    """
    figures: list[Published] = []
    mistakes: list[str] = []
    for number, table in enumerate(tables, start=1):
        found = list(_mistakes(table))
        mistakes += [f"{where} published {number}: {mistake}" for mistake in found]
        if isinstance(table, dict) and not found:
            figures.append(Published(**table))
    return tuple(figures), mistakes


def _mistakes(table: object) -> Iterator[str]:
    if not isinstance(table, dict):
        yield f"is {table!r}, expected a table with {', '.join(_KEYS)}"
        return
    for key in sorted(set(table) - set(_KEYS)):
        yield f"unknown key {key!r}; expected one of {', '.join(_KEYS)}"
    for key in _KEYS:
        if key not in table:
            yield f"the key {key!r} is missing"
        elif key == "value":
            yield from _mistakes_of_value(table[key])
        else:
            yield from _mistakes_of_text(key, table[key])


def _mistakes_of_value(value: object) -> Iterator[str]:
    # bool is an int in Python, but true or false in place of a number is a mistake.
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not isfinite(value):
        yield f"value is {value!r}, expected a finite number"


def _mistakes_of_text(key: str, text: object) -> Iterator[str]:
    if not isinstance(text, str) or not text:
        yield f"{key} is {text!r}, expected a text that is not empty"
        return
    known = {"test_set": [known.set_id for known in KNOWN_SETS], "metric": metric_names()}
    if key in known and text not in known[key]:
        yield f"there is no {key} called {text!r}: {suggest(text, known[key])}"
