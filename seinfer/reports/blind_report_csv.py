"""blind_report.csv: what is known without a reference. dnsmos.csv: the same in the form of Microsoft's script.

The second has the header of microsoft/DNS-Challenge@591184a9fcb2cbdec02520fed81a32bbbf9d73ff:DNSMOS/dnsmos_local.py, so
that what reads its output can read ours. It has no place for a reason: a clip without figures is in failures.csv only.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..analysis.groups import CATEGORIES
from ..analysis.results import Results, Row
from ..core.files import Cell, write_csv
from ..core.records import BASELINE
from .csv import BLIND_COUNTS, BLIND_METRICS, count_cells, metric_cells, per_clip_row

BLIND_REPORT = (
    *("run_id", "clip_id", "model", "status", "error", "sample_rate_in", "duration_s", "snr_db"),
    *CATEGORIES,
    "ref_status",
    *BLIND_METRICS,
    *BLIND_COUNTS,
    *(f"{metric}_delta" for metric in BLIND_METRICS),
)
OFFICIAL = (
    *("filename", "len_in_sec", "sr", "num_hops", "OVRL_raw", "SIG_raw", "BAK_raw", "OVRL", "SIG", "BAK"),
    "P808_MOS",
)
_OFFICIAL_RATE = 16000
_FIGURES = {
    "OVRL_raw": "dnsmos_ovrl_raw",
    "SIG_raw": "dnsmos_sig_raw",
    "BAK_raw": "dnsmos_bak_raw",
    "OVRL": "dnsmos_ovrl",
    "SIG": "dnsmos_sig",
    "BAK": "dnsmos_bak",
    "P808_MOS": "dnsmos_p808",
}


def write_blind_report(results: Results, path: Path) -> None:
    """Write the file, a row a clip without reference and model; its header alone where every clip has one."""
    rows = (row for row in results.by_clip if not row.clip.clean_path)
    write_csv(path, BLIND_REPORT, (_blind_row(results, row) for row in rows))


def _blind_row(results: Results, row: Row) -> dict[str, Cell]:
    noisy = results.rows.get((row.clip.clip_id, BASELINE))
    cells = {
        **per_clip_row(results, row),
        **{key: row.clip.category.get(key, "") for key in ("snr_db", *CATEGORIES)},
        **metric_cells(row, noisy, BLIND_METRICS),
        **count_cells(row),
    }
    return {key: cells[key] for key in BLIND_REPORT if key in cells}


def write_official(results: Results, path: Path) -> None:
    """Write a row an estimate that has DNSMOS figures."""
    rows = (row for row in results.by_clip if row.value("dnsmos_ovrl") is not None)
    write_csv(path, OFFICIAL, (dict(_official_cells(results, row)) for row in rows))


def _official_cells(results: Results, row: Row) -> Iterator[tuple[str, Cell]]:
    done = row.enhancement
    assert done is not None
    folder = results.header["models"][row.model].get("folder")
    yield "filename", f"{folder}/{row.clip.clip_id}" if folder else f"audio/{row.model}/{row.clip.clip_id}.wav"
    yield "len_in_sec", done.n_samples / done.sample_rate_out if done.sample_rate_out else None
    yield "sr", _OFFICIAL_RATE
    yield "num_hops", count_cells(row)["dnsmos_n_hops"]
    for column, metric in _FIGURES.items():
        yield column, row.value(metric)
