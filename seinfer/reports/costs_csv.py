"""costs.csv: what each model costs, measured alone; a row per model that was measured, or why it could not be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from ..analysis.results import Results
from ..core.files import Cell, write_csv
from ..core.records import Cost


def _figure(cell: Callable[[Cost], Cell]) -> Callable[[Cost], Cell]:
    """Return a cell that is empty if the model could not be measured."""
    return lambda cost: None if cost.error else cell(cost)


COLUMNS: Mapping[str, Callable[[Cost], Cell]] = {
    "model": lambda cost: cost.model,
    "status": lambda cost: "failed" if cost.error else "ok",
    "error": lambda cost: cost.error,
    "rtf": _figure(lambda cost: cost.rtf),
    "rtf_low": _figure(lambda cost: cost.rtf_low),
    "rtf_high": _figure(lambda cost: cost.rtf_high),
    "n_repeats": _figure(lambda cost: cost.n_repeats),
    "machine": _figure(lambda cost: _machine(is_busy=cost.is_busy)),
    "batch_size": _figure(lambda cost: cost.batch_size),
    "batch_rtf": _figure(lambda cost: cost.batch_rtf),
    "batch_rtf_low": _figure(lambda cost: cost.batch_rtf_low),
    "batch_rtf_high": _figure(lambda cost: cost.batch_rtf_high),
    "batch_machine": _figure(lambda cost: _machine(is_busy=cost.batch_is_busy)),
    "peak_rss_mib": _figure(lambda cost: cost.peak_rss_mib),
    "batch_peak_rss_mib": _figure(lambda cost: cost.batch_peak_rss_mib),
    "clip_id": lambda cost: cost.clip_id,
    "clip_s": _figure(lambda cost: cost.clip_s),
    "device": lambda cost: cost.device,
    "threads": lambda cost: cost.threads,
    "processor": lambda cost: cost.processor,
    "slowdown": _figure(lambda cost: cost.slowdown),
    "cpu_share": _figure(lambda cost: cost.cpu_share or None),
    "load_average": _figure(lambda cost: cost.load_average),
}
"""Column -> function that computes a cell; the fields of `Cost` say what they mean."""


def write_costs(results: Results, path: Path) -> None:
    """Write costs.csv, sorted by model."""
    costs = [results.costs[model] for model in sorted(results.costs)]
    write_csv(path, list(COLUMNS), ({name: cell(cost) for name, cell in COLUMNS.items()} for cost in costs))


def _machine(*, is_busy: bool) -> str:
    return "busy" if is_busy else "quiet"
