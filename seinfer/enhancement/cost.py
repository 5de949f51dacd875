"""Cost of one model: processing time / audio duration, measured while no other work of seinfer runs.

A clip is enhanced repeatedly in a worker process that has nothing else to do: alone, and in batches of equal clips.
Only resampling and inference count, as the worker reports them for every clip of a run. A fixed calculation before and
after each repetition (see calibration.py) and the processor time of the worker tell whether other work disturbed it.
Disturbed repetitions are repeated within limits of time; if too few undisturbed ones remain, all count, and the machine
is reported as busy.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..core.errors import AudioError, BackendError
from ..core.records import Cost, Job
from .calibration import Calibration
from .engines.base import Session

N_REPEATS, MIN_REPEATS = 5, 3
MAX_SLOWDOWN = 1.35
"""A repetition is disturbed if the fixed calculation beside it takes this many times its best time, or more.

On a virtual machine of 2 cores without any other work it took up to 1.24 times its best time, while rtf of the same
models differed by 1 to 4 % between measurements. One other process that computes all along gives 1.5 on 2 cores.
"""
MIN_CPU_SHARE = 0.9
"""A repetition on the CPU is disturbed if the worker used less than this share of one core: it computes all along."""
# Limits for one batch size: after the first, no more than MIN_REPEATS undisturbed repetitions are required; after the
# second, none. A slow model exceeds both with its first repetitions.
_ENOUGH_S, _MOST_S = 1.5, 3.0
# Batch sizes are tried within this time.
_SEARCH_S = 2.5
_BATCH_SIZES = (2, 4, 8)
# A larger batch must save at least this share of the time of a clip.
_MIN_SAVING = 0.03
# A repetition enhances the clip as often as is needed to fill this time: shorter times are inexact.
_MIN_TIMED_S, _MAX_RUNS = 0.1, 10

Now = Callable[[], float]


@dataclass(frozen=True)
class Repetition:
    """One repetition.

    Attributes:
        rtf: processing time / audio duration of one clip.
        cpu_share: processor seconds / seconds of the worker; 0 if unknown.
        slowdown: the larger of those of the fixed calculation before and after.
        peak_rss_mib: largest resident memory of the worker so far.
        is_disturbed: other work used the processor.
    """

    rtf: float
    cpu_share: float
    slowdown: float
    peak_rss_mib: float
    is_disturbed: bool


@dataclass(frozen=True)
class Figures:
    """Figures of one batch size; `repetitions` are those that count."""

    batch_size: int
    repetitions: tuple[Repetition, ...]
    is_busy: bool

    @property
    def median(self) -> float:
        """Median of rtf."""
        return statistics.median(self.values)

    @property
    def values(self) -> tuple[float, ...]:
        """The rtf of each repetition."""
        return tuple(repetition.rtf for repetition in self.repetitions)


class Measurement:
    """Measures one loaded model on one clip."""

    def __init__(
        self,
        session: Session,
        calibration: Calibration,
        clip: Job,
        clip_s: float,
        folder: Path,
        now: Now = time.monotonic,
    ) -> None:
        """Prepare.

        Args:
            session: the model.
            calibration: of this machine, with as many threads as the model; its best time holds for all models.
            clip: the clip; its `target` is not used.
            clip_s: seconds of the clip, of one channel.
            folder: where the worker writes the estimates.
            now: clock in seconds that limits the number of repetitions.
        """
        self._session = session
        self._calibration = calibration
        self._clip = clip
        self._clip_s = clip_s
        self._folder = folder
        self._now = now

    def run(self, cost: Cost) -> Cost:
        """Return `cost` with the figures filled in.

        Raises:
            BackendError: the worker ended or hung.
            AudioError: the clip could not be enhanced; `reason` is that of its row.
        """
        alone = self.figures(1)
        try:
            batch_size = self._best_batch_size(alone)
            batch = self.figures(batch_size) if batch_size > 1 else alone
        except (AudioError, BackendError):  # one clip at a time works; a batch needs more memory, for example
            batch = alone
        return replace(
            cost,
            device=self._session.device,
            threads=self._session.threads,
            clip_s=self._clip_s,
            rtf=alone.median,
            rtf_low=min(alone.values),
            rtf_high=max(alone.values),
            n_repeats=len(alone.values),
            is_busy=alone.is_busy,
            batch_size=batch.batch_size,
            batch_rtf=batch.median,
            batch_rtf_low=min(batch.values),
            batch_rtf_high=max(batch.values),
            batch_is_busy=batch.is_busy,
            peak_rss_mib=alone.repetitions[-1].peak_rss_mib,
            batch_peak_rss_mib=batch.repetitions[-1].peak_rss_mib,
            slowdown=statistics.median(repetition.slowdown for repetition in alone.repetitions),
            cpu_share=statistics.median(repetition.cpu_share for repetition in alone.repetitions),
            load_average=os.getloadavg()[0],
        )

    def figures(self, batch_size: int) -> Figures:
        """Enhance batches of equal clips until there are enough undisturbed repetitions, or the time is over.

        Raises:
            BackendError: the worker ended or hung.
            AudioError: the clips could not be enhanced, or not as one batch; `reason` is that of their rows.
        """
        self._enhance(batch_size)  # the first call allocates memory and compiles
        n_runs = _runs_needed(self._enhance(batch_size).wall_s)
        timed: list[tuple[_Time, float]] = []
        started, before = self._now(), self._calibration.measure()
        while True:
            time_of_runs = self._enhance(batch_size, n_runs)
            after = self._calibration.measure()
            timed.append((time_of_runs, max(before.wall_s, after.wall_s)))
            before = after
            # All of them anew: the best time of the calculation may be a later one.
            found = [self._judge(one, batch_size * n_runs, calibration_s) for one, calibration_s in timed]
            if _is_enough(found, self._now() - started):
                return figures_of(batch_size, found)

    def _judge(self, time_of_runs: _Time, n_clips: int, calibration_s: float) -> Repetition:
        slowdown = calibration_s / self._calibration.best_s
        cpu_share = time_of_runs.cpu_s / time_of_runs.wall_s if time_of_runs.wall_s else 0.0
        return Repetition(
            rtf=time_of_runs.wall_s / (n_clips * self._clip_s),
            cpu_share=cpu_share,
            slowdown=slowdown,
            peak_rss_mib=time_of_runs.peak_rss_mib,
            is_disturbed=is_disturbed(self._session.device, slowdown, cpu_share),
        )

    def _best_batch_size(self, alone: Figures) -> int:
        """Return the batch size at which a clip takes least time, of those that the model and the time allow."""
        best, least_s = 1, alone.median * self._clip_s
        started, clip_s = self._now(), least_s
        for size in filter(self.is_allowed, _BATCH_SIZES):
            if self._now() - started + 2 * size * clip_s > _SEARCH_S:
                break
            self._enhance(size)
            clip_s = self._enhance(size).wall_s / size
            if clip_s < least_s * (1 - _MIN_SAVING):
                best, least_s = size, clip_s
        return best

    def is_allowed(self, batch_size: int) -> bool:
        """Return whether the model accepts a batch of so many of these clips; one clip is always accepted."""
        limits = self._session.limits
        total_s = batch_size * self._clip.duration_s
        return batch_size == 1 or (batch_size <= limits.max_clips and total_s <= limits.max_batch_s)

    def _enhance(self, batch_size: int, n_runs: int = 1) -> _Time:
        """Enhance a batch of equal clips, one or more times; return the total time."""
        jobs = [replace(self._clip, clip_id=str(i), target=str(self._folder / f"{i}.wav")) for i in range(batch_size)]
        done = [enhancement for _ in range(n_runs) for enhancement in self._session.run(jobs)]
        for enhancement in done:
            if not enhancement.is_ok:
                reason, _, message = enhancement.error.partition(": ")
                raise AudioError(reason, message)
            if enhancement.batch_size != batch_size:  # the batch failed, and the worker tried each clip alone
                raise AudioError("no_batch", f"{batch_size} clips could not be enhanced together")
        wall_s, cpu_s = sum(one.wall_s for one in done), sum(one.cpu_s for one in done)
        return _Time(wall_s, cpu_s, done[-1].peak_rss_mib)


@dataclass(frozen=True)
class _Time:
    """Seconds and processor seconds of the worker, and its largest resident memory so far."""

    wall_s: float
    cpu_s: float
    peak_rss_mib: float


def is_disturbed(device: str, slowdown: float, cpu_share: float) -> bool:
    """Return whether other work used the processor during a repetition; see `Repetition` for the figures."""
    has_waited = device == "cpu" and 0 < cpu_share < MIN_CPU_SHARE
    return slowdown >= MAX_SLOWDOWN or has_waited


def _runs_needed(wall_s: float) -> int:
    """Return how often a batch that takes `wall_s` is enhanced in one repetition."""
    return max(1, min(_MAX_RUNS, round(_MIN_TIMED_S / max(wall_s, 1e-6))))


def _is_enough(found: Sequence[Repetition], elapsed_s: float) -> bool:
    n_quiet = sum(not repetition.is_disturbed for repetition in found)
    if n_quiet >= N_REPEATS:
        return True
    if len(found) < MIN_REPEATS:
        return False
    return elapsed_s >= (_ENOUGH_S if n_quiet >= MIN_REPEATS else _MOST_S)


def figures_of(batch_size: int, found: Sequence[Repetition]) -> Figures:
    """Return the figures of the undisturbed repetitions; of all, marked as busy, if fewer than MIN_REPEATS are."""
    quiet = tuple(repetition for repetition in found if not repetition.is_disturbed)
    is_busy = len(quiet) < MIN_REPEATS
    return Figures(batch_size, tuple(found) if is_busy else quiet, is_busy)
