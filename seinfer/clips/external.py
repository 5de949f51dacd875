"""Folders of enhanced files made by other programs (`compare --add`, `score`). Each folder is scored like a model.

A file belongs to the clip of the same relative path. Two differences are allowed: `_enhanced` at the end of the name,
and the folder of the noisy tree at its start. If a folder has no file for a clip, this is a failed row of that folder,
so that a program does not get better scores by leaving out difficult clips.
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
    """A folder of enhanced files, one row of the comparison.

    Attributes:
        name: name of the row, in the place of a model's name.
        path: the folder.
        files: clip_id -> file.
    """

    name: str
    path: Path
    files: Mapping[str, Path]


def parse_added(texts: Iterable[str], models: Collection[str]) -> dict[str, Path]:
    """Parse the values of --add, each "name=DIR".

    Args:
        texts: the values.
        models: names that are taken.

    Returns:
        Name -> folder.

    Raises:
        UsageError: a value is malformed, its folder does not exist, or its name is in `models` or given twice.
    """
    added: dict[str, Path] = {}
    for text in texts:
        name, _, folder = text.partition("=")
        if not _NAME.fullmatch(name) or not folder:
            raise UsageError(f"--add is {text!r}; expected name=DIR, with a name of letters, digits and _ . + -")
        if name in models:
            raise UsageError(f"--add {text}: {name!r} is a model; choose another name for the row")
        if name in added:
            raise UsageError(f"--add has the name {name!r} twice, for {added[name]} and {folder}; choose another name")
        if not Path(folder).is_dir():
            raise UsageError(f"--add {text}: {folder} is not a folder; expected a folder of enhanced files")
        added[name] = Path(folder)
    return added


def named_by_folder(folders: Iterable[Path]) -> dict[str, Path]:
    """Name each folder by the last part of its path.

    Returns:
        Name -> folder.

    Raises:
        UsageError: two folders have the same name.
    """
    names: dict[str, Path] = {}
    for folder in folders:
        name = folder.absolute().name
        if name in names:
            raise UsageError(
                f"{names[name]} and {folder} have the same name; rename one, because rows are named by folder"
            )
        names[name] = folder
    return names


def open_folder(name: str, path: Path, clips: Collection[str], exclude: Sequence[Path] = ()) -> ExternalFolder:
    """Find the file of each clip in a folder.

    Args:
        name: of the row.
        path: the folder.
        clips: clip_ids.
        exclude: folders below it that are not searched.

    Raises:
        UsageError: it contains no audio files.
        PairingError: no file belongs to any clip, or two files belong to the same clip.
    """
    base, paths = find_audio([path], exclude=exclude)
    found = dict(zip(clip_ids(paths, base), paths, strict=True))
    files = {clip_id: file for clip_id, file in found.items() if clip_id in clips}
    for file_name, file in found.items():
        clip_id = without_output_word(without_tree_word(file_name))
        if file_name in clips or clip_id not in clips:
            continue
        if clip_id in files:
            raise PairingError(
                f"{files[clip_id]} and {file} both belong to the clip {clip_id!r}; expected one per clip; remove one"
            )
        files[clip_id] = file
    if not files:
        raise PairingError(
            f"none of the {len(found)} files in {path} has the relative path of a clip; the first file is "
            f"{min(found)!r}, the first clip {min(clips, default='none')!r}; rename the files, or give the folder "
            "above or below"
        )
    return ExternalFolder(name, path, files)


def as_enhancement(folder: ExternalFolder, clip: Clip) -> Enhancement:
    """Return the record of a folder's file for a clip; failed, with the reason, if it is missing or unreadable."""
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


def facts(path: Path | str) -> dict[str, Any]:
    """Return the entry of a folder, or of its URL, in run.json, in the place of a model's facts."""
    return {
        "license_code": "",
        "license_weights": "",
        "summary": "files scored as they were found",
        "folder": str(path),
    }
