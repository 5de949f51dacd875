"""The data flow on one page: clips -> enhance -> score -> rows -> files. Prints nothing.

Every result is in the journal before the next is waited for; what an earlier command in the same folder did is not done
again as long as its input, weights and settings are the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from . import provenance
from .clips import inspect, sha256_of
from .engines.base import Circumstances, Engine
from .errors import SeinferError
from .files import write_json
from .manifest import RunFolder, fingerprint
from .metrics.table import load_table
from .pairing import ClipSet
from .records import Clip, Enhancement, Job, ModelSpec, Score, ScoringTask
from .reports.csvfiles import write_clips, write_per_clip
from .reports.leaderboard import leaderboard
from .reports.results import Results, results_of
from .reports.summary import write_summary
from .scoring import ScoringPool


class Progress(Protocol):
    """Is told how far things are."""

    def start(self, stage: str, total: int) -> None:
        """Begin a stage of `total` steps."""

    def advance(self, stage: str) -> None:
        """Count one step."""


@dataclass(frozen=True)
class Request:
    """What a user asked for.

    Attributes:
        out: run folder.
        clips: what to enhance, and what it is compared with.
        specs: models to run, in this order.
        not_run: model -> why it does not run here.
        metrics: names; none to enhance only.
        score_rate: Hz to score at, 0 for the clips' own.
        mono: average the channels first.
        subtype: of the written files; empty for the input's.
        device: where the models run.
        threads: cores to use.
        resume: keep what an earlier command in this folder did.
        is_strict: a model that cannot be loaded ends the run.
    """

    out: Path
    clips: ClipSet
    specs: tuple[ModelSpec, ...]
    not_run: Mapping[str, str] = field(default_factory=dict)
    metrics: tuple[str, ...] = ()
    score_rate: int = 16000
    mono: bool = False
    subtype: str = ""
    device: str = "cpu"
    threads: int = 1
    resume: bool = True
    is_strict: bool = True


def execute(request: Request, engine: Engine, progress: Progress) -> Results:
    """Enhance, score and write all files of the run folder.

    Raises:
        SeinferError: nothing could be done, or the run had to end; what is done by then is in the run folder.
    """
    clips = inspect(request.clips.clips)
    with closing(RunFolder(request.out, resume=request.resume)) as folder:
        run = _Run(request, folder, {clip.clip_id: clip for clip in clips}, progress)
        run.execute(engine)
        results = results_of(folder.journal)
        write_reports(folder.path, results)
        return results


def write_reports(folder: Path, results: Results) -> None:
    """Write every file that is made from rows."""
    write_json(folder / "run.json", results.header)
    write_clips(results, folder / "clips.csv")
    write_per_clip(results, folder / "per_clip.csv")
    write_summary(leaderboard(results), folder / "summary.csv")


class _Run:
    """One command's way through its models and clips."""

    def __init__(self, request: Request, folder: RunFolder, clips: Mapping[str, Clip], progress: Progress) -> None:
        self._request = request
        self._folder = folder
        self._clips = clips
        self._progress = progress
        self._lost: dict[str, str] = {}
        self._ran: dict[str, Circumstances] = {}
        self._digests = {spec.name: provenance.weights_digest(spec) for spec in request.specs}
        self._score_keys: dict[tuple[str, str], str] = {}
        self._pool: ScoringPool | None = None

    def execute(self, engine: Engine) -> None:
        self._plan()
        if not self._request.metrics:
            self._enhance_all(engine)
        else:
            with closing(ScoringPool(self._request.threads)) as self._pool:
                self._progress.start("scoring", len(self._request.specs) * len(self._good_clips()))
                self._enhance_all(engine)
                for score in self._pool.finish():
                    self._take_score(score)
        self._plan()  # once more, now that it is known which models could be loaded

    def _plan(self) -> None:
        clips = list(self._clips.values())
        self._folder.add_plan(header(self._request, clips, self._digests, self._lost, self._ran), clips)

    def _good_clips(self) -> list[Clip]:
        return [clip for clip in self._clips.values() if not clip.problem]

    def _enhance_all(self, engine: Engine) -> None:
        for spec in self._request.specs:
            try:
                self._enhance(engine, spec)
            except SeinferError as error:
                if self._request.is_strict:
                    raise
                self._lost[spec.name] = str(error)

    def _enhance(self, engine: Engine, spec: ModelSpec) -> None:
        model_key = provenance.model_key(spec, self._digests[spec.name])
        keys = {clip.clip_id: self._enhancement_key(clip, model_key) for clip in self._good_clips()}
        self._progress.start(spec.name, len(keys))
        jobs = []
        for clip in self._good_clips():
            done = self._done(clip, spec, keys[clip.clip_id])
            if done:
                self._after_enhancing(done)
            else:
                jobs.append(self._job(clip, spec))

        def emit(enhancement: Enhancement) -> None:
            self._folder.add_enhancement(keys[enhancement.clip_id], enhancement)
            self._after_enhancing(enhancement)

        if jobs:
            self._ran[spec.name] = engine.run(spec, jobs, emit)

    def _enhancement_key(self, clip: Clip, model_key: str) -> str:
        return fingerprint(clip.noisy_sha256, model_key, self._request.mono, self._request.subtype)

    def _done(self, clip: Clip, spec: ModelSpec, key: str) -> Enhancement | None:
        """Return what an earlier command made of a clip, if it was made from the same things and is still there."""
        known, enhancement = self._folder.journal.enhancements.get((clip.clip_id, spec.name), ("", None))
        if known != key or enhancement is None or not enhancement.is_ok:
            return None
        path = self._target(clip, spec)
        return enhancement if path.is_file() and sha256_of(path) == enhancement.estimate_sha256 else None

    def _target(self, clip: Clip, spec: ModelSpec) -> Path:
        return self._request.out.absolute() / "audio" / spec.name / f"{clip.clip_id}.wav"

    def _job(self, clip: Clip, spec: ModelSpec) -> Job:
        target = str(self._target(clip, spec))
        seconds = clip.duration_s * (1 if self._request.mono else clip.channels)
        return Job(clip.clip_id, clip.noisy_path, target, seconds, self._request.subtype, self._request.mono)

    def _after_enhancing(self, enhancement: Enhancement) -> None:
        self._progress.advance(enhancement.model)
        if self._pool is None:
            return
        if enhancement.is_ok:
            self._submit(self._pool, enhancement)
        else:
            self._progress.advance("scoring")
        for score in self._pool.ready():
            self._take_score(score)

    def _submit(self, pool: ScoringPool, enhancement: Enhancement) -> None:
        clip, slot = self._clips[enhancement.clip_id], (enhancement.clip_id, enhancement.model)
        signature = [load_table().metrics[name].implementation for name in self._request.metrics]
        reference = clip.clean_sha256 or clip.noisy_sha256
        key = fingerprint(reference, enhancement.estimate_sha256, self._request.score_rate, signature)
        if self._folder.journal.scores.get(slot, ("",))[0] == key:
            self._progress.advance("scoring")
            return
        self._score_keys[slot] = key
        estimate = {
            enhancement.model: str(self._request.out.absolute() / "audio" / enhancement.model / f"{clip.clip_id}.wav")
        }
        metrics = self._request.metrics if clip.clean_path else ()
        pool.submit(
            ScoringTask(clip.clip_id, clip.clean_path, clip.noisy_path, estimate, metrics, self._request.score_rate)
        )

    def _take_score(self, score: Score) -> None:
        self._folder.add_score(self._score_keys[score.clip_id, score.model], score)
        self._progress.advance("scoring")


