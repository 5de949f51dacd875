"""`seinfer recommend`: which of the compared models to use, as text and table, or as JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..core.streams import print_lines
from . import completion
from .options import Config, Json


def recommend(
    run_folder: Annotated[Path, typer.Argument(metavar="RUN_DIR", help="Folder that compare or score wrote.")],
    metric: Annotated[
        str,
        typer.Option(
            "--metric",
            autocompletion=completion.metric_names,
            help="Metrics that define quality, separated by commas; by default pesq_wb,stoi.",
        ),
    ] = "",
    max_rtf: Annotated[
        float | None, typer.Option("--max-rtf", min=0.0, help="Largest real-time factor, as measured in the run.")
    ] = None,
    max_mib: Annotated[
        float | None, typer.Option("--max-mib", min=0.0, help="Largest resident memory of a worker in MiB.")
    ] = None,
    max_latency_ms: Annotated[
        float | None, typer.Option("--max-latency-ms", min=0.0, help="Largest algorithmic latency in ms.")
    ] = None,
    causal: Annotated[bool, typer.Option("--causal", help="Only causal models.")] = False,
    licence: Annotated[
        str,
        typer.Option(
            "--licence",
            help="any, or commercial: code and weights must allow it; a repository's licence covers its weights.",
        ),
    ] = "any",
    json: Json = False,
    config: Config = None,
) -> None:
    """Say which model to use: quality against time, memory and size, and what the clips cannot show."""
    from ..analysis.candidates import Needs
    from ..analysis.cautions import cautions
    from ..analysis.licences import licence_lines
    from ..analysis.recommend import advise
    from ..metrics.spelling import as_known
    from ..pipeline.journal import read_journal
    from ..reports.recommendation import print_recommendation, recommendation_json

    results = read_journal(run_folder).results()
    metrics = as_known((name.strip() for name in metric.split(",") if name.strip()), results.metrics)
    advice = advise(results, Needs(metrics, max_rtf, max_mib, licence, causal, max_latency_ms))
    warnings = cautions(results)
    if json:
        print_lines(f"{recommendation_json(advice, warnings)}\n")
    else:
        considered = [candidate.model for candidate in advice.candidates if candidate.is_on_front]
        print_recommendation(advice, warnings, licence_lines(results, considered))
