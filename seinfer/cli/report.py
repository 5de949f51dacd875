"""`seinfer report`: rebuild the tables of a run folder; needs no model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from ..core.streams import print_message
from . import completion, resolve
from .options import (
    AllRows,
    Baseline,
    By,
    CategoriesCsv,
    CategoryRegex,
    Config,
    DnsmosCsv,
    EmbedLimit,
    Format,
    Html,
    Sort,
    TableJson,
    Verbose,
)


def report(
    run_folder: Annotated[Path, typer.Argument(metavar="RUN_DIR", help="Folder that run, compare or score wrote.")],
    category_regex: CategoryRegex = "",
    categories: CategoriesCsv = None,
    metrics: Annotated[
        str,
        typer.Option(
            "--metrics",
            autocompletion=completion.metric_names,
            help="Metrics to print, separated by commas; by default all.",
        ),
    ] = "",
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
    """Rebuild the tables of a run folder; needs no model. Options that are not given keep the values of the run."""
    from ..clips.pairing import CategoryRules
    from ..clips.pairing.categories import apply_category_rules
    from ..pipeline.journal import read_journal
    from ..pipeline.remote_out import open_run
    from ..reports.html.report import REPORT_HTML
    from ..reports.rendering import render
    from ..reports.run_files import write_reports
    from .execute import exit_code

    place = open_run(run_folder, with_audio=bool(html))
    journal = read_journal(place.path)
    results = journal.results(apply_category_rules(journal.clips, CategoryRules(category_regex, categories)))
    settings = resolve.tables(
        clips=results.clips,
        models=results.models,
        format=format_,
        json=json,
        sort=sort,
        all_rows=all_rows,
        verbose=verbose,
        metrics=metrics,
        baseline=baseline,
        by=by,
        dnsmos_csv=dnsmos_csv,
        html=html,
        embed_limit_mb=embed_limit,
        kept=results.settings,
    )
    results = replace(results, header={**results.header, "report": settings.as_header()})
    write_reports(place.path, results)
    if place.remote:
        place.remote.write()
    render(results, settings)
    if settings.html:
        print_message(f"page: {place.path / REPORT_HTML}")
    raise typer.Exit(exit_code(results))
