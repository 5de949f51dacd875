"""Interface through which long work reports its progress; reports/ displays it."""

from __future__ import annotations

from enum import Enum
from typing import Protocol


class State(Enum):
    """State of a stage. Its time counts from the first state other than WAITING."""

    WAITING = "waiting"
    LOADING = "loading"
    RUNNING = "running"
    LOST = "not run"


class Progress(Protocol):
    """Receives the progress of each stage."""

    def start(self, stage: str, total: int, state: State = State.RUNNING) -> None:
        """Announce a stage of `total` steps."""

    def change(self, stage: str, state: State) -> None:
        """Change the state of a stage; LOST is the end of a stage, its other steps are not done."""

    def advance(self, stage: str) -> None:
        """Count one step; in the state WAITING, a step that an earlier command did."""
