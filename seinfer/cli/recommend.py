"""`seinfer recommend`: which of the compared models to use."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def recommend(
    run_folder: Annotated[Path, typer.Argument(metavar="RUN_DIR", help="Folder that compare or score wrote.")],
    metric: Annotated[
        str, typer.Option("--metric", help="What quality is judged by, separated by commas; else pesq_wb,stoi.")
    ] = "",
    max_rtf: Annotated[float | None, typer.Option("--max-rtf", min=0.0, help="As measured in the run.")] = None,
    max_mib: Annotated[float | None, typer.Option("--max-mib", min=0.0, help="Resident memory of a worker.")] = None,
    max_latency_ms: Annotated[
        float | None, typer.Option("--max-latency-ms", min=0.0, help="Algorithmic latency.")
    ] = None,
    causal: Annotated[bool, typer.Option("--causal", help="Only models that run as sound comes in.")] = False,
    licence: Annotated[
        str, typer.Option("--licence", help="any, or commercial: licences stated and not non-commercial.")
    ] = "any",
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Say which model to use: quality against time, memory and size, and what the clips cannot tell."""
    from ..analysis.recommend import Needs
    from .recommend_command import recommend_command

    metrics = tuple(name.strip() for name in metric.split(",") if name.strip())
    needs = Needs(metrics, max_rtf, max_mib, licence, causal, max_latency_ms)
    raise typer.Exit(recommend_command(run_folder, needs, as_json=json))
