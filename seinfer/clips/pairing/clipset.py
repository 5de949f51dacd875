"""What pairing finds: the clips, the rule that found them, and what was left aside."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from ...core.records import Clip

_SHOWN = 5


@dataclass(frozen=True)
class LeftOut:
    """A file that is there and is no clip.

    Attributes:
        path: the file.
        reason: why, as a verb phrase behind "n file(s)".
    """

    path: str
    reason: str


@dataclass(frozen=True)
class ClipSet:
    """The clips of a run.

    Attributes:
        clips: sorted by clip_id.
        rule: how clean files were found, in words; empty for a blind set.
        notes: what a user should know about the choice.
        why: what made the rule fit, or why none did.
        left_out: files that are there and were not taken.
    """

    clips: tuple[Clip, ...]
    rule: str = ""
    notes: tuple[str, ...] = ()
    why: str = ""
    left_out: tuple[LeftOut, ...] = ()


def in_order(clips: Iterable[Clip]) -> tuple[Clip, ...]:
    """Return clips sorted by clip_id."""
    return tuple(sorted(clips, key=lambda clip: clip.clip_id))


def notes_on(left_out: Iterable[LeftOut]) -> tuple[str, ...]:
    """Return one note for each reason why files were left out."""
    counts = Counter(file.reason for file in left_out)
    return tuple(f"{n} file(s) {reason} and are left out" for reason, n in counts.items())


def some(items: Iterable[str]) -> str:
    """Return the first few items as text, with the number of those not shown."""
    every = sorted(items)
    rest = f" and {len(every) - _SHOWN} more" if len(every) > _SHOWN else ""
    return ", ".join(every[:_SHOWN]) + rest
