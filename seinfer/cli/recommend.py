"""`seinfer recommend`: which of the compared models to use, as text and table, or as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .options import Json

if TYPE_CHECKING:
    from rich.table import Table

    from ..analysis.cautions import Caution
    from ..analysis.recommend import Advice, Candidate, Doubt


def recommend(
    run_folder: Annotated[Path, typer.Argument(metavar="RUN_DIR", help="Folder that compare or score wrote.")],
    metric: Annotated[
        str, typer.Option("--metric", help="Metrics that define quality, separated by commas; by default pesq_wb,stoi.")
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
        str, typer.Option("--licence", help="any, or commercial: licences that are stated and allow commercial use.")
    ] = "any",
    json: Json = False,
) -> None:
    """Say which model to use: quality against time, memory and size, and what the clips cannot show."""
    from json import dumps

    from ..analysis.cautions import cautions
    from ..analysis.recommend import Needs, advise
    from ..pipeline.journal import read_journal

    metrics = tuple(name.strip() for name in metric.split(",") if name.strip())
    results = read_journal(run_folder).results()
    advice = advise(results, Needs(metrics, max_rtf, max_mib, licence, causal, max_latency_ms))
    warnings = cautions(results)
    if json:
        document = {**asdict(advice), "warnings": [asdict(caution) for caution in warnings]}
        print(dumps(document, indent=2, allow_nan=False))
    else:
        _print_advice(advice, warnings)


def _print_advice(advice: Advice, warnings: list[Caution]) -> None:
    from rich.text import Text

    from ..reports.terminal import console

    out = console()
    out.print(Text(advice.pick or "no model", style="bold"))
    for line in advice.reasons:
        out.print(line, markup=False, soft_wrap=True)
    out.print()
    out.print(_table(advice))
    out.print()
    for line in (*_notes(advice), *(f"warning: {caution.message}" for caution in warnings)):
        out.print(line, markup=False, soft_wrap=True)


def _table(advice: Advice) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("worth considering", overflow="fold")
    for heading in ("quality", *(metric.replace("_", "-").upper() for metric in advice.needs.metrics)):
        table.add_column(heading, justify="right", no_wrap=True)
    for heading in ("rtf", "memory\nMiB", "size\nMB"):
        table.add_column(heading, justify="right", no_wrap=True)
    for candidate in advice.candidates:
        if candidate.is_on_front:
            table.add_row(*_cells(candidate, advice), style="bold" if candidate.model == advice.pick else "")
    return table


def _cells(candidate: Candidate, advice: Advice) -> Iterator[str]:
    from ..reports.grid import digits

    costs = candidate.costs
    yield candidate.model
    yield f"{candidate.quality:.2f}" if candidate.quality is not None else ""
    for metric in advice.needs.metrics:
        yield f"{candidate.means[metric]:.{digits(metric)}f}"
    yield f"{costs['rtf']:.3f}" if "rtf" in costs else ""
    yield f"{costs['peak_rss_mib']:.0f}" if "peak_rss_mib" in costs else ""
    yield f"{costs['weights_bytes'] / 1e6:.1f}" if "weights_bytes" in costs else ""


def _notes(advice: Advice) -> Iterator[str]:
    yield (
        "worth considering: no other model is at least as good and costs at most as much; quality: share of the "
        f"largest improvement over noisy, mean of {', '.join(advice.needs.metrics)}"
    )
    for candidate in advice.candidates:
        if candidate.ruled_out:
            yield f"excluded: {candidate.model}: {'; '.join(candidate.ruled_out)}"
    for other, doubts in groupby(advice.doubts, key=lambda doubt: doubt.other):
        parts = list(doubts)
        details = "; ".join(_doubt(doubt) for doubt in parts)
        yield f"undecided: {parts[0].n} clip(s) cannot tell {advice.pick} from {other} in {details}"


def _doubt(doubt: Doubt) -> str:
    from ..reports.grid import digits

    found, n_digits = doubt.difference, digits(doubt.metric)
    bounds = "" if found.low is None else f", 95 % interval {found.low:+.{n_digits}f} to {found.high:+.{n_digits}f}"
    if doubt.n_more is not None:
        more = f"about {doubt.n_more} more clips would, if the difference is as large as it seems"
    elif doubt.n < 2:
        more = "one clip says nothing about chance"
    else:
        more = "no reasonable number of clips would: they seem equal"
    return f"{doubt.metric} ({found.mean:+.{n_digits}f}{bounds}: {more})"
