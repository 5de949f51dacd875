"""The CSV files of a run folder: fixed columns in fixed order, sorted rows, the same bytes for the same results.

UTF-8, comma, dot, Unix line ends. An empty cell is "not applicable", and a status column of the same row says why;
"nan" and "inf" are never written. A file gets its name when it is whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from ..analysis.groups import CATEGORIES
from ..analysis.results import Results, Row
from ..core.files import Cell, write_csv
from ..core.records import BASELINE, Clip

CLIPS = (
    *("clip_id", "noisy_path", "clean_path", "has_ref", "sample_rate", "channels", "duration_s", "snr_db"),
    *CATEGORIES,
    "noisy_sha256",
)
REFERENCE_METRICS = ("sdr", "si_sdr", "pesq_wb", "pesq_nb", "stoi", "estoi", "csig", "cbak", "covl", "ssnr")
BLIND_METRICS = (
    *("dnsmos_sig", "dnsmos_bak", "dnsmos_ovrl", "dnsmos_p808"),
    *("pdnsmos_sig", "pdnsmos_bak", "pdnsmos_ovrl"),
)
METRIC_COLUMNS = (*REFERENCE_METRICS, *BLIND_METRICS)
BLIND_COUNTS = ("dnsmos_n_hops", "dnsmos_n_used", "dnsmos_tiled")
PER_CLIP = (
    *("run_id", "clip_id", "model", "model_sha256", "status", "error"),
    *("sample_rate_in", "model_sample_rate", "sample_rate_out", "duration_s"),
    *("lag_samples", "len_diff_samples", "gain_db", "clipped_samples", "score_sample_rate"),
    *REFERENCE_METRICS,
    "ref_status",
    *BLIND_METRICS,
    *BLIND_COUNTS,
    *("wall_s", "rtf", "peak_rss_mib"),
    *(f"{metric}_delta" for metric in METRIC_COLUMNS),
)


def write_clips(results: Results, path: Path) -> None:
    """Write clips.csv, a row a clip; further categories (tl_db, the user's own) follow the fixed columns."""
    further = sorted({key for clip in results.clips for key in clip.category} - set(CLIPS))
    write_csv(path, (*CLIPS, *further), (_clip_row(clip, further) for clip in results.clips))


def _clip_row(clip: Clip, further: Iterable[str]) -> dict[str, Cell]:
    return {
        **{key: clip.category.get(key, "") for key in ("snr_db", *CATEGORIES, *further)},
        "clip_id": clip.clip_id,
        "noisy_path": clip.noisy_path,
        "clean_path": clip.clean_path,
        "has_ref": bool(clip.clean_path),
        "sample_rate": clip.sample_rate or None,
        "channels": clip.channels or None,
        "duration_s": clip.duration_s or None,
        "noisy_sha256": clip.noisy_sha256,
    }


def write_per_clip(results: Results, path: Path) -> None:
    """Write per_clip.csv, a row a clip and model; metrics that have no column of their own follow the fixed ones."""
    further = [m for m in (*results.metrics, *results.unknown_metrics) if m not in (*METRIC_COLUMNS, *BLIND_COUNTS)]
    columns = (*PER_CLIP, *(column for metric in further for column in (metric, f"{metric}_delta")))
    write_csv(path, columns, (per_clip_row(results, row, further) for row in results.by_clip))


def per_clip_row(results: Results, row: Row, further: Sequence[str] = ()) -> dict[str, Cell]:
    """Return the cells of one row of per_clip.csv, with further metrics than those that always have a column."""
    cells: dict[str, Cell] = {
        "run_id": results.header.get("run_id", ""),
        "clip_id": row.clip.clip_id,
        "model": row.model,
        "model_sha256": results.header["models"][row.model].get("sha256", ""),
        "status": row.enhancement.status if row.is_ok and row.enhancement else "failed",
        "error": row.error,
        "duration_s": row.clip.duration_s or None,
    }
    noisy = results.rows.get((row.clip.clip_id, BASELINE))
    is_foreign = bool(results.header["models"][row.model].get("folder"))
    return (
        cells
        | _enhancement_cells(row, is_foreign=is_foreign)
        | _score_cells(results, row, noisy, (*METRIC_COLUMNS, *further))
    )


def _enhancement_cells(row: Row, *, is_foreign: bool) -> dict[str, Cell]:
    """Return how an estimate was made; of a file that another program made that is not known."""
    done = row.enhancement
    if not done or not row.is_ok:
        return {}
    rates: dict[str, Cell] = {"sample_rate_in": done.sample_rate_in, "sample_rate_out": done.sample_rate_out}
    if is_foreign:
        return rates
    return {
        **rates,
        "model_sample_rate": done.model_sample_rate,
        "clipped_samples": done.clipped_samples,
        "wall_s": done.wall_s,
        "rtf": done.wall_s / row.clip.duration_s if row.clip.duration_s else None,
        "peak_rss_mib": done.peak_rss_mib,
    }


def _score_cells(results: Results, row: Row, noisy: Row | None, metrics: Iterable[str]) -> dict[str, Cell]:
    score = row.score
    if not score or not row.is_ok:
        return {"ref_status": "" if row.clip.clean_path else "no_reference"}
    return {
        "lag_samples": score.lag_samples,
        "len_diff_samples": score.len_diff_samples,
        "gain_db": score.gain_db,
        "score_sample_rate": score.sample_rate,
        "ref_status": _ref_status(results, row),
        **metric_cells(row, noisy, metrics),
        **count_cells(row),
    }


def metric_cells(row: Row, noisy: Row | None, metrics: Iterable[str]) -> dict[str, Cell]:
    """Return the figures of a row, and their differences to the noisy row of the same clip."""
    cells: dict[str, Cell] = {}
    for metric in metrics:
        value, before = row.value(metric), noisy.value(metric) if noisy else None
        cells[metric] = value
        cells[f"{metric}_delta"] = value - before if value is not None and before is not None else None
    return cells


def count_cells(row: Row) -> dict[str, Cell]:
    """Return how DNSMOS came about."""
    n_hops, n_used, tiled = (row.value(name) for name in BLIND_COUNTS)
    counts = (_count(n_hops), _count(n_used), None if tiled is None else tiled > 0)
    return dict(zip(BLIND_COUNTS, counts, strict=True))


def _count(value: float | None) -> int | None:
    return None if value is None else round(value)


def _ref_status(results: Results, row: Row) -> str:
    """Say "ok" or "no_reference", and "metric: reason" for each figure that needs a word."""
    said = [f"{metric}: {reason}" for metric, reason in results.reasons(row).items()]
    return "; ".join(said if row.clip.clean_path else ["no_reference", *said]) or "ok"
