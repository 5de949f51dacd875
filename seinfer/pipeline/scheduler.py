"""One run over its models and clips: find what is left to do, do it, and write each result to the journal at once.

    journal -> jobs -> engine -> Enhancement -> journal -> scoring processes -> Score -> journal

Each model runs in a thread that only waits for its worker process; scores are computed in processes of their own. All
of them report to one queue of events. The main thread reads that queue, and only the main thread writes.
"""

from __future__ import annotations

import logging
import queue
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ..clips.discovery import estimate_path
from ..clips.external import as_enhancement
from ..core.errors import AudioError, SeinferError
from ..core.hashing import fingerprint, sha256_of
from ..core.process import Child, Launch, Message, Process
from ..core.progress import Progress, State
from ..core.records import Clip, Enhancement, Job, ModelSpec, Score, ScoringTask, to_json
from ..enhancement.engines.base import Engine, RunInfo
from ..scoring.cache import ScoreCache, may_change, open_cache, score_key
from ..scoring.pool import ScoringPool
from .journal import RunFolder
from .provenance import model_key
from .request import Request
from .stale_files import stale_files

log = logging.getLogger(__name__)

_SCORING = "scoring"
"""Name of the progress stage."""
_MAX_WAITING = 64
"""Most tasks that wait in the pool of scoring processes; of the others only the names are kept."""


@dataclass(frozen=True)
class _ModelState:
    """Event: a model is being loaded, or it is loaded and enhances its first clips."""

    spec: ModelSpec
    state: State


@dataclass(frozen=True)
class _ModelEnded:
    """Event: a model ran over all its jobs, or could not be loaded; then the future holds the error."""

    spec: ModelSpec
    n_jobs: int
    future: Future[RunInfo]


@dataclass(frozen=True)
class _ScoringMessage:
    """Event: a scoring process sent a message, or ended (None)."""

    child: Process
    message: Message | None


@dataclass(frozen=True)
class ScoringProcesses:
    """Where scores are computed.

    Attributes:
        n_processes: number of scoring processes.
        launch: starts one.
    """

    n_processes: int
    launch: Launch = Child


