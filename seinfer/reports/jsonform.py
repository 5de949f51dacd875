"""A comparison as one JSON document, for scripts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from .leaderboard import Standing
from .results import Results


def as_document(results: Results, standings: Sequence[Standing]) -> dict[str, Any]:
    """Return the header, the standings and the failures."""
    return {
        "run": dict(results.header),
        "models": [asdict(standing) for standing in standings],
        "failures": [
            {"clip_id": row.clip.clip_id, "model": row.model, "error": row.error}
            for row in results.by_clip
            if not row.is_ok
        ],
    }
