"""Progress bars on standard error: stages of a command, and downloads. Nothing is shown if it is not a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from types import TracebackType
from typing import TypeVar

from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.text import Text

from ..core.escape import visible
from ..core.progress import State
from .terminal import console

_ALL = "all"
_BAR_WIDTH = 20  # a name, a bar, counts and times fit 80 columns

Bars = TypeVar("Bars", bound="_Bars")


class _Bars:
    """A context manager that shows bars while it is open."""

    def __init__(
        self, *columns: ProgressColumn, is_shown: bool = True, get_time: Callable[[], float] | None = None
    ) -> None:
        target = console(is_error=True)
        is_hidden = not (is_shown and target.is_terminal)
        self._bars = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(_BAR_WIDTH),
            *columns,
            console=target,
            disable=is_hidden,
            get_time=get_time,
        )

    def __enter__(self: Bars) -> Bars:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._bars.stop()


class ProgressBars(_Bars):
    """One bar per stage that has started, and one for all stages together. Implements core.progress.Progress.

    Steps that an earlier command did are in the bars, but not in the speed from which the remaining time is estimated.
    """

    def __init__(self, *, is_shown: bool = True, get_time: Callable[[], float] | None = None) -> None:
        """Prepare.

        Args:
            is_shown: False for no bars at all.
            get_time: clock in seconds; None for the system's.
        """
        columns = (MofNCompleteColumn(), _Times(lambda: self._bars.tasks))
        super().__init__(*columns, is_shown=is_shown, get_time=get_time)
        self._stages: dict[str, TaskID] = {}
        self._all = self._bars.add_task(_ALL, start=False, visible=False, total=0, state=State.WAITING, n_before=0)

    def start(self, stage: str, total: int, state: State = State.RUNNING) -> None:
        """Announce a stage of `total` steps; its bar is shown when it starts."""
        self._stages[stage] = self._bars.add_task(
            visible(stage), start=False, visible=False, total=total, state=State.WAITING, n_before=0
        )
        self._bars.update(self._all, total=(self._task(self._all).total or 0) + total)
        self.change(stage, state)
        self._show_all()

    def change(self, stage: str, state: State) -> None:
        """Show the bar of a stage from the state LOADING or RUNNING on; LOST counts its other steps as done."""
        task = self._task(self._stages[stage])
        if task.fields["state"] is state or state is State.WAITING:
            return
        self._enter(task.id, state)
        if state is State.LOST:
            self._bars.stop_task(task.id)
            self._bars.advance(self._all, (task.total or 0) - task.completed)
        elif self._task(self._all).fields["state"] is State.WAITING:
            self._enter(self._all, State.RUNNING)
        self._show_all()

    def advance(self, stage: str) -> None:
        """Advance the bar of a stage and the bar of all stages by one step."""
        for task in (self._task(self._stages[stage]), self._task(self._all)):
            if self._task(self._stages[stage]).fields["state"] is State.WAITING:
                self._bars.update(task.id, n_before=task.fields["n_before"] + 1)
            self._bars.advance(task.id)

    def _show_all(self) -> None:
        self._bars.update(self._all, visible=len(self._stages) > 1 and self._task(self._all).started)

    def _enter(self, task: TaskID, state: State) -> None:
        """Show a bar in a new state. Its time counts from the first one, its speed from the last one."""
        if not self._task(task).started:
            self._bars.start_task(task)
        self._bars.update(task, visible=True, state=state, since_s=self._bars.get_time())

    def _task(self, task: TaskID) -> Task:
        return next(found for found in self._bars.tasks if found.id == task)


class _Times(ProgressColumn):
    """Time of a stage so far, and from its first step on the time left."""

    def __init__(self, tasks: Callable[[], Iterable[Task]]) -> None:
        super().__init__()
        self._tasks = tasks

    def render(self, task: Task) -> Text:
        """Return the text of one bar."""
        elapsed_s = task.finished_time if task.finished else task.elapsed
        if task.fields["state"] is State.LOST or elapsed_s is None:
            return Text(State.LOST.value if task.fields["state"] is State.LOST else "")
        if task.fields["state"] is State.LOADING:
            return Text(f"{_clock(elapsed_s)}, loading")
        left_s = self._left_s(task)
        return Text(_clock(elapsed_s) + ("" if left_s is None else f", about {_clock(left_s)} left"))

    def _left_s(self, task: Task) -> float | None:
        """Return the estimated time left; that of all stages is at least that of each stage."""
        n_done = task.completed - task.fields["n_before"]
        if task.finished or not n_done or task.total is None or task.fields["state"] is not State.RUNNING:
            return None
        left_s = (task.get_time() - task.fields["since_s"]) / n_done * (task.total - task.completed)
        if task.description != _ALL:
            return float(left_s)
        stages = [self._left_s(other) for other in self._tasks() if other.description != _ALL]
        return max(float(left_s), *(other for other in stages if other is not None), 0.0)


def _clock(seconds: float) -> str:
    """Return hours, minutes and seconds."""
    return str(timedelta(seconds=int(seconds)))


class DownloadBars(_Bars):
    """One bar per file, in bytes. Implements the progress protocol of models.download."""

    def __init__(self) -> None:
        super().__init__(DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
        self._current: TaskID | None = None

    def on_start(self, name: str, total_bytes: int | None, already_bytes: int) -> None:
        """Show a new bar, which starts at the bytes kept from an earlier attempt."""
        self._current = self._bars.add_task(visible(name), total=total_bytes, completed=already_bytes)

    def on_bytes(self, n: int) -> None:
        """Advance the bar of the current file by `n` bytes."""
        if self._current is not None:
            self._bars.advance(self._current, n)

    def on_done(self) -> None:
        """Finish the current file; its bar remains visible."""
        self._current = None
