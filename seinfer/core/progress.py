"""Interface through which long work reports its progress; reports/ displays it."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Receives the progress of each stage."""

    def start(self, stage: str, total: int) -> None:
        """Start a stage of `total` steps."""

    def advance(self, stage: str) -> None:
        """Count one step."""
