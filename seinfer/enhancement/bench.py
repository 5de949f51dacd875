"""Cost of one model in detail: one clip at a time and in batches, with so many threads.

Each figure is measured as cost.py does it. A batch that the model does not accept, or that would take too long, has a
reason instead.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path

from ..core.errors import AudioError, BackendError
from ..core.records import Job
from .calibration import Calibration
from .cost import Figures, Measurement, Now
from .engines.base import Session

BATCH_SIZES = (1, 4, 16)
# A batch size whose calls would take longer in all is left out. At least five calls are needed, see cost.py.
_MOST_S, _N_CALLS = 60.0, 5


@dataclass(frozen=True)
class BatchCost:
    """Time and memory with one batch size. The field names are keys of `bench --json`.

    Attributes:
        batch_size: number of equal clips together.
        reason: why there are no figures; "" if there are.
        rtf, rtf_low, rtf_high: processing time / audio duration: median, smallest and largest of the repetitions.
        n_repeats: number of repetitions in these figures.
        clips_per_s: clips of this duration in a second.
        cpu_s_per_s: processor seconds for a second of audio, median; None if unknown.
        peak_rss_mib: largest resident memory of the worker process so far; batch sizes grow.
        is_busy: the machine was busy with other work: the times are too high.
    """

    batch_size: int
    reason: str = ""
    rtf: float = 0.0
    rtf_low: float = 0.0
    rtf_high: float = 0.0
    n_repeats: int = 0
    clips_per_s: float = 0.0
    cpu_s_per_s: float | None = None
    peak_rss_mib: float = 0.0
    is_busy: bool = False


@dataclass(frozen=True)
class BenchCost:
    """Cost of one model with so many threads. The field names are keys of `bench --json`.

    Attributes:
        model: name.
        threads: processor cores that the model could use.
        error: "reason: message" if it could not be measured.
        device: "cpu" or "cuda".
        processor: name of the processor.
        clip_s: duration of the clip in seconds.
        load_s: seconds until the model was ready, frameworks included, without the start of Python.
        n_parameters: None if unknown.
        weights_bytes: size of the weight files.
        macs_per_s: multiply-accumulate operations for a second of audio; None if nothing counts them.
        batches: one for each batch size.
    """

    model: str
    threads: int
    error: str = ""
    device: str = ""
    processor: str = ""
    clip_s: float = 0.0
    load_s: float = 0.0
    n_parameters: int | None = None
    weights_bytes: int = 0
    macs_per_s: float | None = None
    batches: tuple[BatchCost, ...] = ()

    @property
    def measured(self) -> tuple[BatchCost, ...]:
        """The batch sizes that have figures."""
        return tuple(batch for batch in self.batches if not batch.reason)

    @property
    def fastest(self) -> BatchCost | None:
        """The batch size with the most clips in a second; None if nothing was measured."""
        return max(self.measured, key=lambda batch: batch.clips_per_s, default=None)


def measure_model(
    session: Session,
    calibration: Calibration,
    clip: Job,
    clip_s: float,
    folder: Path,
    cost: BenchCost,
    now: Now = time.monotonic,
) -> BenchCost:
    """Return `cost` with the figures filled in.

    Args:
        session: the model.
        calibration: of this machine, with as many threads as the model.
        clip: the clip; its `target` is not used.
        clip_s: seconds of the clip.
        folder: where the worker writes the estimates.
        cost: what is known before.
        now: clock in seconds that limits the number of repetitions.

    Raises:
        BackendError: the worker ended or hung with one clip.
        AudioError: the clip could not be enhanced.
    """
    measurement = Measurement(session, calibration, clip, clip_s, folder, now)
    batches: list[BatchCost] = []
    for size in BATCH_SIZES:
        reason = _why_left_out(measurement, batches, size, clip_s)
        batches.append(BatchCost(size, reason) if reason else _measured(measurement, size, clip_s))
    return replace(cost, device=session.device, clip_s=clip_s, load_s=session.load_s, batches=tuple(batches))


def _why_left_out(measurement: Measurement, batches: list[BatchCost], size: int, clip_s: float) -> str:
    if not measurement.is_allowed(size):
        return "the model accepts no batch of this size"
    known = [batch for batch in batches if not batch.reason]
    if known and _N_CALLS * size * known[-1].rtf * clip_s > _MOST_S:
        return f"it would take more than {_MOST_S:.0f} s"
    return ""


def _measured(measurement: Measurement, size: int, clip_s: float) -> BatchCost:
    try:
        return batch_cost(measurement.figures(size), clip_s)
    except (AudioError, BackendError) as error:
        if size == 1:
            raise
        return BatchCost(size, str(error))  # one clip at a time works; a batch needs more memory, for example


def batch_cost(figures: Figures, clip_s: float) -> BatchCost:
    """Return the figures of one batch size for clips of `clip_s` seconds."""
    shares = sorted(repetition.rtf * repetition.cpu_share for repetition in figures.repetitions)
    return BatchCost(
        figures.batch_size,
        rtf=figures.median,
        rtf_low=min(figures.values),
        rtf_high=max(figures.values),
        n_repeats=len(figures.values),
        clips_per_s=1 / (figures.median * clip_s),
        cpu_s_per_s=shares[len(shares) // 2] or None,
        peak_rss_mib=figures.repetitions[-1].peak_rss_mib,
        is_busy=figures.is_busy,
    )
