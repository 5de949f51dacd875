"""Read a CSV that names the pairs: `clip_id,noisy,clean[,noise,snr_db,...]`; further columns are categories."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from ...core.errors import PairingError, UsageError
from ...core.files import read_csv
from ...core.records import Clip
from . import messages
from .clip_set import ClipSet, sorted_clips


def read_rows(path: Path) -> list[dict[str, str]]:
    """Read the rows of a CSV file with a header.

    Raises:
        UsageError: it cannot be read.
    """
    try:
        return read_csv(path)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{path} cannot be read ({error}); expected a CSV in UTF-8") from error


def from_manifest(manifest: Path) -> ClipSet:
    """Return the clips that a manifest names; paths are relative to it.

    Raises:
        UsageError: it cannot be read.
        PairingError: a line is wrong; the message names it.
    """
    rows = read_rows(manifest)
    if not rows:
        raise PairingError(f"{manifest} names no clip; expected one row per clip with clip_id, noisy, clean")
    if missing := {"clip_id", "noisy"} - set(rows[0]):
        raise PairingError(f"{manifest} lacks the column {sorted(missing)[0]!r}; expected clip_id, noisy, clean")
    clips = [_clip(manifest, line, row) for line, row in enumerate(rows, start=2)]
    _refuse_duplicates(manifest, "clip", [clip.clip_id for clip in clips])
    _refuse_duplicates(manifest, "noisy file", [clip.noisy_path for clip in clips])
    n_clean = sum(bool(clip.clean_path) for clip in clips)
    return ClipSet(
        sorted_clips(clips), rule=f"manifest {manifest}", why=messages.pairs_in_manifest(n_clean, len(clips))
    )


def _refuse_duplicates(manifest: Path, what: str, names: Sequence[str]) -> None:
    if twice := {name for name in names if names.count(name) > 1}:
        quoted = messages.first_few(repr(name) for name in twice)
        raise PairingError(f"{manifest} names the {what} {quoted} more than once; expected each once; remove a line")


def _clip(manifest: Path, line: int, row: Mapping[str, str]) -> Clip:
    name = (row["clip_id"] or "").strip()
    refuse_unsafe(name, f"{manifest} line {line}: clip_id")
    noisy, clean = (_path(manifest, line, row.get(key) or "") for key in ("noisy", "clean"))
    if not noisy:
        raise PairingError(
            f"{manifest} line {line}: the noisy file of {name!r} is not given; expected a path relative to the manifest"
        )
    extra = {key: value or "" for key, value in row.items() if key and key not in ("clip_id", "noisy", "clean")}
    return Clip(name, noisy, clean, category=extra)


def refuse_unsafe(name: str, where: str) -> None:
    """Check that a name can be the path of an output file.

    Raises:
        PairingError: it is empty, absolute, or contains "..", which may lead out of the output folder, or a null byte.
    """
    if not name or Path(name).is_absolute() or ".." in Path(name).parts or "\0" in name:
        raise PairingError(f"{where} is {name!r}; expected a relative name without '..' and null bytes")


def _path(manifest: Path, line: int, text: str) -> str:
    if not text.strip():
        return ""
    path = (manifest.parent / text.strip()).absolute()
    if not path.is_file():
        raise PairingError(f"{manifest} line {line}: {path} does not exist; paths are relative to the manifest")
    return str(path)
