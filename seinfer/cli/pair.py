"""`seinfer pair`: which noisy and clean files belong together, by which rule and why, before anything runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..core.errors import PairingError
from ..core.files import Cell, csv_text
from ..core.records import Clip
from ..core.streams import print_csv, print_json, print_line
from .options import CategoriesCsv, CategoryRegex, Clean, Config, Json, Manifest

if TYPE_CHECKING:
    from ..clips.pairing import ClipSet

_COLUMNS = ("clip_id", "noisy", "clean")


def pair(
    folder: Annotated[
        Path, typer.Argument(metavar="[DIR]", help="Folder of clips, or one list of noisy files (.json, .scp).")
    ] = Path(),
    clean: Clean = None,
    manifest: Manifest = None,
    category_regex: CategoryRegex = "",
    categories: CategoriesCsv = None,
    check: Annotated[
        bool, typer.Option("--check", help="Print which files are paired, by which rule and why, and which are not.")
    ] = False,
    json: Json = False,
    config: Config = None,
) -> None:
    """Print the pairs of noisy and clean files as a manifest; runs nothing."""
    from ..clips.pairing import CategoryRules, collect

    try:
        rules = CategoryRules(category_regex, categories)
        found = collect([folder], clean=clean, manifest=manifest, categories=rules)
    except PairingError as error:
        if json:
            print_json({"refused": str(error)})
        raise
    if json:
        print_json(as_document(found))
    elif check:
        for line in as_text(found):
            print_line(line)
    else:
        print_csv(as_manifest(found))


def as_document(found: ClipSet) -> dict[str, Any]:
    """Return the pairs, the other files and the rule as JSON values."""
    return {
        "rule": found.rule,
        "why": found.why,
        "pairs": [_entry(clip) for clip in found.clips if clip.clean_path],
        "no_reference": [_entry(clip) for clip in found.clips if not clip.clean_path],
        "left_out": [{"path": file.path, "reason": file.reason} for file in found.unused],
        "notes": list(found.notes),
    }


def _entry(clip: Clip) -> dict[str, Any]:
    return {
        "clip_id": clip.clip_id,
        "noisy": clip.noisy_path,
        "clean": clip.clean_path,
        "category": dict(clip.category),
    }


def as_text(found: ClipSet) -> Iterator[str]:
    """Yield the lines of --check: the rule, the reason, then one line per file."""
    yield f"rule: {found.rule or 'no clean references found: scoring without them'}"
    yield f"why: {found.why}"
    for clip in found.clips:
        if clip.clean_path:
            yield f"pair: {clip.clip_id}: {clip.noisy_path} <- {clip.clean_path}{_categories(clip)}"
    for clip in found.clips:
        if not clip.clean_path:
            yield f"no_reference: {clip.clip_id}: {clip.noisy_path}{_categories(clip)}"
    for file in found.unused:
        yield f"not used: {file.path}: such files {file.reason}"
    for note in found.notes:
        yield f"note: {note}"
    n_pairs = sum(bool(clip.clean_path) for clip in found.clips)
    yield f"{n_pairs} paired, {len(found.clips) - n_pairs} without reference, {len(found.unused)} not used"


def _categories(clip: Clip) -> str:
    """Return the known categories of a clip; category_raw is in its path."""
    known = [f"{key}={value}" for key, value in clip.category.items() if value and key != "category_raw"]
    return f" ({', '.join(known)})" if known else ""


def as_manifest(found: ClipSet) -> str:
    """Return the pairs as a CSV that --manifest takes."""
    categories = dict.fromkeys(key for clip in found.clips for key in clip.category if key not in _COLUMNS)
    return csv_text([*_COLUMNS, *categories], map(_manifest_row, found.clips))


def _manifest_row(clip: Clip) -> dict[str, Cell]:
    paths = (str(Path(path).absolute()) if path else "" for path in (clip.noisy_path, clip.clean_path))
    return {**clip.category, **dict(zip(_COLUMNS, (clip.clip_id, *paths), strict=True))}
