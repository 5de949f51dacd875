"""Progress of downloads, as the code that downloads reports it."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Receives the progress of downloads, always in the caller's thread."""

    def on_start(self, name: str, total_bytes: int | None, already_bytes: int) -> None:
        """Begin a transfer; `already_bytes` were received earlier. Called again when a transfer is repeated."""

    def on_bytes(self, n: int) -> None:
        """Count `n` more bytes."""

    def on_done(self) -> None:
        """End the transfer, whether it succeeded or failed."""


class NoProgress:
    """Ignores the progress of downloads."""

    def on_start(self, name: str, total_bytes: int | None, already_bytes: int) -> None:
        """Do nothing."""

    def on_bytes(self, n: int) -> None:
        """Do nothing."""

    def on_done(self) -> None:
        """Do nothing."""