class Scheduler:
    """Runs what a request asks for and the journal does not hold yet. Use it once, then close it.

    Attributes:
        lost: models that should have run and could not be loaded, with the reason.
        ran: model -> how it ran, for each model that did.
    """

    def __init__(
        self,
        request: Request,
        folder: RunFolder,
        clips: Sequence[Clip],
        digests: Mapping[str, str],
        progress: Progress,
        scoring: ScoringProcesses | None = None,
    ) -> None:
        """Prepare.

        Args:
            request: what is asked for.
            folder: the run folder.
            clips: the clips of the request, inspected.
            digests: model -> digest of its weights.
            progress: is told how far each model and the scoring are.
            scoring: where scores are computed; None for this machine.
        """
        self.lost: dict[str, str] = {}
        self.ran: dict[str, RunInfo] = {}
        self._kept: set[tuple[str, str]] = set()
        self._request = request
        self._folder = folder
        self._progress = progress
        self._clips = {clip.clip_id: clip for clip in clips}
        self._usable = [clip for clip in clips if not clip.problem]
        self._external = {row.name: row for row in request.external}
        self._model_keys = {spec.name: model_key(spec, digests[spec.name]) for spec in request.selection.specs}
        self._score_keys: dict[tuple[str, str], str] = {}
        self._unscored: OrderedDict[str, tuple[str, ...]] = OrderedDict()
        self._n_running = 0
        self._events: queue.SimpleQueue[Enhancement | _ModelState | _ModelEnded | _ScoringMessage] = queue.SimpleQueue()
        self._cache = open_cache() if request.score_cache and request.metrics.names else ScoreCache(None)
        place = scoring or ScoringProcesses(request.threads)
        self._pool = ScoringPool(place.n_processes, self._report_scoring_message, place.launch)

    def run(self, engine: Engine) -> None:
        """Do everything that is not done yet.

        Raises:
            SeinferError: a model that the user named could not be loaded, or nothing can be written any more.
        """
        if self._request.metrics.names:
            n_rows = len(self._request.selection.specs) + len(self._external)
            self._progress.start(_SCORING, n_rows * len(self._usable), State.WAITING)
        self._read_external_files()  # first, so that they are scored while the models run
        with ThreadPoolExecutor(self._request.jobs) as threads:
            try:
                self._start_models(engine, threads)
                while self._n_running or not self._pool.is_idle:
                    self._handle(self._events.get())
            except BaseException:
                engine.close()
                raise

    @property
    def n_kept(self) -> int:
        """Number of estimates of an earlier command that are still valid and can be scored, as far as is known."""
        scores = self._folder.journal.scores
        return sum(slot not in scores or not scores[slot][1].error for slot in self._kept)

    @property
    def precisions(self) -> dict[str, dict[str, Any]]:
        """Model -> its precision and the error against float32, for models not in float32; also of earlier commands."""
        request = self._request
        earlier = self._folder.journal.header
        is_same = earlier.get("settings", {}).get("precision", "float32") == request.precision
        now = {
            name: {"precision": info.precision, "snr_to_float32_db": info.precision_snr_db}
            for name, info in self.ran.items()
            if info.precision != "float32"
        }
        return {**(earlier.get("precisions", {}) if is_same else {}), **now}

    @property
    def n_stale_files(self) -> int:
        """Number of enhanced files in the run folder whose clips the last command of the journal did not have."""
        return len(stale_files(self._folder.path, self._folder.journal))

    def close(self) -> None:
        """End the scoring processes and write what the cache still holds in memory."""
        self._pool.close()
        self._cache.close()

    def _handle(self, event: Enhancement | _ModelState | _ModelEnded | _ScoringMessage) -> None:
        if isinstance(event, Enhancement):
            self._record_enhancement(event)
        elif isinstance(event, _ModelState):
            self._progress.change(event.spec.name, event.state)
        elif isinstance(event, _ModelEnded):
            self._n_running -= 1
            self._record_end(event)
        else:
            for score in self._pool.handle(event.child, event.message):
                self._record_score(score)
            self._feed_pool()

    def _report_end(self, spec: ModelSpec, n_jobs: int, future: Future[RunInfo]) -> None:
        self._events.put(_ModelEnded(spec, n_jobs, future))

    def _report_scoring_message(self, child: Process, message: Message | None) -> None:
        self._events.put(_ScoringMessage(child, message))

    # --- files of other programs ---

    def _read_external_files(self) -> None:
        """Record the files of other programs like estimates of models.

        Longest clip first, and all rows of a clip together, so that its reference is read once for all of them.
        """
        for name in self._external:
            self._progress.start(name, len(self._usable))
        clips = sorted(self._usable, key=lambda clip: -clip.duration_s)
        files = [(row, clip) for clip in clips for row in self._external.values()]
        with ThreadPoolExecutor(self._request.threads) as threads:
            for enhancement in threads.map(lambda file: as_enhancement(*file), files):
                self._record_external(enhancement)

    def _record_external(self, enhancement: Enhancement) -> None:
        """Write the row of a file unless the journal holds it: the file may have changed since an earlier command."""
        key = fingerprint(str(self._external[enhancement.model].path), enhancement.estimate_sha256)
        slot = (enhancement.clip_id, enhancement.model)
        if self._folder.journal.enhancements.get(slot) != (key, enhancement):
            self._folder.add_enhancement(key, enhancement)
        self._count_and_score(enhancement)

    # --- enhancing ---

    def _start_models(self, engine: Engine, threads: ThreadPoolExecutor) -> None:
        for spec in self._request.selection.specs:
            if clips := self._remaining_clips(spec):
                self._n_running += 1
                future = threads.submit(self._run_model, engine, spec, clips)
                future.add_done_callback(partial(self._report_end, spec, len(clips)))

    def _run_model(self, engine: Engine, spec: ModelSpec, clips: Sequence[Clip]) -> RunInfo:
        """Run a model; its time counts from here, because before that it waits for the models ahead of it."""

        def report(state: State) -> None:
            self._events.put(_ModelState(spec, state))

        report(State.LOADING)
        jobs = [self._job(clip, spec) for clip in clips]  # only now: those of all models together need much memory
        return engine.run(spec, jobs, self._events.put, partial(report, State.RUNNING))

    def _remaining_clips(self, spec: ModelSpec) -> list[Clip]:
        """Return the clips that a model has still to enhance; the others are counted and scored."""
        self._progress.start(spec.name, len(self._usable), State.WAITING)
        with ThreadPoolExecutor(self._request.threads) as threads:
            known = list(threads.map(lambda clip: self._valid_enhancement(clip, spec), self._usable))
        clips = []
        for clip, enhancement in zip(self._usable, known, strict=True):
            if enhancement:
                self._kept.add((clip.clip_id, spec.name))
                self._count_and_score(enhancement)
            else:
                clips.append(clip)
        return clips

    def _valid_enhancement(self, clip: Clip, spec: ModelSpec) -> Enhancement | None:
        """Return the result of an earlier command if it was made from the same things and its file is unchanged."""
        key, enhancement = self._folder.journal.enhancements.get((clip.clip_id, spec.name), ("", None))
        if enhancement is None or not enhancement.is_ok or key != self._enhancement_key(clip, spec.name):
            return None
        try:
            digest = sha256_of(self._estimate_path(clip, spec.name))
        except (AudioError, OSError):  # the file is missing or cannot be read: it is made again
            return None
        return enhancement if digest == enhancement.estimate_sha256 else None

    def _enhancement_key(self, clip: Clip, model: str) -> str:
        """Return a fingerprint of everything that an estimate depends on."""
        request = self._request
        streaming = [request.block_ms] if request.block_ms else []
        return fingerprint(
            clip.noisy_sha256,
            self._model_keys[model],
            request.mono,
            request.subtype,
            *streaming,
            *request.reduced_precision,
        )

    def _estimate_path(self, clip: Clip, model: str) -> Path:
        if row := self._external.get(model):
            return row.files[clip.clip_id].absolute()
        return estimate_path(self._request.out.absolute(), model, clip.clip_id)

    def _job(self, clip: Clip, spec: ModelSpec) -> Job:
        request = self._request
        duration_s = clip.duration_s * (1 if request.mono else clip.channels)
        target = str(self._estimate_path(clip, spec.name))
        return Job(clip.clip_id, clip.noisy_path, target, duration_s, request.subtype, request.mono, request.block_ms)

    def _record_enhancement(self, enhancement: Enhancement) -> None:
        log.info("enhanced" if enhancement.is_ok else "failed", extra=to_json(enhancement))
        key = self._enhancement_key(self._clips[enhancement.clip_id], enhancement.model)
        self._folder.add_enhancement(key, enhancement)
        self._count_and_score(enhancement)

    def _record_end(self, event: _ModelEnded) -> None:
        try:
            self.ran[event.spec.name] = event.future.result()
        except SeinferError as error:
            if self._request.selection.is_named:
                raise
            self.lost[event.spec.name] = str(error)
            self._progress.change(event.spec.name, State.LOST)
            if self._request.metrics.names:
                for _ in range(event.n_jobs):
                    self._progress.advance(_SCORING)

    # --- scoring ---

    def _count_and_score(self, enhancement: Enhancement) -> None:
        self._progress.advance(enhancement.model)
        if self._request.metrics.names and not self._start_scoring(enhancement):
            self._progress.advance(_SCORING)

    def _start_scoring(self, enhancement: Enhancement) -> bool:
        """Have an estimate scored; return False if there is nothing to score or its scores are known."""
        if not enhancement.is_ok:
            return False
        clip, slot = self._clips[enhancement.clip_id], (enhancement.clip_id, enhancement.model)
        metrics = self._request.metrics.of(has_reference=bool(clip.clean_path))
        rate = self._request.score_rate
        key = score_key(clip, enhancement.estimate_sha256, metrics, rate)
        known_key, known = self._folder.journal.scores.get(slot, ("", None))
        if known and known_key == key and not may_change(known):
            return False
        if cached := self._cache.get(key, *slot):
            self._folder.add_score(key, cached)
            return False
        self._progress.change(_SCORING, State.RUNNING)
        self._unscored[clip.clip_id] = (*self._unscored.get(clip.clip_id, ()), enhancement.model)
        self._feed_pool()
        return True

    def _feed_pool(self) -> None:
        """Submit as many tasks as the pool needs soon: enhancing may be far ahead, and each task has paths and keys."""
        while self._unscored and self._pool.n_waiting < _MAX_WAITING:
            clip_id, models = self._unscored.popitem(last=False)
            self._pool.submit(self._task(self._clips[clip_id], models))

    def _task(self, clip: Clip, models: Sequence[str]) -> ScoringTask:
        metrics, rate = self._request.metrics.of(has_reference=bool(clip.clean_path)), self._request.score_rate
        for slot in ((clip.clip_id, model) for model in models):
            digest = self._folder.journal.enhancements[slot][1].estimate_sha256
            self._score_keys[slot] = score_key(clip, digest, metrics, rate)
        files = (clip.clean_path, clip.noisy_path, {model: str(self._estimate_path(clip, model)) for model in models})
        return ScoringTask(clip.clip_id, *files, metrics, rate, transcript=clip.transcript)

    def _record_score(self, score: Score) -> None:
        log.info("scored", extra=to_json(score))
        key = self._score_keys.pop((score.clip_id, score.model))
        self._cache.put(key, score)
        self._folder.add_score(key, score)
        self._progress.advance(_SCORING)
