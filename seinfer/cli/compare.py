"""`seinfer compare`: enhance clips with several models, score them and compare them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from . import resolve
from .options import (
    DEFAULT_OUT,
    AllRows,
    Baseline,
    By,
    CategoriesCsv,
    CategoryRegex,
    Clean,
    Device,
    DnsmosCsv,
    Dry,
    Format,
    LogFile,
    Manifest,
    Metrics,
    ModelsFile,
    Mono,
    Option,
    Out,
    Resume,
    ScoreCache,
    ScoreRate,
    Sort,
    Subtype,
    TableJson,
    Threads,
    Timeout,
    Verbose,
)


def compare(
    folder: Annotated[
        Path, typer.Argument(metavar="[DIR]", help="Folder of clips; noisy/ and clean/ inside it are paired.")
    ] = Path(),
    models: Annotated[str, typer.Option("--models", help="all, or names separated by commas.")] = "all",
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
    metrics: Metrics = "auto",
    score_rate: ScoreRate = "16000",
    score_cache: ScoreCache = True,
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
    jobs: Annotated[
        int, typer.Option("--jobs", min=1, help="Models to run at the same time, within cores and memory.")
    ] = 1,
    log_file: LogFile = None,
    baseline: Baseline = None,
    by: By = None,
    sort: Sort = "",
    dnsmos_csv: DnsmosCsv = None,
    all_rows: AllRows = False,
    verbose: Verbose = False,
    format_: Format = "table",
    json: TableJson = False,
) -> None:
    """Enhance clips with several models, score them and compare them."""
    from ..analysis.ordering import check_sort
    from ..clips.external import open_folder, parse_added
    from ..clips.pairing import CategoryRules, collect
    from ..models.options import with_options
    from ..models.selection import open_registry, select
    from ..pipeline.request import Request
    from .execute import execute_request

    registry = open_registry(models_file or ())
    added = parse_added(add or (), registry.names())
    selection = select(registry, models)
    selection = replace(selection, specs=with_options(selection.specs, resolve.model_settings(option, dry)))
    checked_subtype = resolve.subtype(subtype)
    clips = collect(
        [folder],
        clean=clean,
        manifest=manifest,
        out=resolve.out_folder(out),
        exclude=_not_inputs(added.values(), folder),
        categories=CategoryRules(category_regex, categories),
    )
    chosen = resolve.metrics(metrics, clips)
    check_sort(sort, chosen.names)
    clip_ids = {clip.clip_id for clip in clips.clips}
    n_threads = resolve.threads(threads)
    request = Request(
        out=out,
        clips=clips,
        selection=selection,
        external=tuple(open_folder(name, path, clip_ids, [out]) for name, path in added.items()),
        metrics=chosen,
        score_rate=resolve.sample_rate("--score-rate", score_rate),
        score_cache=score_cache,
        mono=mono,
        subtype=checked_subtype,
        device=resolve.device(device),
        threads=n_threads,
        jobs=resolve.jobs(jobs, len(selection.specs), n_threads),
        timeout_s=timeout,
        resume=resume,
        tables=resolve.tables(
            clips=clips.clips,
            models=[*(spec.name for spec in selection.specs), *added],
            format=format_,
            json=json,
            sort=sort,
            all_rows=all_rows,
            verbose=verbose,
            baseline=baseline,
            by=by,
            dnsmos_csv=dnsmos_csv,
        ),
    )
    raise typer.Exit(execute_request(request, log_file=log_file))


def _not_inputs(added: Iterable[Path], folder: Path) -> list[Path]:
    """Return the folders of --add that must not be searched for clips.

    The input folder itself, and its noisy or clean tree, may be added too and is still searched.
    """
    from ..clips.pairing.trees import tree_role

    others = [path for path in added if path.resolve() != folder.resolve()]
    return [path for path in others if not tree_role(f"{path.resolve().name}/x")[0]]
