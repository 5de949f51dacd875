"""Download bars on standard error; nothing where it is no terminal."""

from __future__ import annotations

from types import TracebackType

from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from .terminal import console


class DownloadBars:
    """One bar per file; see `seinfer.models.download.progress.Progress`."""

    def __init__(self) -> None:
        target = console(is_error=True)
        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
        self._bars = Progress(*columns, TimeRemainingColumn(), console=target, disable=not target.is_terminal)
        self._current: TaskID | None = None

    def __enter__(self) -> DownloadBars:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._bars.stop()

    def on_start(self, name: str, total_bytes: int | None, already_bytes: int) -> None:
        """Begin a bar, part of which may be there from an earlier try."""
        self._current = self._bars.add_task(name, total=total_bytes, completed=already_bytes)

    def on_bytes(self, n: int) -> None:
        """Move the bar."""
        if self._current is not None:
            self._bars.advance(self._current, n)

    def on_done(self) -> None:
        """Leave the bar as it stands."""
        self._current = None
