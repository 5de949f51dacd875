"""`seinfer pair`: what belongs to what in a folder, by which rule and why, before anything runs."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..clips.pairing import CategoryRules, ClipSet, collect
from ..core.errors import PairingError
from ..core.records import Clip

_COLUMNS = ("clip_id", "noisy", "clean")


def pair_command(
    folder: Path,
    clean: Path | None = None,
    manifest: Path | None = None,
    categories: CategoryRules | None = None,
    *,
    is_check: bool = False,
    as_json: bool = False,
) -> int:
    """Print the pairs as a manifest; with `is_check` as text that says why, with `as_json` as a document.

    Raises:
        PairingError: files cannot be matched without guessing; a JSON document then says so, too.
    """
    try:
        found = collect([folder], clean=clean, manifest=manifest, categories=categories)
    except PairingError as error:
        if as_json:
            print(json.dumps({"refused": str(error)}, indent=2))
        raise
    if as_json:
        print(json.dumps(as_document(found), indent=2))
    elif is_check:
        print("\n".join(as_text(found)))
    else:
        print(as_manifest(found), end="")
    return 0


def as_document(found: ClipSet) -> dict[str, Any]:
    """Return what was found as JSON values."""
    return {
        "rule": found.rule,
        "why": found.why,
        "pairs": [_entry(clip) for clip in found.clips if clip.clean_path],
        "no_reference": [_entry(clip) for clip in found.clips if not clip.clean_path],
        "left_out": [{"path": file.path, "reason": file.reason} for file in found.left_out],
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
    """Yield the lines that a person reads: the rule, then a line for every file."""
    yield f"rule: {found.rule or 'none fits: a blind set, without references'}"
    yield f"why: {found.why}"
    for clip in found.clips:
        if clip.clean_path:
            yield f"pair: {clip.clip_id}: {clip.noisy_path} <- {clip.clean_path}{_said(clip)}"
    for clip in found.clips:
        if not clip.clean_path:
            yield f"no_reference: {clip.clip_id}: {clip.noisy_path}{_said(clip)}"
    for file in found.left_out:
        yield f"left out: {file.path}: such files {file.reason}"
    for note in found.notes:
        yield f"note: {note}"
    n_pairs = sum(bool(clip.clean_path) for clip in found.clips)
    yield f"{n_pairs} paired, {len(found.clips) - n_pairs} without reference, {len(found.left_out)} left out"


def _said(clip: Clip) -> str:
    """Return what is known of a clip's categories; its raw name is in its path."""
    said = [f"{key}={value}" for key, value in clip.category.items() if value and key != "category_raw"]
    return f" ({', '.join(said)})" if said else ""


def as_manifest(found: ClipSet) -> str:
    """Return the pairs as a CSV that --manifest takes."""
    categories = list(dict.fromkeys(key for clip in found.clips for key in clip.category))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*_COLUMNS, *categories])
    for clip in found.clips:
        paths = (str(Path(path).absolute()) if path else "" for path in (clip.noisy_path, clip.clean_path))
        writer.writerow([clip.clip_id, *paths, *(clip.category.get(key, "") for key in categories)])
    return text.getvalue()
