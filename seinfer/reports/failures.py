"""failures.csv: everything that did not come out, a row each: a model that could not be loaded, a clip, a figure."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..analysis.results import Results, Row
from ..core.files import Cell, write_csv
from ..metrics.errors import REMARKS

FAILURES = ("clip_id", "model", "stage", "reason", "message")
_READING = ("empty", "truncated", "unreadable", "nonfinite", "unsupported")


def write_failures(results: Results, path: Path) -> None:
    """Write the file; it is there, with its header alone, where nothing failed."""
    write_csv(path, FAILURES, [*_models(results), *(line for row in results.by_clip for line in _clip(results, row))])


def _models(results: Results) -> Iterator[dict[str, Cell]]:
    for model, message in sorted(results.header.get("lost_models", {}).items()):
        yield {"model": model, "stage": "load", "reason": "not_loaded", "message": message}


def _clip(results: Results, row: Row) -> Iterator[dict[str, Cell]]:
    slot: dict[str, Cell] = {"clip_id": row.clip.clip_id, "model": row.model}
    if not row.is_ok:
        reason, _, message = row.error.partition(": ")
        yield {**slot, "stage": _stage(reason), "reason": reason, "message": message}
        return
    for metric, why in results.reasons(row).items():
        reason, _, detail = why.partition(": ")
        if reason.split(" ")[0] not in REMARKS:
            yield {**slot, "stage": "score", "reason": reason, "message": f"{metric}: {detail}" if detail else metric}


def _stage(reason: str) -> str:
    if reason in _READING:
        return "read"
    return {"not_written": "write", "missing": "read"}.get(reason, "enhance")
