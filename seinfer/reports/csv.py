"""clips.csv, per_clip.csv, and the comparison table as CSV. Fixed columns, sorted rows, same bytes for same results.

To add a column to per_clip.csv, add one line to PER_CLIP: its name, and the function that computes a cell. The order of
PER_CLIP is the order in the file. Then update the golden files (see tests/reports/test_run_files.py). Columns of
clips.csv are in CLIPS in the same way. The other CSV files are in modules named after them, such as summary_csv.py.

Format: UTF-8, comma, dot, Unix line ends. An empty cell means "not applicable", and a status column of the same row
gives the reason; "nan" and "inf" are never written. A text that a spreadsheet would run starts with an apostrophe, see
core/files.py. A file appears under its name only when it is complete.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..analysis.costs import rtf_source
from ..analysis.groups import CATEGORIES
from ..analysis.leaderboard import LeaderboardRow, MetricResult
from ..analysis.results import Results, Row
from ..core.files import Cell, csv_text, write_csv
from ..core.records import BASELINE, Clip, Enhancement, Score
from ..stats import Interval

# --- clips.csv ---


def _category(name: str) -> Callable[[Clip], Cell]:
    return lambda clip: clip.category.get(name, "")


CLIPS: Mapping[str, Callable[[Clip], Cell]] = {
    "clip_id": lambda clip: clip.clip_id,
    "noisy_path": lambda clip: clip.noisy_path,
    "clean_path": lambda clip: clip.clean_path,
    "has_ref": lambda clip: bool(clip.clean_path),
    "sample_rate": lambda clip: clip.sample_rate or None,
    "channels": lambda clip: clip.channels or None,
    "duration_s": lambda clip: clip.duration_s or None,
    "snr_db": _category("snr_db"),
    **{name: _category(name) for name in CATEGORIES},
    "noisy_sha256": lambda clip: clip.noisy_sha256,
}
"""Column of clips.csv -> function that computes a cell."""


def write_clips(results: Results, path: Path) -> None:
    """Write clips.csv, one row per clip; further categories (tl_db, the user's own) follow the fixed columns."""
    further = sorted({key for clip in results.clips for key in clip.category} - CLIPS.keys())
    columns = {**CLIPS, **{name: _category(name) for name in further}}
    write_csv(path, list(columns), ({name: cell(clip) for name, cell in columns.items()} for clip in results.clips))


# --- per_clip.csv ---


@dataclass(frozen=True)
class RowContext:
    """Everything that a cell of per_clip.csv may be computed from.

    Attributes:
        results: all rows of the run.
        row: the row.
        noisy: the row of the noisy clip itself, if it is part of the run.
        facts: the entry of the model in run.json.
        enhancement: None if the clip failed.
        score: None if there is no estimate, or it was not scored.
    """

    results: Results
    row: Row
    noisy: Row | None
    facts: Mapping[str, Any]
    enhancement: Enhancement | None
    score: Score | None


PerClipCell = Callable[[RowContext], Cell]


def _enhanced(cell: Callable[[Enhancement], Cell]) -> PerClipCell:
    """Return a cell about the estimate; empty if there is none."""
    return lambda context: cell(context.enhancement) if context.enhancement else None


def _enhanced_here(cell: Callable[[Enhancement], Cell]) -> PerClipCell:
    """Return a cell about the processing; empty if the estimate was made by another program ("folder")."""
    enhanced = _enhanced(cell)
    return lambda context: None if context.facts.get("folder") else enhanced(context)


def _scored(cell: Callable[[Score], Cell]) -> PerClipCell:
    """Return a cell about the score; empty if there is none."""
    return lambda context: cell(context.score) if context.score else None


def _metric(name: str) -> PerClipCell:
    return lambda context: context.row.value(name)


def _delta(name: str) -> PerClipCell:
    """Return a cell with the difference to the noisy row of the same clip."""

    def cell(context: RowContext) -> Cell:
        value, noisy = context.row.value(name), context.noisy.value(name) if context.noisy else None
        return value - noisy if value is not None and noisy is not None else None

    return cell


def _rtf(context: RowContext) -> Cell:
    done, duration_s = context.enhancement, context.row.clip.duration_s
    return done.wall_s / duration_s if done and duration_s and not context.facts.get("folder") else None


def _ref_status(context: RowContext) -> Cell:
    """Return "ok" or "no_reference", and "metric: reason" for each score that is absent or has a remark."""
    has_reference = bool(context.row.clip.clean_path)
    if not context.score:
        return "" if has_reference else "no_reference"
    reasons = [f"{metric}: {reason}" for metric, reason in context.results.reasons(context.row).items()]
    return "; ".join(reasons if has_reference else ["no_reference", *reasons]) or "ok"


def _count(name: str) -> PerClipCell:
    return lambda context: dnsmos_count(context.row, name)


def dnsmos_count(row: Row, name: str) -> int | None:
    """Return one of the counts that DNSMOS reports along with its scores, None if there are none."""
    value = row.value(name)
    return None if value is None else round(value)


def _is_tiled(context: RowContext) -> Cell:
    """Return whether DNSMOS repeated the clip to fill its window."""
    value = context.row.value("dnsmos_tiled")
    return None if value is None else value > 0


REFERENCE_METRICS = ("sdr", "si_sdr", "pesq_wb", "pesq_nb", "stoi", "estoi", "csig", "cbak", "covl", "ssnr")
BLIND_METRICS = (
    *("dnsmos_sig", "dnsmos_bak", "dnsmos_ovrl", "dnsmos_p808"),
    *("pdnsmos_sig", "pdnsmos_bak", "pdnsmos_ovrl"),
)
PER_CLIP: Mapping[str, PerClipCell] = {
    "run_id": lambda context: context.results.header.get("run_id", ""),
    "clip_id": lambda context: context.row.clip.clip_id,
    "model": lambda context: context.row.model,
    "model_sha256": lambda context: context.facts.get("sha256", ""),
    "status": lambda context: context.enhancement.status if context.enhancement else "failed",
    "error": lambda context: context.row.error,
    "sample_rate_in": _enhanced(lambda done: done.sample_rate_in),
    "model_sample_rate": _enhanced_here(lambda done: done.model_sample_rate),
    "sample_rate_out": _enhanced(lambda done: done.sample_rate_out),
    "duration_s": lambda context: context.row.clip.duration_s or None,
    "lag_samples": _scored(lambda score: score.lag_samples),
    "len_diff_samples": _scored(lambda score: score.len_diff_samples),
    "gain_db": _scored(lambda score: score.gain_db),
    "clipped_samples": _enhanced_here(lambda done: done.clipped_samples),
    "score_sample_rate": _scored(lambda score: score.sample_rate),
    **{metric: _metric(metric) for metric in REFERENCE_METRICS},
    "ref_status": _ref_status,
    **{metric: _metric(metric) for metric in BLIND_METRICS},
    "dnsmos_n_hops": _count("dnsmos_n_hops"),
    "dnsmos_n_used": _count("dnsmos_n_used"),
    "dnsmos_tiled": _is_tiled,
    "wall_s": _enhanced_here(lambda done: done.wall_s),
    "rtf": _rtf,
    "peak_rss_mib": _enhanced_here(lambda done: done.peak_rss_mib),
    **{f"{metric}_delta": _delta(metric) for metric in (*REFERENCE_METRICS, *BLIND_METRICS)},
    "batch_size": _enhanced_here(lambda done: done.batch_size or None),
}
"""Column of per_clip.csv -> function that computes a cell."""


def write_per_clip(results: Results, path: Path) -> None:
    """Write per_clip.csv, one row per clip and model."""
    columns = per_clip_columns(results)
    write_csv(path, list(columns), (per_clip_row(results, row, columns) for row in results.by_clip))


def per_clip_columns(results: Results) -> Mapping[str, PerClipCell]:
    """Return the columns of per_clip.csv; metrics without a fixed column follow the fixed columns."""
    columns = dict(PER_CLIP)
    for metric in (*results.metrics, *results.unknown_metrics):
        if metric not in PER_CLIP:
            columns |= {metric: _metric(metric), f"{metric}_delta": _delta(metric)}
    return columns


def per_clip_row(results: Results, row: Row, columns: Mapping[str, PerClipCell] = PER_CLIP) -> dict[str, Cell]:
    """Return the cells of one row of per_clip.csv."""
    context = RowContext(
        results=results,
        row=row,
        noisy=results.rows.get((row.clip.clip_id, BASELINE)),
        facts=results.header["models"][row.model],
        enhancement=row.enhancement if row.is_ok else None,
        score=row.own_score,
    )
    return {name: cell(context) for name, cell in columns.items()}


# --- the comparison table as CSV (--format csv) ---


def as_csv(rows: Sequence[LeaderboardRow], metrics: Sequence[str], not_run: Mapping[str, str]) -> str:
    """Return the comparison table with one row per model and one column per number: nothing is hidden or rounded.

    Args:
        rows: leaderboard rows, in the order in which they are shown.
        metrics: the metrics shown.
        not_run: model -> why it did not run.
    """
    lines = [table_row(row, metrics) for row in rows]
    lines += [{"model": model, "status": f"not run: {reason}"} for model, reason in not_run.items()]
    columns = list(lines[0]) if lines else ["model", "status"]
    return csv_text(columns, ({key: value for key, value in line.items() if key in columns} for line in lines))


def table_row(row: LeaderboardRow, metrics: Sequence[str]) -> dict[str, Cell]:
    """Return one row of the comparison table: column -> number."""
    return dict(_table_cells(row, metrics))


def _table_cells(row: LeaderboardRow, metrics: Sequence[str]) -> Iterator[tuple[str, Cell]]:
    yield "model", row.model
    yield "status", "ok"
    for metric in metrics:
        yield from _metric_cells(metric, row.figures[metric])
    yield "n_clips", row.n_ok + row.n_failed
    yield "n_failed", row.n_failed
    yield "rtf", row.rtf
    yield "n_parameters", row.n_parameters
    yield "weights_bytes", row.weights_bytes
    yield "peak_rss_mib", row.peak_rss_mib
    yield "rtf_low", row.cost.rtf_low if row.cost else None
    yield "rtf_high", row.cost.rtf_high if row.cost else None
    yield "rtf_source", rtf_source(row)


def _metric_cells(metric: str, result: MetricResult) -> Iterator[tuple[str, Cell]]:
    yield from _interval_cells(metric, result.summary.interval if result.summary else None)
    yield from _interval_cells(f"{metric}_delta", result.delta)
    yield f"{metric}_n", result.n
    yield f"{metric}_rank", result.rank
    yield f"{metric}_tie_band", result.tie_band


def _interval_cells(name: str, interval: Interval | None) -> Iterator[tuple[str, Cell]]:
    yield name, interval.mean if interval else None
    yield f"{name}_ci95_lo", interval.low if interval else None
    yield f"{name}_ci95_hi", interval.high if interval else None
