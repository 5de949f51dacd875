"""Result of pairing: the clips, the rule that found their clean files, and the files that are not used."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ...core.records import Clip


@dataclass(frozen=True)
class UnusedFile:
    """A file that was found and is not a clip.

    Attributes:
        path: the file.
        reason: why, as a verb phrase that follows "n files"; see messages.py.
    """

    path: str
    reason: str


@dataclass(frozen=True)
class ClipSet:
    """The clips of a run.

    Attributes:
        clips: sorted by clip_id.
        rule: how the clean files were found, as text; empty if there are none.
        notes: remarks on the clips, for the user.
        why: why the rule fits, or why none does.
        unused: files that were found and are not used.
    """

    clips: tuple[Clip, ...]
    rule: str = ""
    notes: tuple[str, ...] = ()
    why: str = ""
    unused: tuple[UnusedFile, ...] = ()

    def first(self, n: int | None) -> ClipSet:
        """Return the first `n` clips, with a note on this; None stands for all."""
        if n is None or n >= len(self.clips):
            return self
        note = f"only the first {n} of {len(self.clips)} clips, in the order of clip_id (--limit)"
        return replace(self, clips=self.clips[:n], notes=(*self.notes, note))


def sorted_clips(clips: Iterable[Clip]) -> tuple[Clip, ...]:
    """Return clips sorted by clip_id."""
    return tuple(sorted(clips, key=lambda clip: clip.clip_id))
