"""Find audio files in folders, and give every clip a stable name.

The name (clip_id) is the path relative to the input folder, without the suffix and with "/" on every system. It is
never the base name alone, so that files of the same name in different folders have different names. The enhanced
files in a run folder of seinfer are never used as input; other audio files in it are.
"""

from __future__ import annotations

import json
import os
import stat
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path, PurePosixPath

from ..audio.reading import SUFFIXES, probe
from ..core.errors import AudioError, UsageError
from ..core.hashing import sha256_of
from ..core.records import Clip
from ..core.urls import hint_at_schemes

DEMO_CLIPS = Path(__file__).parent / "demo"
"""The bundled synthetic clips, a paired set."""
JOURNAL = "journal.jsonl"
RUN_JSON = "run.json"
"""A folder with a file of one of these two names is a run folder, see `is_run_folder`."""
ESTIMATES = "audio"
"""The folder of the enhanced files in a run folder."""
_ENDINGS = tuple(SUFFIXES)


def estimate_path(run_folder: Path, model: str, clip_id: str) -> Path:
    """Return the path of an enhanced clip in a run folder."""
    return run_folder / ESTIMATES / model / f"{clip_id}.wav"


def find_audio(
    inputs: Sequence[Path], exclude: Iterable[Path] = (), *, may_be_empty: bool = False
) -> tuple[Path, list[Path]]:
    """List the audio files below folders, and files that are given themselves.

    Args:
        inputs: folders and files.
        exclude: folders that are not searched, such as the output folder.
        may_be_empty: return no files instead of raising an error.

    Returns:
        The folder that the names are relative to, and the sorted files.

    Raises:
        UsageError: an input does not exist or cannot be read, or there are no audio files.
    """
    excluded = {resolved(path) for path in exclude}
    roots = [path.absolute() for path in inputs]
    found: set[Path] = set()
    folders = []
    for path, root in zip(inputs, roots, strict=True):
        is_folder = _is_folder(path)
        folders.append(root if is_folder else root.parent)
        found.update(_walk(root, excluded) if is_folder else [root])
    if not found and not may_be_empty:
        suffixes = ", ".join(sorted(SUFFIXES))
        runs = [str(path) for path in inputs if is_run_folder(path)]
        why = f"; the enhanced files in {', '.join(runs)}, a run folder, are not used as input" if runs else ""
        raise UsageError(f"no audio files in {', '.join(map(str, inputs))}; looked for {suffixes}{why}")
    in_order = sorted(found, key=lambda path: path.parts)  # to compare paths instead of texts takes three times as long
    return Path(os.path.commonpath(folders)), in_order


def has_audio(folder: Path) -> bool:
    """Return whether an audio file is below a folder; the search stops at the first one.

    Raises:
        UsageError: the folder cannot be listed.
    """
    return next(_walk(folder.absolute(), set()), None) is not None


def _is_folder(path: Path) -> bool:
    try:
        return stat.S_ISDIR(path.stat().st_mode)
    except FileNotFoundError:
        expected = f"a folder of clips or an audio file{hint_at_schemes(path)}"
        raise UsageError(f"{path} does not exist; expected {expected}") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}; expected a folder or file") from error


def is_run_folder(folder: Path) -> bool:
    """Return whether a command of seinfer wrote its results to a folder: it has a journal, or a run.json of ours."""
    try:
        if (folder / JOURNAL).is_file():
            return True
        document = json.loads((folder / RUN_JSON).read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(document, dict) and "run_id" in document


def resolved(path: Path) -> Path:
    """Return an absolute path without symbolic links.

    Raises:
        UsageError: its links form a loop.
    """
    try:
        return path.resolve()
    except (OSError, RuntimeError) as error:  # RuntimeError before Python 3.13
        raise UsageError(f"{path} cannot be resolved: {error}; expected a path without a loop of links") from error


def _walk(root: Path, excluded: set[Path]) -> Iterator[Path]:
    """Yield the audio files below a folder, without the enhanced files of runs.

    Links are followed, but no folder is searched twice.

    A folder that cannot be listed is yielded itself, so that it becomes a failed row with the reason.

    Raises:
        UsageError: the root cannot be listed.
    """
    searched: set[Path] = set()
    unlistable: list[OSError] = []
    for folder, folders, files in os.walk(root, followlinks=True, onerror=unlistable.append):
        real = Path(folder).resolve()
        if real in searched or real in excluded:
            folders.clear()
            continue
        searched.add(real)
        not_searched = {ESTIMATES} if ESTIMATES in folders and is_run_folder(real) else set()
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in not_searched)
        for name in files:
            if not name.startswith(".") and name.lower().endswith(_ENDINGS):
                yield Path(folder, name)
    for error in unlistable:
        path = Path(error.filename)
        if path == root:
            raise UsageError(f"{root} cannot be listed: {error.strerror}; expected a folder of clips") from error
        if path.resolve() not in excluded:
            yield path


def clip_ids(paths: Sequence[Path], base: Path) -> list[str]:
    """Name files by their path relative to `base`, without the suffix.

    Files that differ only in the suffix keep it. So does a file whose estimate would have the same path as a folder.
    """
    relative = [path.relative_to(base) for path in paths]
    whole = [path.as_posix() for path in relative]
    names = [path.with_suffix("").as_posix() for path in relative]
    parents = {name.rpartition("/")[0] for name in whole}  # few folders hold many files
    folders = {folder.as_posix() for name in parents for folder in (PurePosixPath(name), *PurePosixPath(name).parents)}
    names = [long if f"{short}.wav" in folders else short for short, long in zip(names, whole, strict=True)]
    # A name with its suffix may equal the short name of another file: "x.wav" and that of "x.wav.ogg".
    while duplicates := {name for name, count in Counter(names).items() if count > 1}:
        names = [long if short in duplicates else short for short, long in zip(names, whole, strict=True)]
    return names


def inspect(clips: Sequence[Clip], threads: int = 8) -> list[Clip]:
    """Read the header and the digests of each clip's files; an error is recorded in the clip's `problem`.

    A clip that already has a problem is returned as it is.
    """
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(_inspected, clips))


def _inspected(clip: Clip) -> Clip:
    if clip.problem:  # it could not be read from its store
        return clip
    path = Path(clip.noisy_path or clip.clean_path)
    try:
        info = probe(path)
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
