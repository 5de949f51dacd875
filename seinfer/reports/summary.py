"""summary.csv: a row a model and metric."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from .csvfiles import Cell, write_csv
from .leaderboard import Figure, Standing

SUMMARY = (
    *("model", "metric", "group_key", "group_value", "n", "n_common", "n_failed", "mean", "median", "std"),
    *("ci95_lo", "ci95_hi", "ci_method", "delta_mean", "delta_ci95_lo", "delta_ci95_hi"),
    *("win_rate", "p_holm", "rank", "tie_band"),
)


def write_summary(standings: Sequence[Standing], path: Path) -> None:
    """Write the file, sorted by model and metric."""
    rows = sorted(_rows(standings), key=lambda row: (str(row["model"]), str(row["metric"])))
    write_csv(path, SUMMARY, rows)


def _rows(standings: Sequence[Standing]) -> Iterator[dict[str, Cell]]:
    for standing in standings:
        for metric, figure in standing.figures.items():
            yield {"model": standing.model, "metric": metric, "group_key": "all", **_cells(figure)}


def _cells(figure: Figure) -> dict[str, Cell]:
    summary, delta = figure.summary, figure.delta
    return {
        "n": figure.n,
        "n_common": summary.n,
        "n_failed": figure.n_failed,
        "mean": summary.interval.mean,
        "median": summary.median,
        "std": summary.std,
        "ci95_lo": summary.interval.low,
        "ci95_hi": summary.interval.high,
        "ci_method": summary.interval.method,
        "delta_mean": delta.mean if delta else None,
        "delta_ci95_lo": delta.low if delta else None,
        "delta_ci95_hi": delta.high if delta else None,
        "rank": figure.rank,
    }
