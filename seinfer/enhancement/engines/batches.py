"""Which clips share a batch: clips of similar length, so that little of a batch is padding."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ...core.records import Job


@dataclass
class Batch:
    """Jobs that are sent to a worker together.

    Attributes:
        alone: one job, which may have ended a worker: nothing else is sent with it.
        n_losses: how often a worker with it was lost together with its machine.
    """

    jobs: list[Job]
    alone: bool = False
    n_losses: int = 0


class WaitingBatches:
    """The batches of a model that no worker has yet; all workers of the model take from them, on their threads."""

    def __init__(self, n_workers: int = 1) -> None:
        """Prepare an empty queue for so many workers."""
        self._n_workers = n_workers
        self._batches: deque[Batch] = deque()
        self._is_filled = False
        self._lock = threading.Lock()

    def fill(self, jobs: Sequence[Job], *, max_clips: int, max_batch_s: float) -> None:
        """Group the jobs; only the first call does so. The limits are those of the model, see `group_by_length`."""
        with self._lock:
            if not self._is_filled:
                lengths_s = [job.duration_s for job in jobs]
                groups = group_by_length(lengths_s, max_clips=max_clips, max_batch_s=max_batch_s)
                self._batches.extend(Batch([jobs[i] for i in group]) for group in groups)
                self._is_filled = True

    def take(self, n_in_progress: int, may_take: Callable[[Batch], bool]) -> Batch | None:
        """Remove and return the next batch; None if there is none, or if the worker may not take it now.

        Args:
            n_in_progress: batches that the worker has already. It gets a further one only if the other workers can have
                as many: at the end of a run no worker waits while another has several batches.
            may_take: whether the worker can take a batch now.
        """
        with self._lock:
            is_enough = len(self._batches) > n_in_progress * (self._n_workers - 1)
            return self._batches.popleft() if self._batches and is_enough and may_take(self._batches[0]) else None

    def put_back(self, batches: Iterable[Batch]) -> None:
        """Put batches before all others."""
        with self._lock:
            self._batches.extendleft(reversed(list(batches)))

    def take_all(self) -> list[Batch]:
        """Remove and return all batches."""
        with self._lock:
            batches = list(self._batches)
            self._batches.clear()
            return batches

    def __len__(self) -> int:
        return len(self._batches)


def group_by_length(lengths_s: Sequence[float], *, max_clips: int, max_batch_s: float) -> list[list[int]]:
    """Group clips of similar length, longest first so that the last group to run is a short one.

    Args:
        lengths_s: length of each clip in seconds.
        max_clips: most clips in a group.
        max_batch_s: most seconds in a group, padding counted; a longer clip is a group of its own.

    Returns:
        Groups of indices into `lengths_s`. Every index is in exactly one group.
    """
    groups: list[list[int]] = []
    longest_s = 0.0
    for index in sorted(range(len(lengths_s)), key=lambda i: (-lengths_s[i], i)):
        group = groups[-1] if groups else None
        if group is None or len(group) >= max_clips or (len(group) + 1) * longest_s > max_batch_s:
            groups.append([index])
            longest_s = lengths_s[index]
        else:
            group.append(index)
    return groups
