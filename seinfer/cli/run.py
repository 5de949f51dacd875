"""`seinfer run`: enhance clips with one model, or with several one after the other."""

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
    Config,
    Cost,
    Device,
    Dry,
    Engine,
    Force,
    Limit,
    LogFile,
    ModelsFile,
    Mono,
    Option,
    Out,
    Precision,
    Resume,
    Shard,
    Subtype,
    TableJson,
    Threads,
    Timeout,
    WorkerCores,
    WorkerGpus,
)


def run(
    context: typer.Context,
    inputs: Annotated[list[Path], typer.Argument(metavar="DIR|FILE...", help="Folders of clips, or files.")],
    model: Annotated[
        str,
        typer.Option(
            "--model",
            "--models",
            autocompletion=completion.models,
            help="A model, see `seinfer models`; also all, or names separated by commas.",
        ),
    ],
    limit: Limit = None,
    shard: Shard = "",
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
    streaming: Annotated[
        bool, typer.Option("--streaming", help="Enhance each clip block by block, as in real time, with one stream.")
    ] = False,
    block: Annotated[
        float | None,
        typer.Option(
            "--block", min=1.0, max=10_000.0, help="Length of the blocks of --streaming in ms; by default 10."
        ),
    ] = None,
    timeout: Timeout = 300.0,
    cost: Cost = False,
    engine: Engine = "local",
    address: Address = "auto",
    worker_cores: WorkerCores = None,
    worker_gpus: WorkerGpus = None,
    log_file: LogFile = None,
    json: TableJson = False,
    config: Config = None,
) -> None:
    """Enhance clips with one model or several; writes OUT/audio/MODEL/CLIP.wav."""
    from ..models.options import with_options
    from ..models.selection import open_registry, select_without_baseline
    from ..pipeline.inputs import find_enhanced
    from ..pipeline.request import Request
    from ..pipeline.shards import parse_shard
    from .execute import execute_request

    selection = select_without_baseline(open_registry(models_file or ()), model)
    selection = replace(selection, specs=with_options(selection.specs, resolve.model_settings(option, dry)))
    block_ms = resolve.block_ms(streaming, block)
    if block_ms:
        selection = resolve.streaming_selection(selection)
    checked_subtype, part = resolve.subtype(subtype), parse_shard(shard)
    place = resolve.out_place(out, force=force)
    found = find_enhanced(inputs, out=place.path, limit=limit)
    request = Request(
        out=place.path,
        remote=found.remote,
        remote_out=place.remote,
        clips=found.clips,
        selection=selection,
        score_rate=0,
        mono=mono,
        subtype=checked_subtype,
        block_ms=block_ms,
        device=resolve.device(device, engine),
        precision=resolve.precision(precision),
        threads=resolve.threads(threads),
        timeout_s=timeout,
        has_cost=cost,
        resume=resume,
        tables=resolve.tables(clips=found.clips.clips, models=[spec.name for spec in selection.specs], json=json),
        limit=limit,
        shard=part,
        ray=resolve.ray(engine, address, worker_cores, worker_gpus, [spec.name for spec in selection.specs]),
        config=file_options(context),
    )
    raise typer.Exit(execute_request(request, log_file=log_file))
