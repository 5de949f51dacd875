"""A comparison as one JSON document, for scripts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from ..analysis.cautions import Caution
from ..analysis.leaderboard import Standing
from ..analysis.results import Results


def as_document(results: Results, standings: Sequence[Standing], warnings: Sequence[Caution]) -> dict[str, Any]:
    """Return the header, the standings, the pairs, the warnings and the failures."""
    return {
        "run": dict(results.header),
        "models": [asdict(standing) for standing in standings],
        "pairs": list(_pairs(results)),
        "warnings": [asdict(caution) for caution in warnings],
        "failures": [
            {"clip_id": row.clip.clip_id, "model": row.model, "error": row.error}
            for row in results.by_clip
            if not row.is_ok
        ],
    }


def _pairs(results: Results) -> Iterator[dict[str, Any]]:
    for metric, found in results.comparisons.items():
        for (a, b), pair in found.pairs.items():
            yield {
                "metric": metric,
                "model_a": results.models[a],
                "model_b": results.models[b],
                "n": pair.n,
                "difference": asdict(pair.interval),
                "wilcoxon_p": pair.wilcoxon.p,
                "p_holm": pair.p_holm,
                "is_told_apart": pair.is_told_apart,
                "note": pair.wilcoxon.note,
            }
