"""Typed values -> the values of a request. What a user must know about a choice is printed on stderr."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..core.errors import UsageError
from ..core.streams import print_message
from ..pipeline.values import chosen_metrics, fitting_jobs
from ..pipeline.values import sample_rate as sample_rate
from ..pipeline.values import subtype as subtype

if TYPE_CHECKING:
    from ..analysis.settings import TableSettings
    from ..clips.pairing import ClipSet
    from ..core.records import Clip
    from ..metrics.choice import MetricSelection


def model_settings(options: list[str] | None, dry: float | None = None) -> tuple[str, ...]:
    """Return the settings of --option, and that of --dry in the same form."""
    return (*(options or ()), *([] if dry is None else [f"dry={dry}"]))


def out_folder(path: Path) -> Path:
    """Return the value of --out.

    Raises:
        UsageError: its links lead in a circle.
    """
    from ..clips.discovery import resolved

    resolved(path)
    return path


def device(text: str) -> str:
    """Return the value of --device; "auto" becomes "cpu" if there is no GPU, which is printed.

    Raises:
        UsageError: there is no such device.
    """
    from ..core.devices import checked_device, find_gpu

    if checked_device(text) == "auto" and not find_gpu():
        print_message("device: cpu (no NVIDIA GPU found)")
        return "cpu"
    return text


def threads(wanted: int | None) -> int:
    """Return how many cores to use: as many as asked for, else all."""
    from ..core.devices import cores

    return wanted or cores()


def jobs(wanted: int, n_models: int, n_threads: int) -> int:
    """Return how many models run at the same time; it is printed if these are fewer than asked for."""
    from ..core.devices import available_mib

    n_jobs = fitting_jobs(wanted, n_models, n_threads)
    if n_jobs < min(wanted, n_models):
        print_message(f"jobs: {n_jobs} instead of {wanted} ({n_threads} cores, {available_mib()} MiB of memory free)")
    return n_jobs


def metrics(text: str, clips: ClipSet) -> MetricSelection:
    """Return the metrics that --metrics names for these clips; problems of plug-ins are printed.

    Raises:
        UsageError, MissingExtraError: see `metrics.choice.choose`.
    """
    from ..metrics.table import load_table

    for problem in load_table().problems:
        print_message(f"warning: {problem}")
    return chosen_metrics(text, clips)


def tables(
    *,
    clips: Iterable[Clip],
    models: Sequence[str],
    format: str = "table",
    json: bool = False,
    sort: str = "",
    metrics: str = "",
    baseline: str | None = None,
    by: str | None = None,
    dnsmos_csv: bool | None = None,
    all_rows: bool = False,
    verbose: bool = False,
    kept: TableSettings | None = None,
) -> TableSettings:
    """Return the settings of the tables. None stands for an option that was not given: it is as `kept` has it.

    Raises:
        UsageError: there is no such format, model or category.
    """
    from ..analysis.groups import chosen_keys
    from ..analysis.settings import FORMATS, TableSettings
    from ..core.records import BASELINE
    from ..core.suggestions import suggest

    kept = kept or TableSettings()
    if format not in FORMATS:
        raise UsageError(f"--format is {format!r}; expected one of {', '.join(FORMATS)}")
    baseline = kept.baseline if baseline is None else baseline
    if baseline and baseline not in models:
        raise UsageError(f"--baseline is {baseline!r}, which is not one of the models: {suggest(baseline, models)}")
    return TableSettings(
        format="json" if json else format,
        sort=sort,
        metrics=tuple(name.strip() for name in metrics.split(",") if name.strip()),
        baseline="" if baseline == BASELINE else baseline,  # every model is compared with noisy in any case
        by=kept.by if by is None else chosen_keys(by, clips),
        dnsmos_csv=kept.dnsmos_csv if dnsmos_csv is None else dnsmos_csv,
        all_rows=all_rows,
        is_verbose=verbose,
    )
