"""Progress bars on standard error: stages of a command, and downloads. Nothing is shown if it is not a terminal."""

from __future__ import annotations

from types import TracebackType
from typing import TypeVar

from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from .terminal import console

Bars = TypeVar("Bars", bound="_Bars")


class _Bars:
    """A context manager that shows bars while it is open."""

    def __init__(self, *columns: ProgressColumn, is_shown: bool = True) -> None:
        target = console(is_error=True)
        is_hidden = not (is_shown and target.is_terminal)
        self._bars = Progress(
            TextColumn("{task.description}"), BarColumn(), *columns, console=target, disable=is_hidden
        )

    def __enter__(self: Bars) -> Bars:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._bars.stop()


class ProgressBars(_Bars):
    """One bar per stage, with the remaining time; none if not `is_shown`. Implements core.progress.Progress."""

    def __init__(self, *, is_shown: bool = True) -> None:
        columns = (MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn())
        super().__init__(*columns, is_shown=is_shown)
        self._stages: dict[str, TaskID] = {}

    def start(self, stage: str, total: int) -> None:
        """Show a new bar of `total` steps."""
        self._stages[stage] = self._bars.add_task(stage, total=total)

    def advance(self, stage: str) -> None:
        """Advance the bar of a stage by one step."""
        self._bars.advance(self._stages[stage])


class DownloadBars(_Bars):
    """One bar per file, in bytes. Implements the progress protocol of models.download."""

    def __init__(self) -> None:
        super().__init__(DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
        self._current: TaskID | None = None

    def on_start(self, name: str, total_bytes: int | None, already_bytes: int) -> None:
        """Show a new bar, which starts at the bytes kept from an earlier attempt."""
        self._current = self._bars.add_task(name, total=total_bytes, completed=already_bytes)

    def on_bytes(self, n: int) -> None:
        """Advance the bar of the current file by `n` bytes."""
        if self._current is not None:
            self._bars.advance(self._current, n)

    def on_done(self) -> None:
        """Finish the current file; its bar remains visible."""
        self._current = None
