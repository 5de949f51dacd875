"""Find the manifest in a test set of `seinfer mix`: its pairs and categories are then used without an option.

A test set is a folder with noisy/, clean/, mix.json and, once all pairs are written, manifest.csv.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from ...core.records import Clip
from . import messages
from .clip_set import ClipSet, UnusedFile
from .manifests import from_manifest

MANIFEST = "manifest.csv"
MIX_JSON = "mix.json"
"""A folder with this file, written by MAKER, is a test set."""
MAKER = "seinfer mix"
TREES = ("noisy", "clean")


def is_test_set(folder: Path) -> bool:
    """Return whether `seinfer mix` made a folder."""
    try:
        document = json.loads((folder / MIX_JSON).read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(document, dict) and document.get("made_by") == MAKER


def find_manifest(folder: Path, clean: Path | None) -> Path | None:
    """Return the manifest that belongs to an input folder.

    Args:
        folder: a test set, or the noisy tree in it.
        clean: --clean. A folder other than the clean tree of the test set means that the manifest does not apply.

    Returns:
        The manifest, or None if the folder is no test set or `seinfer mix` did not finish it.
    """
    real = folder.resolve()
    for test_set in (real, *([real.parent] if real.name == TREES[0] else [])):
        if is_test_set(test_set) and (test_set / MANIFEST).is_file():
            fits = clean is None or clean.resolve() == test_set / TREES[1]
            return test_set / MANIFEST if fits else None
    return None


def from_test_set(manifest: Path, found: list[Path]) -> ClipSet:
    """Return the clips of a test set; files that were found and are not in its manifest are unused.

    Raises:
        PairingError: the manifest is wrong, or one of its files was deleted.
    """
    clips = from_manifest(manifest)
    named = {Path(path).resolve() for clip in clips.clips for path in (clip.noisy_path, clip.clean_path) if path}
    others = [str(path) for path in found if path.resolve() not in named]
    return replace(clips, unused=tuple(UnusedFile(path, messages.NOT_IN_MANIFEST) for path in others))


def add_stated_categories(clips: Iterable[Clip], clean: Path) -> tuple[Clip, ...]:
    """Return clips that are clean files, with the categories of the test set if `clean` is the clean tree of one.

    Raises:
        PairingError: the manifest is wrong, or one of its files was deleted.
    """
    if not (manifest := find_manifest(clean.resolve().parent, clean)):
        return tuple(clips)
    stated = {Path(clip.clean_path).resolve(): clip.category for clip in from_manifest(manifest).clips}
    return tuple(replace(clip, category=stated.get(Path(clip.clean_path).resolve(), {})) for clip in clips)
