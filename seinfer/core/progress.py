"""Progress of long work, as the code that does the work sees it; who shows it is not its concern."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Is told how far each stage is."""

    def start(self, stage: str, total: int) -> None:
        """Begin a stage of `total` steps."""

    def advance(self, stage: str) -> None:
        """Count one step."""
