"""`seinfer score`: folders of files that any program made, scored against clean ones by the same rules as our own.

A row a folder, called by its name; a folder called "noisy" is the baseline. A clean file that a folder has no file for
is a failed row of that folder, so that nobody gains by leaving out hard clips.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import provenance
from .audio import probe
from .clips import clip_ids, find_audio, inspect, sha256_of
from .errors import AudioError, PairingError, UsageError
from .manifest import RunFolder, fingerprint
from .records import Clip, Enhancement, ScoringTask
from .reports.files import write_reports
from .reports.options import TableOptions
from .reports.results import Results, results_of
from .reports.settings import BASELINE
from .running import Progress
from .scoring import ScoringPool


@dataclass(frozen=True)
class FolderRequest:
    """What a user wants scored.

    Attributes:
        folders: of enhanced files, a row each.
        clean: folder of the clean files.
        metrics: names.
        score_rate: Hz, 0 for the files' own.
        out: run folder.
        threads: scoring processes.
        tables: what the user typed about the tables.
    """

    folders: Sequence[Path]
    clean: Path
    metrics: tuple[str, ...]
    score_rate: int
    out: Path
    threads: int
    tables: TableOptions = field(default_factory=TableOptions)


def score_folders(request: FolderRequest, progress: Progress) -> Results:
    """Score folders of estimates and write the tables.

    Raises:
        UsageError: a folder does not exist, two have the same name, or the baseline or a group is not there.
        PairingError: a folder has no file that belongs to a clean one.
    """
    with closing(ScoringPool(request.threads)) as pool, closing(RunFolder(request.out, resume=False)) as folder:
        clean = _by_id(request.clean, request.out)
        estimates = {
            name: _matched(name, _by_id(path, request.out), clean) for name, path in _names(request.folders).items()
        }
        noisy = estimates.get(BASELINE, {})
        clips = inspect([Clip(name, str(noisy.get(name, "")), str(path)) for name, path in sorted(clean.items())])
        folder.add_plan(_header(request, clips), clips)
        _describe(folder, clips, estimates)
        _score(request, pool, folder, clips, estimates, progress)
        results = results_of(folder.journal)
        write_reports(folder.path, results)
        return results


def _names(folders: Sequence[Path]) -> dict[str, Path]:
    names: dict[str, Path] = {}
    for folder in folders:
        name = folder.absolute().name
        if name in names:
            raise UsageError(f"{names[name]} and {folder} have the same name; rename one, a row is called by it")
        names[name] = folder
    return names


def _by_id(folder: Path, out: Path) -> dict[str, Path]:
    base, paths = find_audio([folder], exclude=[out])
    return dict(zip(clip_ids(paths, base), paths, strict=True))


def _matched(name: str, found: Mapping[str, Path], clean: Mapping[str, Path]) -> dict[str, Path]:
    matched = {clip_id: path for clip_id, path in found.items() if clip_id in clean}
    if not matched:
        raise PairingError(
            f"none of the {len(found)} files in {name} has a clean partner of the same relative path; the first is "
            f"{min(found)!r}, the first clean one {min(clean)!r}"
        )
    return matched


def _describe(folder: RunFolder, clips: Sequence[Clip], estimates: Mapping[str, Mapping[str, Path]]) -> None:
    """Write every file down as if a model of ours had made it."""
    rows = [(clip, name) for clip in clips if not clip.problem for name in estimates]
    with ThreadPoolExecutor(8) as pool:
        for done in pool.map(lambda row: _as_enhancement(row[0], row[1], estimates[row[1]]), rows):
            folder.add_enhancement("", done)


def _as_enhancement(clip: Clip, name: str, estimates: Mapping[str, Path]) -> Enhancement:
    path = estimates.get(clip.clip_id)
    if path is None:
        return Enhancement(clip.clip_id, name, "failed", f"missing: {name} has no file for this clip")
    try:
        info = probe(path)
    except AudioError as error:
        return Enhancement(clip.clip_id, name, "failed", f"{error.reason}: {error}")
    return Enhancement(
        clip.clip_id,
        name,
        "ok",
        sample_rate_in=clip.sample_rate,
        sample_rate_out=info.sample_rate,
        channels=info.channels,
        n_samples=info.n_samples,
        estimate_sha256=sha256_of(path),
    )


def _score(
    request: FolderRequest,
    pool: ScoringPool,
    folder: RunFolder,
    clips: Sequence[Clip],
    estimates: Mapping[str, Mapping[str, Path]],
    progress: Progress,
) -> None:
    done = folder.journal.enhancements
    n_estimates = 0
    # The longest first: at the end no process is left alone with a long clip.
    for clip in sorted((clip for clip in clips if not clip.problem), key=lambda clip: -clip.duration_s):
        good = {name: files for name, files in estimates.items() if done[clip.clip_id, name][1].is_ok}
        paths = {name: str(files[clip.clip_id]) for name, files in good.items()}
        n_estimates += len(paths)
        if paths:
            pool.submit(ScoringTask(clip.clip_id, clip.clean_path, "", paths, request.metrics, request.score_rate))
    progress.start("scoring", n_estimates)
    for score in pool.finish():
        folder.add_score("", score)
        progress.advance("scoring")


def _header(request: FolderRequest, clips: Sequence[Clip]) -> dict[str, Any]:
    settings = {"score_sample_rate": request.score_rate or "native"}
    names = _names(request.folders)
    facts = {"license_code": "", "license_weights": "", "summary": "files scored as they were found"}
    return {
        "run_id": fingerprint([clip.clean_sha256 for clip in clips], sorted(names), settings)[:12],
        "pairing": f"same relative path in {request.clean}",
        "settings": settings,
        "resampler": "soxr HQ",
        "models": {name: {**facts, "folder": str(path)} for name, path in names.items()},
        "lost_models": {},
        "report": request.tables.settings(clips, list(names)).as_header(),
        "notes": [],
        **provenance.circumstances((), request.metrics),
    }
