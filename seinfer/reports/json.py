"""The comparison as one JSON document, for scripts. Its keys are fixed: scripts of users depend on them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from ..analysis.cautions import Caution
from ..analysis.failed_clips import failed_as_unprocessed
from ..analysis.leaderboard import LeaderboardRow
from ..analysis.published import reproductions
from ..analysis.results import Results
from .pairwise_csv import pair_note


def as_document(results: Results, rows: Sequence[LeaderboardRow], warnings: Sequence[Caution]) -> dict[str, Any]:
    """Return the document: header, leaderboard rows, pairs of models, published figures, warnings, failures.

    Args:
        results: all rows of the run.
        rows: leaderboard rows, in the order in which they are shown.
        warnings: warnings about the comparison.

    Returns:
        JSON values; a missing number is null, never NaN.
    """
    return {
        "run": dict(results.header),
        "models": [asdict(row) for row in rows],
        "pairs": list(_pairs(results)),
        "published": [asdict(found) for found in reproductions(results)],
        "failed_as_unprocessed": [asdict(change) for change in failed_as_unprocessed(results)],
        "warnings": [asdict(caution) for caution in warnings],
        "failures": [
            {"clip_id": row.clip.clip_id, "model": row.model, "error": row.error}
            for row in results.by_clip
            if not row.is_ok
        ],
    }


def _pairs(results: Results) -> Iterator[dict[str, Any]]:
    for metric, comparison in results.comparisons.items():
        for (a, b), pair in comparison.pairs.items():
            yield {
                "metric": metric,
                "model_a": results.models[a],
                "model_b": results.models[b],
                "n": pair.n,
                "difference": asdict(pair.interval),
                "p_adjusted": pair.p_adjusted,
                "is_told_apart": pair.is_told_apart,
                "note": pair_note(pair),
            }
