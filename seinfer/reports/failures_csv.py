"""failures.csv: one row per failure: a model that could not be loaded, a clip that failed, a missing score."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..analysis.results import Results, Row
from ..core.files import Cell, write_csv
from ..metrics.errors import REMARKS

FAILURES = ("clip_id", "model", "stage", "reason", "message")
_READ_ERRORS = ("empty", "truncated", "unreadable", "nonfinite", "unsupported", "missing")


def write_failures(results: Results, path: Path) -> None:
    """Write the file; only its header if nothing failed."""
    write_csv(path, FAILURES, failure_rows(results))


def failure_rows(results: Results) -> Iterator[dict[str, Cell]]:
    """Yield the rows of the file: models first, then clips and scores, sorted by clip_id and model."""
    yield from _model_failures(results)
    for row in results.by_clip:
        yield from _row_failures(results, row)


def _model_failures(results: Results) -> Iterator[dict[str, Cell]]:
    for model, message in sorted(results.header.get("lost_models", {}).items()):
        yield {"model": model, "stage": "load", "reason": "not_loaded", "message": message}


def _row_failures(results: Results, row: Row) -> Iterator[dict[str, Cell]]:
    """Yield why a clip failed, or its missing scores."""
    place: dict[str, Cell] = {"clip_id": row.clip.clip_id, "model": row.model}
    if not row.is_ok:
        reason, _, message = row.error.partition(": ")
        yield {**place, "stage": _stage(row, reason), "reason": reason, "message": message}
        return
    for metric, why in results.reasons(row).items():
        reason, _, detail = why.partition(": ")
        if reason.split(" ")[0] not in REMARKS:
            yield {**place, "stage": "score", "reason": reason, "message": f"{metric}: {detail}" if detail else metric}


def _stage(row: Row, reason: str) -> str:
    if row.score and row.error == row.score.error:
        return "score"
    if reason in _READ_ERRORS:
        return "read"
    return "write" if reason == "not_written" else "enhance"
