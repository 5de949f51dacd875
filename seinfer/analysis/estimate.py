"""How long a large job takes, from costs that were measured on this machine.

Assumptions, which `assumptions` states for the user: each clip takes as long as the measured one, per second of audio;
models run one after the other with all threads, at the batch size that was fastest; scoring uses all cores; inference
and scoring do not gain from running at the same time; decoding, disk and network do not limit; the clips are divided
evenly over equal machines.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ..core.errors import UsageError
from ..enhancement.bench import BenchCost

_JOB = re.compile(r"(\d+)x(\d+(?:\.\d+)?)s")
_WAV_HEADER_BYTES, _BYTES_PER_SAMPLE = 44, 2


@dataclass(frozen=True)
class LargeJob:
    """Clips to enhance and score.

    Attributes:
        n_clips: number of clips.
        clip_s: seconds of each.
    """

    n_clips: int
    clip_s: float

    @property
    def audio_h(self) -> float:
        """Hours of audio."""
        return self.n_clips * self.clip_s / 3600


@dataclass(frozen=True)
class ScoringCost:
    """Cost of scoring one clip.

    Attributes:
        metrics: names of the metrics.
        cpu_s: processor seconds for a clip.
        peak_rss_mib: largest resident memory of a scoring process; 0 if unknown.
    """

    metrics: tuple[str, ...]
    cpu_s: float
    peak_rss_mib: float


@dataclass(frozen=True)
class Estimate:
    """A large job with one model. The field names are keys of `bench --estimate --json`.

    Attributes:
        model: name.
        error: why there is no estimate; "" if there is.
        batch_size, threads: of the measurement that it is based on.
        inference_h, scoring_h: hours on one machine.
        total_h: their sum.
        machines_h: hours on so many machines as asked for.
        core_h: processor hours of inference and scoring, which other work on the machine hardly changes; None if
            unknown.
        memory_mib: of the model's worker and one scoring process for each core, on each machine.
        disk_gib: of the enhanced files of all machines together.
        is_busy: the machine was busy during the measurement: the hours are too high.
    """

    model: str
    error: str = ""
    batch_size: int = 0
    threads: int = 0
    inference_h: float = 0.0
    scoring_h: float = 0.0
    total_h: float = 0.0
    machines_h: float = 0.0
    core_h: float | None = None
    memory_mib: float = 0.0
    disk_gib: float = 0.0
    is_busy: bool = False


def parse_job(text: str) -> LargeJob:
    """Read the value of --estimate, such as 1000000x5s.

    Raises:
        UsageError: it is something else.
    """
    match = _JOB.fullmatch(text.strip())
    job = LargeJob(int(match[1]), float(match[2])) if match else LargeJob(0, 0.0)
    if not job.n_clips or not job.clip_s:
        raise UsageError(
            f"--estimate is {text!r}; expected the number of clips and the seconds of each, such as 1000000x5s"
        )
    return job


def estimate(
    job: LargeJob, costs: Iterable[BenchCost], scoring: ScoringCost, *, cores: int, machines: int, sample_rate: int
) -> list[Estimate]:
    """Return an estimate for each model, from its measurement with the most threads.

    Args:
        job: the clips.
        costs: measurements of the models.
        scoring: of one clip of this job.
        cores: of each machine.
        machines: number of equal machines.
        sample_rate: Hz of the clips; an enhanced file has the rate of its clip, one channel and 16 bits.
    """
    widest: dict[str, BenchCost] = {}
    for cost in costs:
        if cost.model not in widest or cost.threads > widest[cost.model].threads:
            widest[cost.model] = cost
    return [_estimate(job, cost, scoring, cores, machines, sample_rate) for cost in widest.values()]


def _estimate(
    job: LargeJob, cost: BenchCost, scoring: ScoringCost, cores: int, machines: int, sample_rate: int
) -> Estimate:
    batch = cost.fastest
    if batch is None:
        return Estimate(cost.model, cost.error or "it could not be measured")
    inference_h = job.audio_h * batch.rtf
    scoring_h = job.n_clips * scoring.cpu_s / cores / 3600
    bytes_per_clip = _WAV_HEADER_BYTES + _BYTES_PER_SAMPLE * round(job.clip_s * sample_rate)
    return Estimate(
        cost.model,
        batch_size=batch.batch_size,
        threads=cost.threads,
        inference_h=inference_h,
        scoring_h=scoring_h,
        total_h=inference_h + scoring_h,
        machines_h=(inference_h + scoring_h) / machines,
        core_h=None if batch.cpu_s_per_s is None else job.audio_h * batch.cpu_s_per_s + scoring_h * cores,
        memory_mib=batch.peak_rss_mib + cores * scoring.peak_rss_mib,
        disk_gib=job.n_clips * bytes_per_clip / 2**30,
        is_busy=batch.is_busy,
    )


def assumptions(job: LargeJob, scoring: ScoringCost, *, cores: int, machines: int, sample_rate: int) -> list[str]:
    """Return what an estimate assumes, one sentence a line."""
    audio_h = f"{job.audio_h:,.0f}" if job.audio_h >= 100 else f"{job.audio_h:.3g}"
    return [
        f"{job.n_clips:,} clips of {job.clip_s:g} s are {audio_h} hours of audio.",
        f"Scoring a clip takes {scoring.cpu_s:.2f} s of one core ({', '.join(scoring.metrics)}), measured now; it uses "
        f"all {cores} cores.",
        "Inference is that of the batch size with the most clips per second. Nothing is saved by running inference and "
        "scoring at the same time.",
        "The time of decoding, disk and network is not counted.",
        f"Disk is that of the enhanced files at {sample_rate} Hz, 16 bits, one channel; tables and journal are not "
        "counted.",
        *([f"{machines} machines are equal to this one and get equal numbers of clips."] if machines > 1 else []),
    ]
