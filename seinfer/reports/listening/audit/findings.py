"""One leak that the audit found, and one check that looks for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from .folder import AuditedFolder

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Finding:
    """A leak: something by which a rater can recognise a model, a clip or the purpose of a stimulus.

    Attributes:
        leak: name of the check that found it.
        severity: "error"; or "warning" for a leak that cannot be avoided, or that is not in the folder itself.
        where: file in the test folder, or the models or stimuli that it concerns.
        value: the value that was found.
        expected: the value of a folder without this leak.
        remedy: what to do.
    """

    leak: str
    where: str
    value: str
    expected: str
    remedy: str
    severity: Severity = "error"

    def __str__(self) -> str:
        return f"{self.where}: {self.value}; expected {self.expected}; {self.remedy}"


@dataclass(frozen=True)
class Check:
    """A check of the audit.

    Attributes:
        name: name of the leak.
        question: what is compared, as a phrase for the list of checks that were done.
        find: yields the leaks in a folder.
        needs_key: whether it compares with the key; without a key it is not done.
    """

    name: str
    question: str
    find: Callable[[AuditedFolder], Iterable[Finding]]
    needs_key: bool = False


def shortened(names: Iterable[str], limit: int = 3) -> str:
    """Return the first names, separated by commas, and the number of the others."""
    all_names = list(names)
    rest = len(all_names) - limit
    return ", ".join(all_names[:limit]) + (f" and {rest} more" if rest > 0 else "")
