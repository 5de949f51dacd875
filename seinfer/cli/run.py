"""`seinfer run`: enhance clips with one model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from . import resolve
from .options import (
    DEFAULT_OUT,
    Cost,
    Device,
    Dry,
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
)


def run(
    inputs: Annotated[list[Path], typer.Argument(metavar="DIR|FILE...", help="Folders of clips, or files.")],
    model: Annotated[str, typer.Option("--model", help="Name of a model, see `seinfer models`.")],
    out: Out = DEFAULT_OUT,
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
    log_file: LogFile = None,
    json: TableJson = False,
) -> None:
    """Enhance clips with one model; writes OUT/audio/MODEL/CLIP.wav."""
    from ..clips.pairing import collect
    from ..models.options import with_options
    from ..models.selection import Selection, open_registry, runnable
    from ..pipeline.request import Request
    from .execute import execute_request

    spec = runnable(open_registry(models_file or ()).find(model))
    specs = with_options([spec], resolve.model_settings(option, dry))
    checked_subtype = resolve.subtype(subtype)
    clips = collect(inputs, out=resolve.out_folder(out))
    request = Request(
        out=out,
        clips=clips,
        selection=Selection(specs, {}, is_named=True),
        score_rate=0,
        mono=mono,
        subtype=checked_subtype,
        device=resolve.device(device),
        threads=resolve.threads(threads),
        timeout_s=timeout,
        has_cost=cost,
        resume=resume,
        tables=resolve.tables(clips=clips.clips, models=[spec.name], json=json),
    )
    raise typer.Exit(execute_request(request, log_file=log_file))
