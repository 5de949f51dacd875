"""Lists of files: denoiser's JSON `[[path, n_frames], ...]`, and the `uid path` lines of Kaldi and URGENT.

Sources: facebookresearch/denoiser, denoiser/audio.py, main(); kaldi-asr/kaldi, "Data preparation". JSON lists are
matched by the rules on names, never by their order. In an scp list the uid is the key and the clip_id.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...core.errors import PairingError, UsageError
from ...core.records import Clip
from . import messages
from .clip_set import ClipSet, sorted_clips
from .manifests import refuse_unsafe
from .matching import SAME_PATH, Side, match
from .names import CLEAN_WORDS, NOISY_WORDS

SUFFIXES = (".json", ".scp")
_STEMS = {"noisy": (*NOISY_WORDS, "wav"), "clean": (*CLEAN_WORDS, "spk1")}


@dataclass(frozen=True)
class Lists:
    """A list of noisy files, and a list of clean files or None."""

    noisy: Path
    clean: Path | None


def is_list(path: Path) -> bool:
    """Return whether a path has the suffix of a list."""
    return path.suffix.lower() in SUFFIXES


def lists_in(folder: Path) -> Lists | None:
    """Find a noisy and a clean list in a folder by their names.

    Returns:
        The lists, or None unless both are found.

    Raises:
        PairingError: there are several noisy or several clean lists.
    """
    found: dict[str, list[Path]] = {"noisy": [], "clean": []}
    for path in sorted(folder.iterdir()):
        for role, stems in _STEMS.items():
            # "wav" and "spk1" are Kaldi's names for scp lists; a wav.json may be any other file.
            if is_list(path) and path.stem.lower() in (stems if path.suffix.lower() == ".scp" else stems[:-1]):
                found[role].append(path)
    if not (found["noisy"] and found["clean"]):
        return None
    for role, paths in found.items():
        if len(paths) > 1:
            raise PairingError(
                f"several lists of {role} files are in {folder}: {messages.first_few(path.name for path in paths)}; "
                f"name the two to use: the noisy list instead of the folder, and --clean LIST"
            )
    return Lists(found["noisy"][0], found["clean"][0])


def from_lists(lists: Lists) -> ClipSet:
    """Return the clips that lists name.

    Raises:
        UsageError: a list cannot be read.
        PairingError: a list is malformed, or names a file that does not exist, or the two lists do not match.
    """
    noisy = _read(lists.noisy)
    if lists.clean is None:
        return ClipSet(_clips(noisy, {}), why=messages.only_noisy_list(lists.noisy, len(noisy)))
    if lists.clean.suffix.lower() != lists.noisy.suffix.lower():
        raise PairingError(
            f"{lists.noisy} and {lists.clean} are lists of different kinds; expected two .json or two .scp"
        )
    clean = _read(lists.clean)
    is_keyed = lists.noisy.suffix.lower() == ".scp"
    found = match(noisy, clean, (SAME_PATH,)) if is_keyed else match(noisy, clean)
    rule = messages.SAME_UID if is_keyed else found.rule
    return ClipSet(
        _clips(noisy, found.partners),
        rule=f"lists {lists.noisy} and {lists.clean}: {rule}",
        why=found.why,
    )


def _clips(noisy: Side, partners: Mapping[str, str]) -> tuple[Clip, ...]:
    return sorted_clips(Clip(name, path, partners.get(name, "")) for name, path in noisy.items())


def _read(path: Path) -> dict[str, str]:
    """Return name -> path of the files in a list."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read ({error}); expected a list of files in UTF-8") from error
    entries = _scp_entries(path, text) if path.suffix.lower() == ".scp" else _json_entries(path, text)
    if not entries:
        raise PairingError(f"{path} names no file")
    names = [name for name, _ in entries]
    if twice := {name for name in names if names.count(name) > 1}:
        raise PairingError(
            f"{path} names {messages.first_few(twice)} more than once; expected each file once; remove a line"
        )
    return dict(entries)


def _scp_entries(path: Path, text: str) -> list[tuple[str, str]]:
    entries = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        where = f"{path} line {number}"
        uid, file = (*line.split(maxsplit=1), "")[:2]
        if not file or file.rstrip().endswith("|"):
            raise PairingError(f"{where} is {line!r}; expected 'uid path' (commands are not run)")
        refuse_unsafe(uid, f"{where}: the uid")
        entries.append((uid, _existing(path, file.strip(), where)))
    return entries


def _json_entries(path: Path, text: str) -> list[tuple[str, str]]:
    try:
        entries = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise PairingError(f"{path} is not JSON ({error}); expected [[path, n_frames], ...]") from error
    if not isinstance(entries, list):
        raise PairingError(f"{path} contains a {type(entries).__name__}; expected [[path, n_frames], ...]")
    files = []
    for number, entry in enumerate(entries, start=1):
        if not (isinstance(entry, list) and len(entry) == 2 and isinstance(entry[0], str)):
            raise PairingError(f"{path} entry {number} is {entry!r}; expected [path, n_frames]")
        files.append(_existing(path, entry[0], f"{path} entry {number}"))
    return list(zip(_names(files), files, strict=True))


def _names(files: Sequence[str]) -> list[str]:
    """Name files by their path relative to their common folder."""
    if not files:
        return []
    base = os.path.commonpath([str(Path(file).parent) for file in files])
    return [Path(file).relative_to(base).with_suffix("").as_posix() for file in files]


def _existing(listed_in: Path, text: str, where: str) -> str:
    """Return a listed file as an absolute path; a relative one starts at the list's folder or the current folder."""
    for base in (listed_in.parent, Path()):
        if (path := (base / text).absolute()).is_file():
            return os.path.normpath(path)
    raise PairingError(
        f"{where}: {text} does not exist, neither below the list's folder nor below {Path().absolute()}; "
        "correct the list, or run in the folder that its paths are relative to"
    )
