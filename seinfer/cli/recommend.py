"""`seinfer recommend`: which of the compared models to use, as text and table, or as JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..core.exit_codes import PARTLY_FAILED
from ..core.streams import print_lines, print_message
from . import completion
from .options import Config, Json
from .resolve import min_differences


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
        float | None,
        typer.Option(
            "--max-rtf",
            min=0.0,
            help="Largest real-time factor (processing time / audio duration), as measured on this machine.",
        ),
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
    min_difference: Annotated[
        str,
        typer.Option(
            "--min-difference",
            metavar="METRIC=VALUE,…",
            help="Smallest difference of means that matters; by default 0.5 dB, 0.1 MOS, and 0.01 for STOI and ESTOI.",
        ),
    ] = "",
    json: Json = False,
    config: Config = None,
) -> None:
    """Say which model to use, how sure that is, and what faster models lose."""
    from ..analysis.candidates import Needs
    from ..analysis.cautions import cautions
    from ..analysis.failed_run import why_everything_failed
    from ..analysis.licences import licence_lines
    from ..analysis.recommend import advise
    from ..metrics.spelling import as_known
    from ..pipeline.journal import read_journal
    from ..reports.recommendation import print_recommendation, recommendation_json

    results = read_journal(run_folder).results()
    metrics = as_known((name.strip() for name in metric.split(",") if name.strip()), results.metrics)
    differences = min_differences(min_difference, results.metrics)
    advice = advise(results, Needs(metrics, max_rtf, max_mib, licence, causal, max_latency_ms, differences))
    warnings = cautions(results)
    why_failed = why_everything_failed(results)
    if json:
        print_lines(f"{recommendation_json(advice, warnings)}\n")
    elif not why_failed:
        considered = [candidate.model for candidate in advice.candidates if candidate.is_on_front]
        print_recommendation(advice, warnings, licence_lines(results, considered))
    if why_failed:
        print_message(f"seinfer: {why_failed}; see {run_folder / 'failures.csv'}")
        raise typer.Exit(PARTLY_FAILED)
