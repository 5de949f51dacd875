"""Folders of files that any other program made, taken as if a model of ours had made them.

A file belongs to the clip of the same relative path, with or without what programs add to it: `_enhanced` behind the
name, the noisy tree's folder before it. A clip that a folder has no file for is a failed row of that folder, so that
nobody gains by leaving out hard clips.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..audio.reading import probe
from ..core.errors import AudioError, PairingError, UsageError
from ..core.hashing import sha256_of
from ..core.records import Clip, Enhancement
from .discovery import clip_ids, find_audio
from .pairing.names import without_output_word
from .pairing.trees import without_tree_word

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]*")


@dataclass(frozen=True)
class ExternalFolder:
    """A row of the table that no model of ours made.

    Attributes:
        name: what the row is called.
        path: the folder.
        files: clip_id -> file.
    """

    name: str
    path: Path
    files: Mapping[str, Path]


def parse_added(texts: Iterable[str], models: Collection[str]) -> dict[str, Path]:
    """Read the values of --add, each "name=DIR".

    Raises:
        UsageError: one is malformed, its folder does not exist, or its name is one of `models` or given twice.
    """
    added: dict[str, Path] = {}
    for text in texts:
        name, _, folder = text.partition("=")
        if not _NAME.fullmatch(name) or not folder:
            raise UsageError(f"--add is {text!r}; expected name=DIR, with a name of letters, digits and _ . + -")
        if name in models:
            raise UsageError(f"--add {text}: {name!r} is a model; choose another name for the row")
        if name in added:
            raise UsageError(f"--add names {name!r} twice, as {added[name]} and {folder}; choose another name")
        if not Path(folder).is_dir():
            raise UsageError(f"--add {text}: {folder} is no folder; expected a folder of enhanced files")
        added[name] = Path(folder)
    return added


def named_by_folder(folders: Iterable[Path]) -> dict[str, Path]:
    """Call folders by their own names.

    Raises:
        UsageError: two have the same.
    """
    names: dict[str, Path] = {}
    for folder in folders:
        name = folder.absolute().name
        if name in names:
            raise UsageError(f"{names[name]} and {folder} have the same name; rename one, a row is called by it")
        names[name] = folder
    return names


def open_folder(name: str, path: Path, clips: Collection[str], exclude: Sequence[Path] = ()) -> ExternalFolder:
    """Find a folder's files for clips.

    Args:
        name: of the row.
        path: the folder.
        clips: clip_ids.
        exclude: folders below it to leave out.

    Raises:
        UsageError: it holds no audio.
        PairingError: no file belongs to a clip, or two belong to one.
    """
    base, paths = find_audio([path], exclude=exclude)
    found = dict(zip(clip_ids(paths, base), paths, strict=True))
    files = {clip_id: file for clip_id, file in found.items() if clip_id in clips}
    for written, file in found.items():
        clip_id = without_output_word(without_tree_word(written))
        if written in clips or clip_id not in clips:
            continue
        if clip_id in files:
            raise PairingError(
                f"{files[clip_id]} and {file} both belong to the clip {clip_id!r}; expected one file a clip: remove one"
            )
        files[clip_id] = file
    if not files:
        raise PairingError(
            f"none of the {len(found)} files in {path} has a partner of the same relative path; the first is "
            f"{min(found)!r}, the first clip {min(clips, default='none')!r}; rename the files, or give the folder "
            "above or below"
        )
    return ExternalFolder(name, path, files)


def as_enhancement(folder: ExternalFolder, clip: Clip) -> Enhancement:
    """Describe a folder's file for a clip; one that is missing or unreadable is a failed row with its reason."""
    path = folder.files.get(clip.clip_id)
    if path is None:
        return Enhancement(clip.clip_id, folder.name, "failed", f"missing: {folder.path} has no file for this clip")
    try:
        info, digest = probe(path), sha256_of(path)
    except AudioError as error:
        return Enhancement(clip.clip_id, folder.name, "failed", f"{error.reason}: {error}")
    except OSError as error:
        message = f"unreadable: {path} cannot be read: {error.strerror or error}"
        return Enhancement(clip.clip_id, folder.name, "failed", message)
    return Enhancement(
        clip.clip_id,
        folder.name,
        "ok",
        sample_rate_in=clip.sample_rate,
        sample_rate_out=info.sample_rate,
        channels=info.channels,
        n_samples=info.n_samples,
        estimate_sha256=digest,
    )


def facts(path: Path) -> dict[str, Any]:
    """Return what run.json says of such a row in place of a model's facts."""
    return {
        "license_code": "",
        "license_weights": "",
        "summary": "files scored as they were found",
        "folder": str(path),
    }
