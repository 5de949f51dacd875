"""blind_report.csv: DNSMOS scores and categories of the clips without a clean reference."""

from __future__ import annotations

from pathlib import Path

from ..analysis.groups import CATEGORIES
from ..analysis.results import Results, Row
from ..core.files import Cell, write_csv
from .csv import BLIND_METRICS, per_clip_row

BLIND_REPORT = (
    *("run_id", "clip_id", "model", "status", "error", "sample_rate_in", "duration_s", "snr_db"),
    *CATEGORIES,
    "ref_status",
    *BLIND_METRICS,
    *("dnsmos_n_hops", "dnsmos_n_used", "dnsmos_tiled"),
    *(f"{metric}_delta" for metric in BLIND_METRICS),
)


def write_blind_report(results: Results, path: Path) -> None:
    """Write the file, one row per model and clip without a reference; only its header if every clip has one."""
    rows = (row for row in results.by_clip if not row.clip.clean_path)
    write_csv(path, BLIND_REPORT, (_blind_row(results, row) for row in rows))


def _blind_row(results: Results, row: Row) -> dict[str, Cell]:
    categories: dict[str, Cell] = {key: row.clip.category.get(key, "") for key in ("snr_db", *CATEGORIES)}
    cells = {**per_clip_row(results, row), **categories}
    return {key: cells[key] for key in BLIND_REPORT}
