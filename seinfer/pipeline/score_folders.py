"""`seinfer score`: folders of files that any program made, scored against clean ones by the same rules as our own.

A row a folder, called by its name; the noisy files, given by --noisy or as a folder called "noisy", are the baseline.
"""

from __future__ import annotations

import queue
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..analysis.results import Results
from ..clips import external as folders
from ..clips.discovery import clip_ids, find_audio, inspect
from ..clips.external import ExternalFolder
from ..clips.pairing import ClipSet, collect
from ..core.errors import UsageError
from ..core.hashing import fingerprint
from ..core.process import Child, Message
from ..core.progress import Progress
from ..core.records import BASELINE, Clip, ScoringTask
from ..metrics.choice import MetricSelection
from ..reports.files import write_reports
from ..reports.options import TableOptions
from ..scoring.cache import ScoreCache, open_cache, score_key
from ..scoring.pool import ScoringPool
from . import provenance
from .journal import RunFolder


@dataclass(frozen=True)
class FolderRequest:
    """What a user wants scored.

    Attributes:
        folders: of enhanced files, a row each.
        clean: folder of the clean files.
        metrics: what each clip gets.
        score_rate: Hz, 0 for the files' own.
        out: run folder.
        threads: scoring processes.
        noisy: folder of what was enhanced; clean files are matched with it by the rules of pairing, and it is the
            baseline.
        score_cache: take and keep figures in the user's score cache.
        tables: what the user typed about the tables.
    """

    folders: Sequence[Path]
    clean: Path
    metrics: MetricSelection
    score_rate: int
    out: Path
    threads: int
    noisy: Path | None = None
    score_cache: bool = True
    tables: TableOptions = field(default_factory=TableOptions)


def score_folders(request: FolderRequest, progress: Progress) -> Results:
    """Score folders of estimates and write the tables.

    Raises:
        UsageError: a folder does not exist, two have the same name, or the baseline or a group is not there.
        PairingError: a folder has no file that belongs to a clip, or clean and noisy files cannot be matched.
    """
    found = _clips(request)
    rows = _rows(request, found)
    messages: queue.SimpleQueue[tuple[Child, Message | None]] = queue.SimpleQueue()
    with (
        closing(ScoringPool(request.threads, lambda *message: messages.put(message))) as pool,
        closing(RunFolder(request.out, resume=False)) as folder,
    ):
        clips = inspect(found.clips)
        folder.add_plan(_header(request, found, rows, clips), clips)
        _describe(folder, clips, rows)
        _score(request, pool, messages, folder, clips, rows, progress)
        results = folder.journal.results()
        write_reports(folder.path, results)
        return results


def _clips(request: FolderRequest) -> ClipSet:
    """Return the clips: the noisy files with their clean ones, or the clean files where nothing is known of noisy."""
    if request.noisy:
        hidden = [folder for folder in request.folders if folder.resolve() != request.noisy.resolve()]
        return collect([request.noisy], clean=request.clean, out=request.out, exclude=hidden)
    base, paths = find_audio([request.clean], exclude=[request.out])
    clips = [Clip(name, "", str(path)) for name, path in zip(clip_ids(paths, base), paths, strict=True)]
    return ClipSet(tuple(sorted(clips, key=lambda clip: clip.clip_id)), rule=f"same relative path in {request.clean}")


def _rows(request: FolderRequest, found: ClipSet) -> dict[str, ExternalFolder]:
    named = folders.named_by_folder(request.folders)
    if request.noisy and BASELINE in named:
        raise UsageError(
            f"--noisy {request.noisy} is the row {BASELINE!r}, and {named[BASELINE]} has the same name; leave it out "
            "or rename it"
        )
    names = {clip.clip_id for clip in found.clips}
    rows = {name: folders.open_folder(name, path, names, [request.out]) for name, path in named.items()}
    if request.noisy:
        files = {clip.clip_id: Path(clip.noisy_path) for clip in found.clips}
        rows = {BASELINE: ExternalFolder(BASELINE, request.noisy, files), **rows}
    return rows


def _describe(folder: RunFolder, clips: Sequence[Clip], rows: Mapping[str, ExternalFolder]) -> None:
    """Write every file down as if a model of ours had made it."""
    slots = [(clip, row) for clip in clips if not clip.problem for row in rows.values()]
    with ThreadPoolExecutor(8) as pool:
        for done in pool.map(lambda slot: folders.as_enhancement(slot[1], slot[0]), slots):
            folder.add_enhancement("", done)


def _score(
    request: FolderRequest,
    pool: ScoringPool,
    messages: queue.SimpleQueue[tuple[Child, Message | None]],
    folder: RunFolder,
    clips: Sequence[Clip],
    rows: Mapping[str, ExternalFolder],
    progress: Progress,
) -> None:
    keys: dict[tuple[str, str], str] = {}
    with closing(open_cache(is_wanted=request.score_cache)) as cache:
        # The longest first: at the end no process is left alone with a long clip.
        for clip in sorted((clip for clip in clips if not clip.problem), key=lambda clip: -clip.duration_s):
            metrics = request.metrics.of(has_reference=bool(clip.clean_path))
            unknown = _unknown(rows, folder, cache, clip, metrics, request.score_rate)
            keys |= {(clip.clip_id, name): key for name, key in unknown.items()}
            paths = {name: str(rows[name].files[clip.clip_id]) for name in rows if name in unknown}
            if paths:
                task = ScoringTask(clip.clip_id, clip.clean_path, clip.noisy_path, paths, metrics, request.score_rate)
                pool.submit(task)
        progress.start("scoring", len(keys))
        while not pool.is_idle:
            for score in pool.handle(*messages.get()):
                cache.put(keys[score.clip_id, score.model], score)
                folder.add_score("", score)
                progress.advance("scoring")


def _unknown(
    rows: Iterable[str], folder: RunFolder, cache: ScoreCache, clip: Clip, metrics: Sequence[str], sample_rate: int
) -> dict[str, str]:
    """Return name -> key of a clip's estimates that are still to be scored; the known ones are written down."""
    unknown = {}
    for name in rows:
        _, estimate = folder.journal.enhancements[clip.clip_id, name]
        if not estimate.is_ok:
            continue
        key = score_key(clip, estimate.estimate_sha256, metrics, sample_rate)
        if known := cache.get(key, clip.clip_id, name):
            folder.add_score("", known)
        else:
            unknown[name] = key
    return unknown


def _header(
    request: FolderRequest, found: ClipSet, rows: Mapping[str, ExternalFolder], clips: Sequence[Clip]
) -> dict[str, Any]:
    settings = {"score_sample_rate": request.score_rate or "native"}
    return {
        "run_id": fingerprint([clip.clean_sha256 for clip in clips], sorted(rows), settings)[:12],
        "pairing": found.rule,
        "settings": settings,
        "resampler": "soxr HQ",
        "models": {name: folders.facts(row.path) for name, row in rows.items()},
        "lost_models": {},
        "report": request.tables.settings(clips, list(rows)).as_header(),
        "notes": [*found.notes, *request.metrics.notes],
        **provenance.environment((), request.metrics),
    }
