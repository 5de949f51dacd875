"""Child process: load one model, receive jobs, write files, report each clip.

Messages in: first {"spec", "device", "threads", "precision"}, then {"jobs": [Job, ...]}, one message per batch, or
{"stream": Job}.
Messages out: {"event": "ready", ...} or {"event": "error", ...}, then {"event": "clip", ...Enhancement} for every job;
before that {"event": "block"} for every block of a long clip, so that it is not taken for a worker that hangs.
The answer to "stream" is {"event": "stream", ...StreamRun}.

Decoding, inference and writing run in parallel, each on another batch. engines/local.py starts
`python -m seinfer.enhancement.worker`.
"""

from __future__ import annotations

import queue
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ParamSpec, TypeVar

from ..audio import reading, writing
from ..audio.reading import Audio
from ..audio.resampling import Samples, resampled_length
from ..backends.base import Enhancer, is_chunked
from ..core.errors import AudioError, SeinferError
from ..core.hashing import sha256_of
from ..core.process import Channel
from ..core.processor_time import peak_rss_mib
from ..core.records import Enhancement, Job, ModelSpec, StreamRun, from_json, to_json
from .batch_size import BatchSizes, DeviceMemory, fitted_limits, halves, is_out_of_memory, memory_of
from .loading import load_on
from .long_clips import LONG_S, LONG_SAMPLES, enhance_file
from .model import enhance_clips
from .stream_timing import time_stream

MAX_MESSAGE = 1 << 22
"""Characters of an error that are sent to the parent, which cuts them further for the tables."""

P = ParamSpec("P")
T = TypeVar("T")


def main() -> None:
    """Run one model until the parent closes the channel."""
    channel = Channel()
    first = channel.receive()
    if first is None:
        return
    spec = from_json(ModelSpec, first["spec"])
    started = time.perf_counter()
    try:
        precision = first.get("precision", "float32")
        loaded = load_on(spec, device=first["device"], threads=first["threads"], precision=precision)
    except SeinferError as error:
        channel.send({"event": "error", "kind": type(error).__name__, "message": str(error)[:MAX_MESSAGE]})
        return
    memory = memory_of(loaded.device)
    limits = fitted_limits(loaded.enhancer, memory)
    channel.send(
        {
            "event": "ready",
            "load_s": time.perf_counter() - started,
            "device": loaded.device,
            "note": loaded.note,
            "precision": loaded.precision.name,
            "precision_snr_db": loaded.precision.snr_db,
            "max_clips": limits.max_clips,
            "max_batch_s": limits.max_batch_s,
        }
    )
    Worker(spec, loaded.enhancer, channel, memory).serve()


@dataclass(frozen=True)
class _Timing:
    """Time of one clip: seconds, processor seconds of this process (0 if unknown), and clips in its batch."""

    wall_s: float
    cpu_s: float = 0.0
    batch_size: int = 1

    def share(self, part: float) -> _Timing:
        """Return the time of one clip that is this part of the batch."""
        return _Timing(self.wall_s * part, self.cpu_s * part, self.batch_size)


@dataclass(frozen=True)
class _StreamRequest:
    """A clip whose hops are timed."""

    job: Job


