"""Write YAML in block style, with every text in double quotes.

JSON is YAML too, but the parser in webMUSHRA (jeremyfa/yaml.js) reads objects in one line only.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any


def yaml_text(document: Mapping[str, Any]) -> str:
    """Return a document of mappings, lists, texts, numbers, true and false as YAML; keys are plain words or ids."""
    return "\n".join(_lines(document, "")) + "\n"


def _lines(value: Mapping[str, Any] | Sequence[Any], indent: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _entry(f"{indent}{_key(key)}:", inner, indent + "  ")
    else:
        for inner in value:
            if isinstance(inner, Mapping):
                first, *others = _lines(inner, indent + "  ")
                yield f"{indent}- {first.lstrip()}"
                yield from others
            else:
                yield from _entry(f"{indent}-", inner, indent + "  ")


def _entry(start: str, value: Any, indent: str) -> Iterator[str]:
    if isinstance(value, Mapping | list | tuple) and value:
        yield start
        yield from _lines(value, indent)
    else:
        yield f"{start} {json.dumps(value)}"


def _key(key: str) -> str:
    """Return a key; an id of digits would be read as a number without quotes."""
    return key if key.isalpha() else json.dumps(key)
