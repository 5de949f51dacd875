"""`seinfer score`: score files that any program made. It is a run without models; each folder is one row."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from ..core.errors import UsageError
from . import resolve
from .config import file_options
from .options import (
    Address,
    Baseline,
    By,
    Config,
    DnsmosCsv,
    EmbedLimit,
    Engine,
    Force,
    Format,
    Html,
    Limit,
    Metrics,
    ScoreCache,
    ScoreRate,
    Shard,
    Sort,
    TableJson,
    Threads,
    Verbose,
)


def score(
    context: typer.Context,
    folders: Annotated[
        list[Path], typer.Argument(metavar="ENHANCED_DIR...", help="Folders of enhanced files; each is one row.")
    ],
    clean: Annotated[Path, typer.Option("--clean", help="Folder of the clean files.")],
    noisy: Annotated[
        Path | None,
        typer.Option("--noisy", help="Folder of the noisy files: the baseline, paired with the clean files."),
    ] = None,
    limit: Limit = None,
    shard: Shard = "",
    metrics: Metrics = "auto",
    score_rate: ScoreRate = "16000",
    score_cache: ScoreCache = True,
    out: Annotated[
        Path | None, typer.Option("--out", help="Run folder for the CSV files; without it the table is only printed.")
    ] = None,
    force: Force = False,
    threads: Threads = None,
    engine: Engine = "local",
    address: Address = "auto",
    baseline: Baseline = None,
    by: By = None,
    sort: Sort = "",
    dnsmos_csv: DnsmosCsv = None,
    html: Html = None,
    embed_limit: EmbedLimit = None,
    verbose: Verbose = False,
    format_: Format = "table",
    json: TableJson = False,
    config: Config = None,
) -> None:
    """Score files that any program made; a folder called noisy is the baseline."""
    from ..analysis.ordering import check_sort
    from ..models.selection import Selection
    from ..pipeline.inputs import find_scored
    from ..pipeline.remote_out import RunPlace
    from ..pipeline.request import Request
    from ..pipeline.shards import parse_shard
    from .execute import execute_request

    if html and not out:
        raise UsageError("--html writes report.html into the run folder, and there is none; give --out DIR too")
    part = parse_shard(shard)
    if part and not out:
        raise UsageError("--shard writes a run folder for `seinfer merge`, and there is none; give --out DIR too")
    with TemporaryDirectory(prefix="seinfer-score-") as scratch:
        place = resolve.out_place(out, force=force) if out else RunPlace(Path(scratch))
        inputs = find_scored(folders, out=place.path, clean=clean, noisy=noisy, limit=limit)
        chosen = resolve.metrics(metrics, inputs.clips)
        check_sort(sort, chosen.names)
        request = Request(
            out=place.path,
            remote=inputs.remote,
            remote_out=place.remote,
            clips=inputs.clips,
            selection=Selection((), {}, is_named=True),
            external=inputs.external,
            metrics=chosen,
            score_rate=resolve.sample_rate("--score-rate", score_rate),
            score_cache=score_cache,
            threads=resolve.threads(threads),
            tables=resolve.tables(
                clips=inputs.clips.clips,
                models=[row.name for row in inputs.external],
                format=format_,
                json=json,
                sort=sort,
                verbose=verbose,
                baseline=baseline,
                by=by,
                dnsmos_csv=dnsmos_csv,
                html=html,
                embed_limit_mb=embed_limit,
            ),
            limit=limit,
            shard=part,
            ray=resolve.ray(engine, address),
            config=file_options(context),
        )
        raise typer.Exit(execute_request(request, is_out_kept=out is not None))
