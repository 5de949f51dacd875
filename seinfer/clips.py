"""Folders and files -> clips with stable names.

A clip is called by its path relative to the input folder, without the suffix and with "/" on every system: never by its
base name alone, so that equal names in different folders stay apart. What seinfer wrote is never taken as input.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from . import audio
from .errors import AudioError, UsageError
from .records import Clip

JOURNAL = "journal.jsonl"
"""A folder with a file of this name is a run folder."""


def find_audio(
    inputs: Sequence[Path], exclude: Iterable[Path] = (), *, may_be_empty: bool = False
) -> tuple[Path, list[Path]]:
    """List the audio files below folders, and files that are named themselves.

    Args:
        inputs: folders and files.
        exclude: folders to leave out, such as the output folder.
        may_be_empty: whether finding nothing is fine.

    Returns:
        The folder that the names are relative to, and the files, sorted.

    Raises:
        UsageError: an input does not exist, or there is no audio in them.
    """
    for path in inputs:
        if not path.exists():
            raise UsageError(f"{path} does not exist; expected a folder of clips or an audio file")
    excluded = {path.resolve() for path in exclude}
    roots = [path.absolute() for path in inputs]
    found: set[Path] = set()
    for root in roots:
        found.update(_walk(root, excluded) if root.is_dir() else [root])
    if not found and not may_be_empty:
        suffixes = ", ".join(sorted(audio.SUFFIXES))
        raise UsageError(f"no audio files in {', '.join(map(str, inputs))}; looked for {suffixes}")
    folders = [root if root.is_dir() else root.parent for root in roots]
    return Path(os.path.commonpath(folders)), sorted(found)


def _walk(root: Path, excluded: set[Path]) -> Iterator[Path]:
    """Yield the audio files below a folder; links are followed, but no folder is entered twice."""
    entered: set[Path] = set()
    for folder, folders, files in os.walk(root, followlinks=True):
        real = Path(folder).resolve()
        if real in entered or real in excluded or JOURNAL in files:
            folders.clear()
            continue
        entered.add(real)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in files:
            if not name.startswith(".") and Path(name).suffix.lower() in audio.SUFFIXES:
                yield Path(folder, name)


def clip_ids(paths: Sequence[Path], base: Path) -> list[str]:
    """Name files by their path relative to `base`, without the suffix.

    Files that differ in nothing but the suffix keep it.
    """
    short = [path.relative_to(base).with_suffix("").as_posix() for path in paths]
    count = Counter(short)
    return [
        path.relative_to(base).as_posix() if count[name] > 1 else name for name, path in zip(short, paths, strict=True)
    ]


def inspect(clips: Sequence[Clip], threads: int = 8) -> list[Clip]:
    """Read the headers and digests of every clip's files; what is wrong with one goes into the clip's `problem`."""
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(_inspected, clips))


def _inspected(clip: Clip) -> Clip:
    path = Path(clip.noisy_path or clip.clean_path)
    try:
        info = audio.probe(path)
        digest = sha256_of(path) if clip.noisy_path else ""
        clean_digest = sha256_of(Path(clip.clean_path)) if clip.clean_path else ""
    except AudioError as error:
        return replace(clip, problem=f"{error.reason}: {error}")
    except OSError as error:
        return replace(clip, problem=f"unreadable: {error.filename or path} cannot be read: {error.strerror or error}")
    return replace(
        clip,
        sample_rate=info.sample_rate,
        channels=info.channels,
        n_samples=info.n_samples,
        noisy_sha256=digest,
        clean_sha256=clean_digest,
    )


def sha256_of(path: Path) -> str:
    """Return the digest of a file in hex."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
