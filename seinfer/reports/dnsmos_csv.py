"""dnsmos.csv (--dnsmos-csv): DNSMOS scores in the format of Microsoft's script, for programs that read its output.

The header is that of microsoft/DNS-Challenge@591184a9fcb2cbdec02520fed81a32bbbf9d73ff:DNSMOS/dnsmos_local.py. The
format has no column for a reason: a clip without DNSMOS scores has no row here, but one in failures.csv.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..analysis.results import Results, Row
from ..core.files import Cell, write_csv
from .csv import dnsmos_count

_METRIC_COLUMNS = {
    "OVRL_raw": "dnsmos_ovrl_raw",
    "SIG_raw": "dnsmos_sig_raw",
    "BAK_raw": "dnsmos_bak_raw",
    "OVRL": "dnsmos_ovrl",
    "SIG": "dnsmos_sig",
    "BAK": "dnsmos_bak",
    "P808_MOS": "dnsmos_p808",
}
DNSMOS = ("filename", "len_in_sec", "sr", "num_hops", *_METRIC_COLUMNS)
_DNSMOS_RATE = 16000
"""Hz at which DNSMOS is computed."""


def write_dnsmos(results: Results, path: Path) -> None:
    """Write the file, one row per estimate that has DNSMOS scores."""
    rows = (row for row in results.by_clip if row.value("dnsmos_ovrl") is not None)
    write_csv(path, DNSMOS, (dict(_cells(results, row)) for row in rows))


def _cells(results: Results, row: Row) -> Iterator[tuple[str, Cell]]:
    done = row.enhancement
    assert done is not None
    folder = results.header["models"][row.model].get("folder")
    yield "filename", f"{folder}/{row.clip.clip_id}" if folder else f"audio/{row.model}/{row.clip.clip_id}.wav"
    yield "len_in_sec", done.n_samples / done.sample_rate_out if done.sample_rate_out else None
    yield "sr", _DNSMOS_RATE
    yield "num_hops", dnsmos_count(row, "dnsmos_n_hops")
    for column, metric in _METRIC_COLUMNS.items():
        yield column, row.value(metric)
