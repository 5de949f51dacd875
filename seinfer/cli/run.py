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
    Resume,
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
    out: Out = DEFAULT_OUT,
    force: Force = False,
    device: Device = "auto",
    threads: Threads = None,
    resume: Resume = True,
    models_file: ModelsFile = None,
    option: Option = None,
    dry: Dry = None,
    mono: Mono = False,
    subtype: Subtype = "",
    timeout: Timeout = 300.0,
    cost: Cost = False,
    engine: Engine = "local",
    address: Address = "auto",
    worker_cores: WorkerCores = 1,
    worker_gpus: WorkerGpus = 1.0,
    log_file: LogFile = None,
    json: TableJson = False,
    config: Config = None,
) -> None:
    """Enhance clips with one model or several; writes OUT/audio/MODEL/CLIP.wav."""
    from ..clips.pairing import collect
    from ..models.options import with_options
    from ..models.selection import open_registry, select_without_baseline
    from ..pipeline.request import Request
    from .execute import execute_request

    selection = select_without_baseline(open_registry(models_file or ()), model)
    selection = replace(selection, specs=with_options(selection.specs, resolve.model_settings(option, dry)))
    checked_subtype = resolve.subtype(subtype)
    clips = collect(inputs, out=resolve.out_folder(out, force=force)).first(limit)
    request = Request(
        out=out,
        clips=clips,
        selection=selection,
        score_rate=0,
        mono=mono,
        subtype=checked_subtype,
        device=resolve.device(device, engine),
        threads=resolve.threads(threads),
        timeout_s=timeout,
        has_cost=cost,
        resume=resume,
        tables=resolve.tables(clips=clips.clips, models=[spec.name for spec in selection.specs], json=json),
        limit=limit,
        ray=resolve.ray(engine, address, worker_cores, worker_gpus),
        config=file_options(context),
    )
    raise typer.Exit(execute_request(request, log_file=log_file))
