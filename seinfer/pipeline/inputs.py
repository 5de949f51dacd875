"""Files of a request: clips with their clean files, and folders of other programs. For the commands and for api.py."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..clips.discovery import clip_ids, find_audio
from ..clips.external import ExternalFolder, named_by_folder, open_folder
from ..clips.pairing import CategoryRules, ClipSet, collect
from ..clips.pairing.folder_names import read_folder_name
from ..clips.pairing.mixed_sets import add_stated_categories
from ..clips.remote import RemoteFiles
from ..core.errors import UsageError
from ..core.records import BASELINE, Clip
from ..core.urls import redacted, url_of
from ..models.extras import require_extra


@dataclass(frozen=True)
class Inputs:
    """The files of a request.

    Attributes:
        clips: the clips.
        external: folders of enhanced files that other programs made.
        remote: the URLs among the inputs.
    """

    clips: ClipSet
    external: tuple[ExternalFolder, ...]
    remote: RemoteFiles = field(default_factory=RemoteFiles)


def local_copies(paths: Iterable[Path | None]) -> tuple[RemoteFiles, list[Path | None]]:
    """List the URLs among paths, and return the local path of each; None stays None.

    Raises:
        MissingExtraError: there is a URL, and a package of the extra remote is not installed.
        UsageError: there is nothing at a URL.
        StoreError: a URL cannot be listed.
    """
    remote = RemoteFiles()
    return remote, [None if path is None else _local_copy(remote, path) for path in paths]


def _local_copy(remote: RemoteFiles, path: Path) -> Path:
    if url := url_of(path):
        require_extra("remote", redacted(url))
    return remote.local(path)


def find_enhanced(paths: Sequence[Path], *, out: Path, limit: int | None = None) -> Inputs:
    """Find the clips of `run`.

    Args:
        paths: folders, files and URLs.
        out: the run folder, which is not searched.
        limit: largest number of clips, the first in the order of clip_id; None for all.

    Raises:
        UsageError: there are no clips.
        PairingError: files cannot be matched without guessing.
    """
    remote, found = local_copies(paths)
    return Inputs(collect([path for path in found if path], out=out).first(limit), (), remote)


def find_compared(
    folder: Path,
    *,
    out: Path,
    clean: Path | None = None,
    manifest: Path | None = None,
    added: Mapping[str, Path] | None = None,
    categories: CategoryRules | None = None,
    limit: int | None = None,
) -> Inputs:
    """Find the files of `compare`.

    Args:
        folder: folder of clips, or one list of noisy files.
        out: the run folder, which is not searched.
        clean: folder or list of the clean files.
        manifest: CSV with the columns clip_id, noisy, clean and any further ones.
        added: name of a row -> folder of enhanced files.
        categories: the user's rules for categories.
        limit: largest number of clips, the first in the order of clip_id; None for all.

    Raises:
        UsageError: there are no clips, or `clean` and `manifest` are both given.
        PairingError: files cannot be matched without guessing.
    """
    added = added or {}
    remote, (local, local_clean, local_manifest) = local_copies((folder, clean, manifest))
    folder = local or folder
    clips = collect(
        [folder],
        clean=local_clean,
        manifest=local_manifest,
        out=out,
        exclude=_not_inputs(added.values(), folder),
        categories=categories,
    )
    ids = {clip.clip_id for clip in clips.clips}
    return Inputs(
        clips.first(limit), tuple(open_folder(name, path, ids, [out]) for name, path in added.items()), remote
    )


def _not_inputs(added: Iterable[Path], folder: Path) -> list[Path]:
    """Return the folders of --add that must not be searched for clips.

    The input folder itself, and its noisy or clean tree, may be added too and is still searched.
    """
    others = [path for path in added if path.resolve() != folder.resolve()]
    return [path for path in others if read_folder_name(path.resolve().name).role not in ("noisy", "clean")]


def find_scored(
    folders: Sequence[Path], *, out: Path, clean: Path, noisy: Path | None = None, limit: int | None = None
) -> Inputs:
    """Find the files of `score`.

    Args:
        folders: folders of enhanced files; each is one row, named by its folder.
        out: the run folder, which is not searched.
        clean: folder of the clean files.
        noisy: folder of the noisy files, the baseline.
        limit: largest number of clips, the first in the order of clip_id; None for all.

    Raises:
        UsageError: there are no files, or two rows have the same name.
        PairingError: no file of a folder belongs to a clip.
    """
    remote, (local_clean, noisy, *others) = local_copies((clean, noisy, *folders))
    folders = [path for path in others if path]
    clips = _scored_clips(folders, local_clean or clean, noisy, out)
    return Inputs(clips.first(limit), _rows(folders, noisy, clips, out), remote)


def _scored_clips(folders: Sequence[Path], clean: Path, noisy: Path | None, out: Path) -> ClipSet:
    """Return the noisy files paired with the clean ones; without --noisy each clean file is a clip."""
    if noisy:
        enhanced = [folder for folder in folders if folder.resolve() != noisy.resolve()]
        return collect([noisy], clean=clean, out=out, exclude=enhanced)
    base, paths = find_audio([clean], exclude=[out])
    clips = [Clip(name, "", str(path)) for name, path in zip(clip_ids(paths, base), paths, strict=True)]
    ordered = sorted(add_stated_categories(clips, clean), key=lambda clip: clip.clip_id)
    return ClipSet(tuple(ordered), rule=f"same relative path in {clean}")


def _rows(folders: Sequence[Path], noisy: Path | None, clips: ClipSet, out: Path) -> tuple[ExternalFolder, ...]:
    """Return one row per folder; the noisy files are the baseline and come first.

    Raises:
        UsageError: two rows have the same name.
    """
    named = named_by_folder(folders)
    if noisy and BASELINE in named:
        raise UsageError(
            f"--noisy {noisy} is the row {BASELINE!r}, and {named[BASELINE]} has the same name; "
            "leave it out or rename it"
        )
    ids = {clip.clip_id for clip in clips.clips}
    rows = tuple(open_folder(name, path, ids, [out]) for name, path in named.items())
    if not noisy:
        return rows
    files = {clip.clip_id: Path(clip.noisy_path) for clip in clips.clips}
    return (ExternalFolder(BASELINE, noisy, files), *rows)
