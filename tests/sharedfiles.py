"""The folder of real weights, clips and goldens beside the repository: where it is, and its files by hash."""

from __future__ import annotations

import csv
import hashlib
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from seinfer.core.records import WeightFile

ROOT = Path(__file__).resolve().parents[1]


def shared_folder() -> Path | None:
    """Return the folder that SEINFER_SHARED names, else ../shared beside the repository, or None where it is absent."""
    folder = Path(os.environ.get("SEINFER_SHARED") or ROOT.parent / "shared")
    return folder if folder.is_dir() else None


@cache
def files_by_hash(folder: Path) -> Mapping[str, Path]:
    """Return sha256 -> file, for all that lies in its weights and golden folders."""
    files = [path for part in ("weights", "golden") for path in sorted((folder / part).rglob("*")) if path.is_file()]
    return {hashlib.sha256(path.read_bytes()).hexdigest(): path for path in files}


@cache
def promised_hashes(folder: Path) -> frozenset[str]:
    """Return the sha256 of every file that the folder's own list says is in it."""
    with (folder / "SOURCES.tsv").open(encoding="utf-8", newline="") as lines:
        return frozenset(row[1] for row in csv.reader(lines, delimiter="\t") if len(row) > 1)


def find(folder: Path, file: WeightFile) -> Path | None:
    """Return the file of the folder that has the hash (or begins with the published prefix), whatever its name."""
    known = files_by_hash(folder)
    return next((known[digest] for digest in known if file.sha256 and digest.startswith(file.sha256)), None)


def is_promised(folder: Path, file: WeightFile) -> bool:
    """Return whether the folder's list names the file, so that its absence is damage and no reason to skip."""
    return any(file.sha256 and digest.startswith(file.sha256) for digest in promised_hashes(folder))
