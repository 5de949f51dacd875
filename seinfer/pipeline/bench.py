"""The flow of `seinfer bench`: each model in a worker process of its own, one after the other, on one clip.

Nothing else runs meanwhile, and nothing is written apart from a temporary folder.
"""

from __future__ import annotations

import queue
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from ..analysis.estimate import LargeJob, ScoringCost, assumptions, estimate
from ..analysis.quality_cost import quality_against_cost
from ..analysis.results import Results
from ..audio import reading, writing
from ..clips.discovery import DEMO_CLIPS
from ..core.devices import cores, processor
from ..core.errors import AudioError, BackendError, SeinferError
from ..core.process import Message, Process
from ..core.progress import Progress
from ..core.records import Job, ModelSpec, ScoringTask
from ..enhancement.bench import BenchCost, measure_model
from ..enhancement.calibration import calibrate
from ..enhancement.engines.local import LocalEngine
from ..enhancement.macs import count_in_child
from ..enhancement.stream_cost import StreamCost, measure_stream
from ..metrics.choice import choose
from ..models import weights
from ..reports.bench import BenchReport
from ..scoring.pool import ScoringPool
from .costs import MAX_CLIP_S

DEMO_CLIP = "fan_16k.flac"
STREAM_CLIP_S = 10.0
"""Seconds of the clip of a stream; a shorter one is repeated."""
_STAGE = "bench"
_N_SCORED = 4


@dataclass(frozen=True)
class BenchRequest:
    """What `seinfer bench` is asked for.

    Attributes:
        specs: the models.
        threads: numbers of threads to measure with.
        device: "cpu", "cuda" or "auto".
        clip: a recording; None for a bundled one.
        results: a scored run, whose quality is set beside the costs.
        job: a large job to estimate; the clip is then repeated or cut to the length of its clips.
        machines: number of machines of the estimate.
        timeout_s: when a worker counts as hung, see `waiting.receive`.
    """

    specs: tuple[ModelSpec, ...]
    threads: tuple[int, ...]
    device: str = "auto"
    clip: Path | None = None
    results: Results | None = None
    job: LargeJob | None = None
    machines: int = 1
    timeout_s: float = 300.0


def run_bench(request: BenchRequest, progress: Progress) -> BenchReport:
    """Measure the models, and what else is asked for.

    Raises:
        AudioError: the clip cannot be read.
        BackendError: scoring cannot be measured.
    """
    costs = tuple(measure_models(request, progress))
    report = BenchReport(costs)
    if request.results:
        quality = tuple(quality_against_cost(request.results, costs))
        report = replace(report, metrics=tuple(request.results.metrics), quality=quality)
    if request.job:
        scoring = measure_scoring(choose("auto", n_with=1, n_without=0).names, request.job.clip_s)
        setting = {
            "cores": cores(),
            "machines": request.machines,
            "sample_rate": reading.probe(clip_of(request)).sample_rate,
        }
        report = replace(
            report,
            machines=request.machines,
            estimates=tuple(estimate(request.job, costs, scoring, **setting)),
            assumptions=tuple(assumptions(request.job, scoring, **setting)),
        )
    return report


def clip_of(request: BenchRequest) -> Path:
    """Return the recording that is enhanced."""
    return request.clip or DEMO_CLIPS / "noisy" / DEMO_CLIP


def measure_models(request: BenchRequest, progress: Progress) -> Iterator[BenchCost]:
    """Yield the cost of each model, once for each number of threads. A model that fails has its reason instead.

    Raises:
        AudioError: the clip cannot be read.
    """
    progress.start(_STAGE, len(request.specs) * len(request.threads))
    calibrations = {threads: calibrate(threads) for threads in request.threads}
    with _clip_file(request, min(request.job.clip_s, MAX_CLIP_S) if request.job else 0.0) as (job, clip_s):
        for spec in request.specs:
            macs_per_s = count_in_child(spec, request.timeout_s)
            for threads in request.threads:
                cost = BenchCost(
                    spec.name,
                    threads,
                    processor=processor(),
                    n_parameters=spec.n_parameters,
                    weights_bytes=weights_bytes(spec),
                    macs_per_s=macs_per_s,
                )
                try:
                    with LocalEngine(request.device, threads, request.timeout_s).open(spec) as session:
                        folder = Path(job.source).parent
                        cost = measure_model(session, calibrations[threads], job, clip_s, folder, cost)
                except SeinferError as error:
                    cost = replace(cost, error=_reason(error))
                yield cost
                progress.advance(_STAGE)


