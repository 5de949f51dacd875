"""Enhanced files in a run folder whose clips the last command did not have, and their removal.

A clip that is removed from the input, or renamed, leaves its enhanced files behind. Only files that the journal lists
are removed, only if their content is what seinfer wrote, and never through a link.
"""

from __future__ import annotations

import stat
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from ..clips.discovery import ESTIMATES
from ..core.errors import AudioError
from ..core.hashing import sha256_of
from ..core.records import Enhancement
from .journal import Journal, RunFolder, read_journal


@dataclass
class Cleaned:
    """What `clean` did, or would do.

    Attributes:
        removed: the files, in the order of their paths.
        n_bytes: their size together.
        changed: files that stay because their content is not what seinfer wrote.
        errors: file -> why it could not be read or removed.
    """

    removed: list[Path] = field(default_factory=list)
    n_bytes: int = 0
    changed: list[Path] = field(default_factory=list)
    errors: dict[Path, str] = field(default_factory=dict)


def stale_files(run_folder: Path, journal: Journal) -> dict[Path, str]:
    """Return the enhanced files of clips that the last command did not have.

    After a shard of a run there are none: the clips of the other shards are unknown. With a limit, the clips after the
    last one are unknown: the limit may have cut them off, so their files are current.

    Returns:
        File -> SHA-256 of what seinfer wrote, sorted by path. Each is a regular file below audio/, without a link on
        the way.
    """
    if not journal.has_clips or "shard" in journal.header:
        return {}  # the command has not begun, or not all of its clips are known
    clips = {clip.clip_id for clip in journal.clips}
    limit = journal.header.get("limit")
    last = max(clips, default="") if limit and len(clips) >= limit else None
    root = run_folder.resolve()
    found = {
        _own_path(root, done): done.estimate_sha256
        for _, done in journal.enhancements.values()
        if done.clip_id not in clips and (last is None or done.clip_id < last) and _is_written_here(done)
    }
    return {path: found[path] for path in sorted(path for path in found if path)}


def _is_written_here(done: Enhancement) -> bool:
    """Return whether seinfer wrote an estimate; that of another program has no sample rate of a model."""
    return done.is_ok and bool(done.estimate_sha256) and done.model_sample_rate > 0


def _own_path(root: Path, done: Enhancement) -> Path | None:
    """Return the file of an estimate; None if there is none, or if it is not a regular file inside audio/."""
    folder = root / ESTIMATES
    path = folder / f"{done.model}/{done.clip_id}.wav"
    try:
        is_inside = path.parent.resolve() == path.parent and path.is_relative_to(folder)
        return path if is_inside and stat.S_ISREG(path.lstat().st_mode) else None
    except (OSError, RuntimeError, ValueError):  # a loop of links before Python 3.13, or a null byte in the name
        return None


def clean(run_folder: Path, *, is_dry_run: bool = False) -> Cleaned:
    """Remove the files of `stale_files`, and the folders below audio/ that are then empty.

    Args:
        run_folder: the folder; no other command may be using it.
        is_dry_run: remove nothing.

    Raises:
        RunFolderError: it is not a run folder, it is damaged, or another process uses it.
    """
    journal = read_journal(run_folder)
    if is_dry_run:
        return _cleaned(run_folder, journal, is_dry_run=True)
    with closing(RunFolder(run_folder)) as locked:
        return _cleaned(run_folder, locked.journal, is_dry_run=False)


def _cleaned(run_folder: Path, journal: Journal, *, is_dry_run: bool) -> Cleaned:
    done = Cleaned()
    for path, digest in stale_files(run_folder, journal).items():
        try:
            if sha256_of(path) != digest:
                done.changed.append(path)
                continue
            n_bytes = path.stat().st_size
            if not is_dry_run:
                path.unlink()
        except (AudioError, OSError) as error:
            done.errors[path] = getattr(error, "strerror", None) or str(error)
            continue
        done.removed.append(path)
        done.n_bytes += n_bytes
    if not is_dry_run:
        _remove_empty_folders(done.removed, run_folder.resolve() / ESTIMATES)
    return done


def _remove_empty_folders(removed: Iterable[Path], top: Path) -> None:
    """Remove the folders of removed files, up to `top`, as far as they are empty."""
    for folder in sorted(set(_folders_below(removed, top)), reverse=True):
        if not any(folder.iterdir()):
            folder.rmdir()


def _folders_below(files: Iterable[Path], top: Path) -> Iterator[Path]:
    for file in files:
        yield from (folder for folder in file.parents if folder != top and folder.is_relative_to(top))
