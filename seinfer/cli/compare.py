"""`seinfer compare`: enhance clips with several models, score them and compare them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from . import completion, resolve
from .config import file_options
from .options import (
    DEFAULT_OUT,
    Address,
    AllRows,
    Baseline,
    By,
    CategoriesCsv,
    CategoryRegex,
    Clean,
    Config,
    Cost,
    Device,
    DnsmosCsv,
    Dry,
    EmbedLimit,
    Engine,
    Force,
    Format,
    Html,
    Limit,
    LogFile,
    Manifest,
    Metrics,
    ModelsFile,
    Mono,
    Option,
    Out,
    Precision,
    Resume,
    ScoreCache,
    ScoreRate,
    Shard,
    Sort,
    Subtype,
    TableJson,
    Threads,
    Timeout,
    Verbose,
    WorkerCores,
    WorkerGpus,
)


def compare(
    context: typer.Context,
    folder: Annotated[
        Path, typer.Argument(metavar="[DIR]", help="Folder of clips; noisy/ and clean/ inside it are paired.")
    ] = Path(),
    models: Annotated[
        str,
        typer.Option("--models", autocompletion=completion.models, help="all, or names separated by commas."),
    ] = "all",
    clean: Clean = None,
    manifest: Manifest = None,
    add: Annotated[
        list[str] | None,
        typer.Option(
            "--add", metavar="NAME=DIR", help="Folder of files that any other program made, as a further row NAME."
        ),
    ] = None,
    category_regex: CategoryRegex = "",
    categories: CategoriesCsv = None,
    limit: Limit = None,
    shard: Shard = "",
    metrics: Metrics = "auto",
    score_rate: ScoreRate = "16000",
    score_cache: ScoreCache = True,
    out: Out = DEFAULT_OUT,
    force: Force = False,
    device: Device = "auto",
    precision: Precision = "float32",
    threads: Threads = None,
    resume: Resume = True,
    models_file: ModelsFile = None,
    option: Option = None,
    dry: Dry = None,
    mono: Mono = False,
    subtype: Subtype = "",
    timeout: Timeout = 300.0,
    jobs: Annotated[
        int, typer.Option("--jobs", min=1, help="Models to run at the same time, within cores and memory.")
    ] = 1,
    cost: Cost = True,
    engine: Engine = "local",
    address: Address = "auto",
    worker_cores: WorkerCores = None,
    worker_gpus: WorkerGpus = None,
    log_file: LogFile = None,
    baseline: Baseline = None,
    by: By = None,
    sort: Sort = "",
    dnsmos_csv: DnsmosCsv = None,
    html: Html = None,
    embed_limit: EmbedLimit = None,
    all_rows: AllRows = False,
    verbose: Verbose = False,
    format_: Format = "table",
    json: TableJson = False,
    config: Config = None,
) -> None:
    """Enhance clips with several models, score them and compare them."""
    from ..analysis.ordering import check_sort
    from ..clips.external import parse_added
    from ..clips.pairing import CategoryRules
    from ..models.options import with_options
    from ..models.selection import open_registry, select
    from ..pipeline.inputs import find_compared
    from ..pipeline.request import Request
    from ..pipeline.shards import parse_shard
    from .execute import execute_request

    registry = open_registry(models_file or ())
    added = parse_added(add or (), registry.names())
    selection = select(registry, models)
    selection = replace(selection, specs=with_options(selection.specs, resolve.model_settings(option, dry)))
    checked_subtype, part = resolve.subtype(subtype), parse_shard(shard)
    place = resolve.out_place(out, force=force)
    inputs = find_compared(
        folder,
        out=place.path,
        clean=clean,
        manifest=manifest,
        added=added,
        categories=CategoryRules(category_regex, categories),
        limit=limit,
    )
    chosen = resolve.metrics(metrics, inputs.clips)
    check_sort(sort, chosen.names)
    n_threads = resolve.threads(threads)
    request = Request(
        out=place.path,
        remote=inputs.remote,
        remote_out=place.remote,
        clips=inputs.clips,
        selection=selection,
        external=inputs.external,
        metrics=chosen,
        score_rate=resolve.sample_rate("--score-rate", score_rate),
        score_cache=score_cache,
        mono=mono,
        subtype=checked_subtype,
        device=resolve.device(device, engine),
        precision=resolve.precision(precision),
        threads=n_threads,
        jobs=resolve.jobs(jobs, len(selection.specs), n_threads),
        timeout_s=timeout,
        has_cost=cost,
        resume=resume,
        tables=resolve.tables(
            clips=inputs.clips.clips,
            models=[*(spec.name for spec in selection.specs), *added],
            format=format_,
            json=json,
            sort=sort,
            all_rows=all_rows,
            verbose=verbose,
            baseline=baseline,
            by=by,
            dnsmos_csv=dnsmos_csv,
            html=html,
            embed_limit_mb=embed_limit,
        ),
        limit=limit,
        shard=part,
        ray=resolve.ray(engine, address, worker_cores, worker_gpus, [spec.name for spec in selection.specs]),
        config=file_options(context),
    )
    raise typer.Exit(execute_request(request, log_file=log_file))
