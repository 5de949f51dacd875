"""The folder of a test set: whose it is, and what may be replaced in it."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

from ..core.errors import RunFolderError, UsageError
from ..core.files import write_json
from .plan import MixRequest

MANIFEST = "manifest.csv"
MARK = "mix.json"
TREES = ("noisy", "clean")
_MAKER = "seinfer mix"


def refuse_overlap(request: MixRequest) -> None:
    """Check that no folder has two roles.

    Raises:
        UsageError: an input is given twice, or lies where the output goes.
    """
    inputs = {"--speech": request.speech, "--noise": request.noise, "--rir": request.rir}
    seen: dict[Path, str] = {}
    for option, folder in inputs.items():
        if folder is None:
            continue
        real = folder.resolve()
        if real in seen:
            raise UsageError(f"{seen[real]} and {option} are both {folder}; expected different folders")
        if real.is_relative_to(request.out.resolve()):
            raise UsageError(f"{option} {folder} is in the output folder {request.out}; choose another --out")
        seen[real] = option


def claim(out: Path) -> None:
    """Make the folder, or empty that of an earlier mix: its pairs would be compared along with the new ones.

    Raises:
        UsageError: it holds something else.
        RunFolderError: it cannot be used.
    """
    if out.exists() and not out.is_dir():
        raise UsageError(f"--out {out} is a file; expected a folder")
    try:
        out.mkdir(parents=True, exist_ok=True)
        if any(out.iterdir()) and not _is_test_set(out):
            raise UsageError(f"--out {out} holds something else than a test set of seinfer mix; choose another --out")
        for path in _own_files(out):
            path.unlink()
        (out / MANIFEST).unlink(missing_ok=True)
    except OSError as error:
        raise RunFolderError(f"{out} cannot be used: {error.strerror or error}; choose another --out") from error


def mark(out: Path, document: dict[str, Any]) -> None:
    """Write mix.json, by which a later mix knows the folder."""
    write_json(out / MARK, {"made_by": _MAKER, **document})


def _is_test_set(out: Path) -> bool:
    try:
        document = json.loads((out / MARK).read_bytes())
    except (FileNotFoundError, ValueError):
        return False
    return isinstance(document, dict) and document.get("made_by") == _MAKER


def _own_files(out: Path) -> list[Path]:
    """Return the pairs of an earlier mix. Without manifest it was broken off, and all that lies there is of it."""
    found = [path for tree in TREES for path in sorted((out / tree).rglob("*.wav")) if path.is_file()]
    if not (out / MANIFEST).exists():
        return found
    with open(out / MANIFEST, newline="", encoding="utf-8", errors="replace") as file:
        own = {out / row[tree] for row in csv.DictReader(file) for tree in TREES if row.get(tree)}
    if strangers := [path for path in found if path not in own]:
        raise UsageError(f"{strangers[0]} is not of the earlier mix in {out}; move it away, or choose another --out")
    return found