class Worker:
    """Three stages with short queues between them, so that only a few batches are in memory."""

    def __init__(
        self, spec: ModelSpec, enhancer: Enhancer, channel: Channel, memory: DeviceMemory | None = None
    ) -> None:
        self._spec = spec
        self._memory = memory
        self._sizes = BatchSizes()
        self._enhancer = enhancer
        self._channel = channel
        self._decoded: queue.Queue[list[tuple[Job, Audio]] | Job | _StreamRequest | None] = queue.Queue(maxsize=1)
        self._enhanced: queue.Queue[tuple[Job, Audio, Samples, _Timing] | None] = queue.Queue(maxsize=8)

    def serve(self) -> None:
        """Run until the channel is closed and the results of all jobs are written."""
        stages = [threading.Thread(target=stage, daemon=True) for stage in (self._decode, self._write)]
        for stage in stages:
            stage.start()
        while (batch := self._decoded.get()) is not None:
            if isinstance(batch, Job):
                self._guard(batch, self._enhance_long, batch)
            elif isinstance(batch, _StreamRequest):
                self._time_stream(batch.job)
            else:
                self._infer(batch)
        self._enhanced.put(None)
        stages[1].join()

    def _decode(self) -> None:
        while (message := self._channel.receive()) is not None:
            if "stream" in message:
                self._decoded.put(_StreamRequest(from_json(Job, message["stream"])))
                continue
            batch = []
            for job in (from_json(Job, values) for values in message["jobs"]):
                if job.block_ms or _is_long(job):
                    self._decoded.put(job)
                    continue
                decoded = self._guard(job, reading.read, Path(job.source), mono=job.mono)
                if decoded is not None:
                    batch.append((job, decoded))
            self._decoded.put(batch)
        self._decoded.put(None)

    def _infer(self, batch: Sequence[tuple[Job, Audio]]) -> None:
        """Enhance a batch, in smaller parts if it does not fit into memory.

        If a part fails for another reason, each of its clips is enhanced by itself, so that only the clip that causes
        it is lost.
        """
        parts = deque([batch])
        while parts:
            part = parts.popleft()
            durations_s = [job.duration_s for job, _ in part]
            if not self._sizes.fits(durations_s):
                parts.extendleft(reversed(halves(part)))
            elif len(part) > 1 and self._has_no_memory(part):
                self._sizes.reduce(durations_s)
                self._release_memory()
                parts.appendleft(part)
            elif len(part) == 1:
                self._infer_alone(part)

    def _has_no_memory(self, part: Sequence[tuple[Job, Audio]]) -> bool:
        """Enhance some clips together, or each by itself if that fails; return True if memory was not enough."""
        try:
            self._infer_together(part)
            return False
        except Exception as error:  # noqa: BLE001 the clips are tried again, where the reason is recorded
            has_no_memory = is_out_of_memory(error)
            then = "trying smaller batches from now on" if has_no_memory else "trying each clip alone"
            print(f"batch of {len(part)} clips failed, {then}: {error!r}", file=sys.stderr)
        if not has_no_memory:
            self._infer_alone(part)
        return has_no_memory

    def _infer_alone(self, part: Sequence[tuple[Job, Audio]]) -> None:
        for job, decoded in part:
            self._guard(job, self._infer_together, [(job, decoded)])

    def _release_memory(self) -> None:
        if self._memory:
            self._memory.release()

    def _infer_together(self, batch: Sequence[tuple[Job, Audio]]) -> None:
        started, cpu_started = time.perf_counter(), time.process_time()
        clips = [decoded.samples for _, decoded in batch]
        enhanced = enhance_clips(self._enhancer, clips, [decoded.sample_rate for _, decoded in batch])
        timing = _Timing(time.perf_counter() - started, time.process_time() - cpu_started, len(batch))
        total_s = sum(clip.size / decoded.sample_rate for clip, (_, decoded) in zip(clips, batch, strict=True))
        for (job, decoded), samples in zip(batch, enhanced, strict=True):
            part = samples.size / decoded.sample_rate / total_s
            self._enhanced.put((job, decoded, samples, timing.share(part)))

    def _enhance_long(self, job: Job) -> None:
        """Enhance a clip block by block, because it is too long for memory or because a stream was asked for."""
        info = reading.probe(Path(job.source))
        subtype = job.subtype or writing.wav_subtype(info.subtype)
        done = enhance_file(
            self._enhancer,
            Path(job.source),
            Path(job.target),
            info,
            subtype,
            mono=job.mono,
            on_block=self._report_block,
            block_s=job.block_ms / 1000,
        )
        status = "chunked" if done.is_chunked else "ok"
        self._done(job, info.sample_rate, (done.channels, info.n_samples), done.n_clipped, _Timing(done.wall_s), status)

    def _time_stream(self, job: Job) -> None:
        """Time the hops of a stream; an error becomes the reason why there are none."""
        try:
            run = time_stream(self._enhancer, reading.read(Path(job.source), mono=True))
        except Exception as error:  # noqa: BLE001 any error of a framework is recorded as the reason
            run = StreamRun(f"{type(error).__name__}: {error}"[:MAX_MESSAGE])
        self._channel.send({"event": "stream", **to_json(run)})

    def _write(self) -> None:
        while (item := self._enhanced.get()) is not None:
            self._guard(item[0], self._write_one, *item)

    def _write_one(self, job: Job, decoded: Audio, samples: Samples, timing: _Timing) -> None:
        target = Path(job.target)
        subtype = job.subtype or writing.wav_subtype(decoded.subtype)
        n_clipped = writing.write(target, samples, decoded.sample_rate, subtype)
        status = "chunked" if is_chunked(self._enhancer, self._model_samples(decoded)) else "ok"
        self._done(job, decoded.sample_rate, samples.shape, n_clipped, timing, status)

    def _model_samples(self, decoded: Audio) -> int:
        rate = decoded.sample_rate
        return resampled_length(decoded.samples.shape[1], rate, self._enhancer.sample_rate or rate)

    def _done(
        self, job: Job, sample_rate: int, shape: tuple[int, ...], n_clipped: int, timing: _Timing, status: str
    ) -> None:
        self._report(
            Enhancement(
                clip_id=job.clip_id,
                model=self._spec.name,
                status=status,
                sample_rate_in=sample_rate,
                model_sample_rate=self._enhancer.sample_rate or sample_rate,
                sample_rate_out=sample_rate,
                channels=shape[0],
                n_samples=shape[1],
                clipped_samples=n_clipped,
                wall_s=timing.wall_s,
                cpu_s=timing.cpu_s,
                batch_size=timing.batch_size,
                peak_rss_mib=peak_rss_mib(),
                estimate_sha256=sha256_of(Path(job.target)),
            )
        )

    def _guard(self, job: Job, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
        """Do the work for one clip; an error becomes the row of that clip."""
        try:
            return work(*args, **kwargs)
        except AudioError as error:
            self._fail(job, error.reason, str(error))
        except Exception as error:  # noqa: BLE001 any error of a framework is recorded as the row of this clip
            self._fail(job, "failed", f"{type(error).__name__}: {error}")
        return None

    def _fail(self, job: Job, reason: str, message: str) -> None:
        self._report(Enhancement(job.clip_id, self._spec.name, "failed", f"{reason}: {message}"[:MAX_MESSAGE]))

    def _report_block(self) -> None:
        self._channel.send({"event": "block"})

    def _report(self, enhancement: Enhancement) -> None:
        self._channel.send({"event": "clip", **to_json(enhancement)})


def _is_long(job: Job) -> bool:
    """Return whether a clip is enhanced block by block."""
    if job.duration_s > LONG_S or job.duration_s * reading.MAX_SAMPLE_RATE <= LONG_SAMPLES:
        return job.duration_s > LONG_S
    try:
        info = reading.probe(Path(job.source))
    except AudioError:  # reading the clip reports it
        return False
    return info.n_samples * (1 if job.mono else info.channels) > LONG_SAMPLES


if __name__ == "__main__":
    main()
