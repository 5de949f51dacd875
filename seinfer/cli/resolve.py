"""Typed values -> the values of a request. What a user must know about a choice is printed on stderr."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..core.devices import checked_precision
from ..core.errors import UsageError
from ..core.streams import print_message
from ..core.suggestions import suggest
from ..pipeline.values import chosen_metrics, fitting_jobs, ray_settings
from ..pipeline.values import sample_rate as sample_rate
from ..pipeline.values import subtype as subtype

if TYPE_CHECKING:
    from ..analysis.settings import TableSettings
    from ..clips.pairing import ClipSet
    from ..core.records import Clip
    from ..metrics.choice import MetricSelection
    from ..models.selection import Selection
    from ..pipeline.remote_out import RunPlace
    from ..pipeline.request import RaySettings

DEFAULT_BLOCK_MS = 10.0
precision = checked_precision


def model_settings(options: list[str] | None, dry: float | None = None) -> tuple[str, ...]:
    """Return the settings of --option, and that of --dry in the same form."""
    return (*(options or ()), *([] if dry is None else [f"dry={dry}"]))


def block_ms(is_streaming: bool, typed: float | None) -> float:
    """Return the length of the blocks of --streaming in ms, 0 without it.

    Raises:
        UsageError: --block was given without --streaming.
    """
    if typed is not None and not is_streaming:
        raise UsageError(f"--block {typed:g} has no effect without --streaming; add --streaming or leave --block out")
    return (typed or DEFAULT_BLOCK_MS) if is_streaming else 0.0


def streaming_selection(selection: Selection) -> Selection:
    """Leave out the models without streams, each with the reason.

    Raises:
        UsageError: such a model was named.
    """
    from ..enhancement.streaming import has_streams, streaming_models

    without = [spec.name for spec in selection.specs if has_streams(spec) is False]
    if without and selection.is_named:
        raise UsageError(
            f"--streaming: {', '.join(without)} cannot run as a stream, because the whole recording is needed before "
            f"its first sample; models that can: {', '.join(streaming_models())}"
        )
    reasons = dict.fromkeys(without, "has no stream: run it without --streaming")
    specs = tuple(spec for spec in selection.specs if spec.name not in reasons)
    return replace(selection, specs=specs, not_run={**selection.not_run, **reasons})


def out_folder(path: Path, *, force: bool = False) -> Path:
    """Return the value of --out.

    Raises:
        UsageError: it contains something else than a run and there is no --force, or its links lead in a circle.
    """
    from ..pipeline.out_folder import checked_out_folder

    return checked_out_folder(path, force=force, name="--out", remedy="--force")


def out_place(path: Path, *, force: bool = False) -> RunPlace:
    """Return the value of --out of a command that also writes to a URL.

    Raises:
        UsageError, StoreError, RunFolderError, MissingExtraError: see `pipeline.remote_out.open_place`. UsageError
            also for a folder in memory, which nothing could read after the command.
    """
    from ..core.urls import url_of
    from ..pipeline.remote_out import open_place

    if (url := url_of(path)).startswith("memory://"):
        raise UsageError(f"--out {url} is lost when the command ends; expected a folder, or a URL such as s3://…")
    return open_place(path, force=force, name="--out", remedy="--force")


def ray(
    engine: str,
    address: str,
    worker_cores: Sequence[str] | None = None,
    worker_gpus: Sequence[str] | None = None,
    models: Sequence[str] = (),
) -> RaySettings | None:
    """Return the settings of the cluster that --engine, --address and the shares of a worker ask for.

    Raises:
        UsageError: there is no such engine, a share is not valid, or the local engine has settings of a cluster.
        MissingExtraError: the extra ray is not installed.
    """
    settings = ray_settings(engine, address)
    if settings is None:
        given = {"--address": address != "auto", "--worker-cores": worker_cores, "--worker-gpus": worker_gpus}
        if option := next((option for option, value in given.items() if value), ""):
            raise UsageError(
                f"{option} is for a Ray cluster, but --engine is local; give --engine ray, or leave it out"
            )
        return None
    cores = _shares("--worker-cores", worker_cores, models)
    if wrong := [part for part in cores.values() if part < 1 or part % 1]:
        raise UsageError(f"--worker-cores has {wrong[0]:g}; expected a whole number of at least 1")
    return replace(settings, cores=cores, gpus=_shares("--worker-gpus", worker_gpus, models))


def _shares(option: str, texts: Sequence[str] | None, models: Sequence[str]) -> dict[str, float]:
    """Return model -> number of an option that is N or MODEL=N; the key ALL_MODELS for N.

    Raises:
        UsageError: a number is not valid, or the run does not have the model.
    """
    from ..pipeline.request import ALL_MODELS

    shares: dict[str, float] = {}
    for text in texts or ():
        model, _, number = text.rpartition("=")
        if model and model not in models:
            raise UsageError(f"{option} names {model!r}, which this run does not have: {suggest(model, models)}")
        shares[model or ALL_MODELS] = _finite(option, text, number, "N or MODEL=N", "rnnoise=2")
    return shares


def device(text: str, engine: str = "local") -> str:
    """Return the value of --device; "auto" becomes "cpu" if there is no GPU, which is printed.

    On a cluster, "auto" stays: each of its machines may have a GPU.

    Raises:
        UsageError: there is no such device.
    """
    from ..core.devices import checked_device, find_gpu

    if checked_device(text) == "auto" and engine == "local" and not find_gpu():
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
    html: bool | None = None,
    embed_limit_mb: float | None = None,
    all_rows: bool = False,
    verbose: bool = False,
    kept: TableSettings | None = None,
) -> TableSettings:
    """Return the settings of the tables. None stands for an option that was not given: it is as `kept` has it.

    Raises:
        UsageError: there is no such format, model or category.
        MissingExtraError: report.html is asked for, and a package of the extra report is not installed.
    """
    from ..analysis.groups import chosen_keys
    from ..analysis.settings import FORMATS, TableSettings
    from ..core.records import BASELINE
    from ..core.suggestions import suggest
    from ..models.extras import require_extra

    kept = kept or TableSettings()
    if format not in FORMATS:
        raise UsageError(f"--format is {format!r}; expected one of {', '.join(FORMATS)}")
    baseline = kept.baseline if baseline is None else baseline
    if baseline and baseline not in models:
        raise UsageError(f"--baseline is {baseline!r}, which is not one of the models: {suggest(baseline, models)}")
    has_html = kept.html if html is None else html
    if has_html:  # before the models run, not after
        require_extra("report", "--html")
    return TableSettings(
        format="json" if json else format,
        sort=sort,
        metrics=tuple(name.strip() for name in metrics.split(",") if name.strip()),
        baseline="" if baseline == BASELINE else baseline,  # every model is compared with noisy in any case
        by=kept.by if by is None else chosen_keys(by, clips),
        dnsmos_csv=kept.dnsmos_csv if dnsmos_csv is None else dnsmos_csv,
        html=has_html,
        embed_limit_mb=kept.embed_limit_mb if embed_limit_mb is None else embed_limit_mb,
        all_rows=all_rows,
        is_verbose=verbose,
    )


def min_differences(text: str, metrics: Sequence[str]) -> dict[str, float]:
    """Return metric -> smallest difference that matters, as given in the form METRIC=VALUE,METRIC=VALUE.

    Args:
        text: the value of --min-difference.
        metrics: the metrics of the run.

    Raises:
        UsageError: a part is not METRIC=VALUE, a metric is unknown, or a value is not a finite number of at least 0.
    """
    from ..metrics.spelling import as_known

    values: dict[str, float] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, number = part.partition("=")
        (metric, *_others) = as_known([name.strip()], metrics)
        if metric not in metrics:
            raise UsageError(
                f"--min-difference names {name.strip()!r}, which this run does not have: {suggest(metric, metrics)}"
            )
        values[metric] = _finite("--min-difference", part, number, "METRIC=VALUE", "stoi=0.02")
    return values


def _finite(option: str, part: str, number: str, form: str, example: str) -> float:
    try:
        value = float(number)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise UsageError(f"{option} has {part!r}; expected {form} with a number of at least 0, such as {example}")
    return value
