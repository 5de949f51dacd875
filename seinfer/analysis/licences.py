"""What licences permit, judged by their names. This is a hint for the reader, not legal advice.

The rule for weights that have no licence of their own: if they are files of a repository that has a licence, this
licence counts for them, with a remark, and the table says so in the form of `_OF_THE_REPOSITORY`. If neither has one,
the text is "none stated", and nothing is permitted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .results import Results  # imports numpy, which `seinfer models` does not need

_NON_COMMERCIAL = re.compile(r"(?<![a-z])nc(?![a-z])|non-?commercial|research only", re.I)
_OF_THE_REPOSITORY = re.compile(r"as the repository \((.+)\); not stated for the weights")
_NOT_STATED = re.compile(r"\b(none|not) stated\b", re.I)


def is_restrictive(licence: str) -> bool:
    """Return whether a licence forbids commercial use by its name, or none is stated, not even for the repository."""
    licence = _name(licence)
    return bool(_NOT_STATED.search(licence) or _NON_COMMERCIAL.search(licence))


def is_of_the_repository(licence: str) -> bool:
    """Return whether the licence is that of the repository, and nothing is stated for the weights alone."""
    return bool(_OF_THE_REPOSITORY.fullmatch(licence))


def is_remarkable(licence: str) -> bool:
    """Return whether the licence of weights is named below the table: it is restrictive, or not stated for them."""
    return is_restrictive(licence) or is_of_the_repository(licence)


def allows_commercial_use(*licences: str) -> bool:
    """Return whether all licences are known (not "") and none of them is restrictive."""
    return all(licence and not is_restrictive(licence) for licence in licences)


def in_short(licence: str) -> str:
    """Return the text of a licence for a narrow column."""
    return f"{_name(licence)} (repository)" if is_of_the_repository(licence) else licence


def licence_lines(results: Results, models: Iterable[str]) -> Iterator[str]:
    """Yield a line for each model whose weights may not be used freely, or only as far as the repository's licence."""
    for model in models:
        facts = results.header["models"][model]
        weights = facts["license_weights"]
        if is_remarkable(weights):
            yield f"licence: {model}: weights {weights}, code {facts['license_code']}"


def _name(licence: str) -> str:
    found = _OF_THE_REPOSITORY.fullmatch(licence)
    return found[1] if found else licence
