"""Progress bars on standard error, with the time left; nothing at all where standard error is no terminal."""

from __future__ import annotations

from types import TracebackType

from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from .terminal import console


class ProgressBars:
    """A bar a stage; see pipeline.Progress."""

    def __init__(self) -> None:
        target = console(is_error=True)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._bars = Bars(
            *columns, TextColumn("left"), TimeRemainingColumn(), console=target, disable=not target.is_terminal
        )
        self._stages: dict[str, TaskID] = {}

    def __enter__(self) -> ProgressBars:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._bars.stop()

    def start(self, stage: str, total: int) -> None:
        """Begin a bar of `total` steps."""
        self._stages[stage] = self._bars.add_task(stage, total=total)

    def advance(self, stage: str) -> None:
        """Move a bar by one step."""
        self._bars.advance(self._stages[stage])