def header(
    request: Request,
    clips: Sequence[Clip],
    digests: Mapping[str, str],
    lost: Mapping[str, str],
    ran: Mapping[str, Circumstances],
) -> dict[str, Any]:
    """Return what run.json says: everything that the figures depend on, and what a reader must know beside them.

    Args:
        request: what was asked for.
        clips: what it was done with.
        digests: model -> digest of its weights.
        lost: models that should have run and could not be loaded, with the reason.
        ran: models that ran in this command, and how.
    """
    specs = [spec for spec in request.specs if spec.name not in lost]
    models = {spec.name: provenance.model_facts(spec, digests[spec.name]) for spec in specs}
    not_run = {**request.not_run, **lost}
    settings = {
        "mono": request.mono,
        "subtype": request.subtype or "as the input",
        "score_sample_rate": request.score_rate or "native",
    }
    identity = [
        sorted((clip.clip_id, clip.noisy_sha256, clip.clean_sha256) for clip in clips),
        models,
        settings,
    ]
    return {
        "run_id": fingerprint(*identity)[:12],
        "pairing": request.clips.rule or "none: blind set",
        "settings": settings,
        "device": request.device,
        "devices": {name: how.device for name, how in ran.items()},
        "threads": request.threads,
        "resampler": "soxr VHQ through the models, soxr HQ for scoring",
        "models": {**models, **{name: {"not_run": reason} for name, reason in not_run.items()}},
        "lost_models": dict(lost),
        "notes": [*request.clips.notes, *dict.fromkeys(how.note for how in ran.values() if how.note)],
        **provenance.circumstances(specs, request.metrics),
    }
