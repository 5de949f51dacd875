"""Time of each hop of a model that runs as a stream, on one thread: does it keep up with a microphone?

A clip is sent through a stream one hop at a time in a worker process that has nothing else to do. A fixed calculation
before and after (see calibration.py) and the processor time of the worker tell whether other work disturbed it; the
clip is then sent again, a few times at most. If every time was disturbed, the machine is reported as busy.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..core.records import Job, ModelSpec, StreamRun
from .calibration import Calibration
from .cost import is_disturbed
from .engines.base import Session

MAX_ROUNDS = 5


@dataclass(frozen=True)
class StreamCost:
    """Time per hop of one model. The field names are keys of `bench --streaming --json`.

    Attributes:
        model: name.
        error: "reason: message" if it could not be measured; all figures are then 0.
        latency_ms: algorithmic latency as models.toml states it.
        stream_latency_ms: the same as measured on the stream, the collection of a whole hop included.
        sample_rate, hop_samples, hop_ms: of the stream.
        n_hops: number of hops in these figures.
        p50_ms, p99_ms, worst_ms: time of a hop: median, 99th percentile, largest.
        cpu_p99_ms: 99th percentile of its processor time, which other work hardly changes.
        n_late: number of hops that took longer than the hop itself.
        n_late_cpu: number of hops whose processor time is longer than the hop.
        rtf: total time / audio duration.
        peak_rss_mib: largest resident memory of the worker process.
        is_busy: the machine was busy with other work: the times are too high.
        slowdown: time of a fixed calculation before or after / its shortest time on this machine.
        cpu_share: processor seconds / seconds of the worker.
        device, threads, processor: where it ran.
        clip_s: seconds of audio in these figures.
    """

    model: str
    error: str = ""
    latency_ms: float = 0.0
    stream_latency_ms: float = 0.0
    sample_rate: int = 0
    hop_samples: int = 0
    hop_ms: float = 0.0
    n_hops: int = 0
    p50_ms: float = 0.0
    p99_ms: float = 0.0
    worst_ms: float = 0.0
    cpu_p99_ms: float = 0.0
    n_late: int = 0
    n_late_cpu: int = 0
    rtf: float = 0.0
    peak_rss_mib: float = 0.0
    is_busy: bool = False
    slowdown: float = 0.0
    cpu_share: float = 0.0
    device: str = ""
    threads: int = 0
    processor: str = ""
    clip_s: float = 0.0

    @property
    def margin(self) -> float:
        """Hop / 99th percentile of its time: above 1 it keeps up with that many times the speed that is needed."""
        return self.hop_ms / self.p99_ms if self.p99_ms else 0.0

    @property
    def verdict(self) -> str:
        """Whether it runs in real time; "" if it was not measured.

        "yes": every hop was in time; "not always": some were late, but not one of a hundred; "no"; "unclear": hops were
        late only because other work used the processor.
        """
        if not self.n_hops:
            return ""
        if not self.n_late:
            return "yes"
        if self.is_busy and not self.n_late_cpu:
            return "unclear"
        return "not always" if self.margin > 1 else "no"


def measure_stream(session: Session, calibration: Calibration, clip: Job, spec: ModelSpec) -> StreamCost:
    """Time the hops of a loaded model until no other work disturbs it, or a few times at most.

    Args:
        session: the model.
        calibration: of this machine, with one thread.
        clip: the clip; its `target` is not used.
        spec: the model's table.

    Returns:
        The figures; `error` says why if it has no streams. `processor` is for the caller to fill in.

    Raises:
        BackendError: the worker ended or hung.
    """
    empty = StreamCost(spec.name, latency_ms=spec.latency_ms or 0.0, device=session.device, threads=session.threads)
    found: list[StreamCost] = []
    before = calibration.measure()
    while len(found) < MAX_ROUNDS:
        run = session.run_stream(clip)
        if run.reason:
            return replace(empty, error=f"no_stream: {run.reason}")
        after = calibration.measure()
        slowdown = max(before.wall_s, after.wall_s) / calibration.best_s
        before = after
        found.append(figures_of(empty, run, slowdown))
        if not found[-1].is_busy:
            return found[-1]
    return min(found, key=lambda cost: (cost.n_late, cost.rtf))


def figures_of(cost: StreamCost, run: StreamRun, slowdown: float) -> StreamCost:
    """Return `cost` with the figures of one clip filled in.

    Args:
        cost: what is known before.
        run: the times of the hops.
        slowdown: see the attribute.
    """
    hop_s = run.hop_samples / run.sample_rate
    clip_s, wall_s, cpu_s = len(run.seconds) * hop_s, sum(run.seconds), sum(run.cpu_seconds)
    cpu_share = cpu_s / wall_s if wall_s else 0.0
    return replace(
        cost,
        stream_latency_ms=1000 * run.latency_samples / run.sample_rate,
        sample_rate=run.sample_rate,
        hop_samples=run.hop_samples,
        hop_ms=1000 * hop_s,
        n_hops=len(run.seconds),
        p50_ms=1000 * percentile(run.seconds, 50),
        p99_ms=1000 * percentile(run.seconds, 99),
        worst_ms=1000 * max(run.seconds),
        cpu_p99_ms=1000 * percentile(run.cpu_seconds, 99),
        n_late=sum(seconds > hop_s for seconds in run.seconds),
        n_late_cpu=sum(seconds > hop_s for seconds in run.cpu_seconds),
        rtf=wall_s / clip_s,
        peak_rss_mib=run.peak_rss_mib,
        is_busy=is_disturbed(cost.device, slowdown, cpu_share),
        slowdown=slowdown,
        cpu_share=cpu_share,
        clip_s=clip_s,
    )


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the smallest value that so many percent of the values do not exceed (nearest rank); no interpolation."""
    return sorted(values)[max(0, math.ceil(percent / 100 * len(values)) - 1)]