def measure_streams(request: BenchRequest, progress: Progress) -> Iterator[StreamCost]:
    """Yield the time per hop of each model, on one thread. A model without streams has the reason instead.

    Raises:
        AudioError: the clip cannot be read.
    """
    progress.start(_STAGE, len(request.specs))
    calibration = calibrate(1)
    with _clip_file(request, STREAM_CLIP_S) as (job, _):
        for spec in request.specs:
            cost = StreamCost(spec.name, threads=1)
            try:
                with LocalEngine(request.device, 1, request.timeout_s).open(spec) as session:
                    cost = measure_stream(session, calibration, job, spec)
            except SeinferError as error:
                cost = replace(cost, error=_reason(error))
            yield replace(cost, processor=processor())
            progress.advance(_STAGE)


def _reason(error: SeinferError) -> str:
    return f"{error.reason}: {error}" if isinstance(error, AudioError) else str(error)


def weights_bytes(spec: ModelSpec) -> int:
    """Return the size of a model's weight files; those that are absent count 0."""
    paths = [weights.path_of(spec, file) for file in spec.files]
    return sum(path.stat().st_size for path in paths if path.is_file())


@contextmanager
def _clip_file(request: BenchRequest, wanted_s: float) -> Iterator[tuple[Job, float]]:
    """Write the clip, one channel, as a file in a temporary folder; yield it for a worker, and its seconds."""
    with TemporaryDirectory(prefix="seinfer-bench-") as scratch:
        source = Path(scratch) / "clip.wav"
        clip_s = _write_excerpt(clip_of(request), source, wanted_s)
        yield Job("clip", str(source), "", clip_s, "FLOAT"), clip_s


def _write_excerpt(clip: Path, target: Path, wanted_s: float) -> float:
    """Write one channel of a clip, repeated or cut to the wanted seconds (0: up to MAX_CLIP_S); return its seconds."""
    samples = next(reading.read_blocks(clip, wanted_s or MAX_CLIP_S, mono=True))
    rate = reading.probe(clip).sample_rate
    if not samples.size:
        raise AudioError("empty", f"{clip} has no samples; expected a recording")
    if wanted_s:
        samples = np.resize(samples, (1, max(1, round(wanted_s * rate))))
    writing.write(target, samples, rate, "FLOAT")
    return samples.shape[1] / rate


def measure_scoring(metrics: Sequence[str], clip_s: float) -> ScoringCost:
    """Measure one scoring process on a bundled pair of clips, repeated or cut to `clip_s` seconds.

    Args:
        metrics: names.
        clip_s: seconds of the clip; MAX_CLIP_S at most are measured, and longer ones are taken as proportional.

    Raises:
        BackendError: the process ended, or a clip has no score.
    """
    measured_s = min(clip_s, MAX_CLIP_S)
    with TemporaryDirectory(prefix="seinfer-bench-") as scratch:
        paths = {part: Path(scratch) / f"{part}.wav" for part in ("noisy", "clean")}
        for part, path in paths.items():
            _write_excerpt(DEMO_CLIPS / part / DEMO_CLIP, path, measured_s)
        inbox: queue.SimpleQueue[tuple[Process, Message | None]] = queue.SimpleQueue()
        with closing(ScoringPool(1, lambda child, message: inbox.put((child, message)))) as pool:
            _score(pool, inbox, paths, metrics, 1)  # the first call loads the packages
            before_s = _score(pool, inbox, paths, metrics, 1).processor_s
            child = _score(pool, inbox, paths, metrics, _N_SCORED)
            cpu_s, peak_rss_mib = child.processor_s - before_s, child.peak_rss_mib
    return ScoringCost(tuple(metrics), cpu_s / _N_SCORED * clip_s / measured_s, peak_rss_mib)


def _score(
    pool: ScoringPool,
    inbox: queue.SimpleQueue[tuple[Process, Message | None]],
    paths: dict[str, Path],
    metrics: Sequence[str],
    n_clips: int,
) -> Process:
    """Score the noisy clip so many times, each as a clip of its own; return the process."""
    for number in range(n_clips):
        noisy, clean = str(paths["noisy"]), str(paths["clean"])
        pool.submit(ScoringTask(f"clip{number}", clean, noisy, {"noisy": noisy}, tuple(metrics), 0))
    child = None
    while child is None or not pool.is_idle:
        child, message = inbox.get()
        for score in pool.handle(child, message):
            if not score.values:
                raise BackendError(f"the bundled clip could not be scored: {score.error or dict(score.reasons)}")
    return child
