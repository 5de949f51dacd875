"""One command's way through its models and clips: what is left to do, doing it, writing each result down at once."""

from __future__ import annotations

import logging
import queue
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path

from ..clips.external import as_enhancement
from ..core.errors import AudioError, SeinferError
from ..core.hashing import fingerprint, sha256_of
from ..core.process import Child, Message
from ..core.progress import Progress
from ..core.records import Clip, Enhancement, Job, ModelSpec, Score, ScoringTask, to_json
from ..enhancement.engines.base import Engine, RunInfo
from ..scoring.cache import ScoreCache, open_cache, score_key
from ..scoring.pool import ScoringPool
from .journal import RunFolder
from .provenance import model_key
from .request import Request

log = logging.getLogger(__name__)

# How long the main thread waits for a result before it looks after the scores.
_POLL_S = 0.05


class Run:
    """Models run in threads that only wait for their workers; this thread alone writes.

    Attributes:
        lost: models that should have run and could not be loaded, with the reason.
        ran: how each model ran that did.
        n_kept: estimates of an earlier command that are still right.
    """

    def __init__(
        self,
        request: Request,
        folder: RunFolder,
        clips: Sequence[Clip],
        digests: Mapping[str, str],
        progress: Progress,
    ) -> None:
        self.lost: dict[str, str] = {}
        self.ran: dict[str, RunInfo] = {}
        self.n_kept = 0
        self._request = request
        self._folder = folder
        self._clips = {clip.clip_id: clip for clip in clips}
        self._good = [clip for clip in clips if not clip.problem]
        self._model_keys = {spec.name: model_key(spec, digests[spec.name]) for spec in request.specs}
        self._progress = progress
        self._added = {folder.name: folder for folder in request.added}
        self._score_keys: dict[tuple[str, str], str] = {}
        self._pool: ScoringPool | None = None
        self._messages: queue.SimpleQueue[tuple[Child, Message | None]] = queue.SimpleQueue()
        self._cache = ScoreCache(None)

    def execute(self, engine: Engine) -> None:
        """Do what is not done yet.

        Raises:
            SeinferError: a model that must run could not be loaded, or nothing can be written any more.
        """
        if not self._request.metrics.names:
            self._take_folders()
            self._enhance(engine)
            return
        with (
            closing(open_cache(is_wanted=self._request.score_cache)) as self._cache,
            closing(ScoringPool(self._request.threads, lambda *message: self._messages.put(message))) as self._pool,
        ):
            n_rows = len(self._request.specs) + len(self._added)
            self._progress.start("scoring", n_rows * len(self._good))
            self._take_folders()  # first, so that they are scored while the models run
            self._enhance(engine)
            while not self._pool.is_idle:
                for score in self._pool.handle(*self._messages.get()):
                    self._take_score(score)

    def _take_folders(self) -> None:
        """Take what other programs made as if models had made it; a file may have changed since an earlier command."""
        for folder in self._added.values():
            self._progress.start(folder.name, len(self._good))
            with ThreadPoolExecutor(self._request.threads) as threads:
                found = list(threads.map(partial(as_enhancement, folder), self._good))
            for enhancement in found:
                key = fingerprint(str(folder.path), enhancement.estimate_sha256)
                slot = (enhancement.clip_id, enhancement.model)
                if self._folder.journal.enhancements.get(slot) != (key, enhancement):
                    self._folder.add_enhancement(key, enhancement)
                self._after_enhancing(enhancement)

    def _enhance(self, engine: Engine) -> None:
        results: queue.SimpleQueue[Enhancement] = queue.SimpleQueue()
        with ThreadPoolExecutor(self._request.jobs) as threads:
            try:
                models = {
                    threads.submit(engine.run, spec, jobs, results.put): spec
                    for spec in self._request.specs
                    if (jobs := self._remaining(spec))
                }
                self._collect(models, results)
            except BaseException:
                engine.close()
                raise

    def _collect(self, models: dict[Future[RunInfo], ModelSpec], results: queue.SimpleQueue[Enhancement]) -> None:
        while models:
            self._drain(results)
            for future in [future for future in models if future.done()]:
                self._drain(results)
                self._settle(models.pop(future), future)

    def _drain(self, results: queue.SimpleQueue[Enhancement]) -> None:
        try:
            while True:
                self._take_enhancement(results.get(timeout=_POLL_S))
        except queue.Empty:
            self._take_scores()

    def _settle(self, spec: ModelSpec, future: Future[RunInfo]) -> None:
        try:
            self.ran[spec.name] = future.result()
        except SeinferError as error:
            if self._request.is_strict:
                raise
            self.lost[spec.name] = str(error)

    def _remaining(self, spec: ModelSpec) -> list[Job]:
        """Return what a model has still to do, after counting what an earlier command did."""
        self._progress.start(spec.name, len(self._good))
        with ThreadPoolExecutor(self._request.threads) as threads:
            done = list(threads.map(lambda clip: self._done(clip, spec), self._good))
        jobs = []
        for clip, enhancement in zip(self._good, done, strict=True):
            if enhancement:
                self.n_kept += 1
                self._after_enhancing(enhancement)
            else:
                jobs.append(self._job(clip, spec))
        return jobs

    def _key(self, clip: Clip, model: str) -> str:
        """Return a fingerprint of all that an estimate depends on."""
        return fingerprint(clip.noisy_sha256, self._model_keys[model], self._request.mono, self._request.subtype)

    def _done(self, clip: Clip, spec: ModelSpec) -> Enhancement | None:
        """Return what an earlier command made of a clip, if it was made from the same things and is still there."""
        known, enhancement = self._folder.journal.enhancements.get((clip.clip_id, spec.name), ("", None))
        if enhancement is None or not enhancement.is_ok or known != self._key(clip, spec.name):
            return None
        try:
            found = sha256_of(self._target(clip, spec.name))
        except (AudioError, OSError):  # not there, or not to be read: it is made anew
            return None
        return enhancement if found == enhancement.estimate_sha256 else None

    def _target(self, clip: Clip, model: str) -> Path:
        if folder := self._added.get(model):
            return folder.files[clip.clip_id].absolute()
        return self._request.out.absolute() / "audio" / model / f"{clip.clip_id}.wav"

    def _job(self, clip: Clip, spec: ModelSpec) -> Job:
        seconds = clip.duration_s * (1 if self._request.mono else clip.channels)
        target = str(self._target(clip, spec.name))
        return Job(clip.clip_id, clip.noisy_path, target, seconds, self._request.subtype, self._request.mono)

    def _take_enhancement(self, enhancement: Enhancement) -> None:
        log.info("enhanced" if enhancement.is_ok else "failed", extra=to_json(enhancement))
        self._folder.add_enhancement(self._key(self._clips[enhancement.clip_id], enhancement.model), enhancement)
        self._after_enhancing(enhancement)

    def _after_enhancing(self, enhancement: Enhancement) -> None:
        self._progress.advance(enhancement.model)
        if self._pool is None:
            return
        if not enhancement.is_ok or not self._submit(self._pool, enhancement):
            self._progress.advance("scoring")

    def _submit(self, pool: ScoringPool, enhancement: Enhancement) -> bool:
        """Have an estimate scored; say whether that was necessary."""
        clip, slot = self._clips[enhancement.clip_id], (enhancement.clip_id, enhancement.model)
        metrics = self._request.metrics.of(has_reference=bool(clip.clean_path))
        rate = self._request.score_rate
        key = score_key(clip, enhancement.estimate_sha256, metrics, rate)
        if self._folder.journal.scores.get(slot, ("",))[0] == key:
            return False
        if known := self._cache.get(key, *slot):
            self._folder.add_score(key, known)
            return False
        self._score_keys[slot] = key
        estimate = {enhancement.model: str(self._target(clip, enhancement.model))}
        pool.submit(ScoringTask(clip.clip_id, clip.clean_path, clip.noisy_path, estimate, metrics, rate))
        return True

    def _take_scores(self) -> None:
        while self._pool and not self._messages.empty():
            for score in self._pool.handle(*self._messages.get()):
                self._take_score(score)

    def _take_score(self, score: Score) -> None:
        log.info("scored", extra=to_json(score))
        key = self._score_keys[score.clip_id, score.model]
        self._cache.put(key, score)
        self._folder.add_score(key, score)
        self._progress.advance("scoring")
