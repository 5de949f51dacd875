"""`seinfer recommend`: the advice of a run folder, in words and as a table, or as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from itertools import groupby
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from ..analysis.cautions import cautions
from ..analysis.recommend import Advice, Candidate, Doubt, Needs, advise
from ..pipeline.journal import read_journal
from ..reports.terminal import console
from ..reports.text_table import digits


def recommend_command(run_folder: Path, needs: Needs, *, as_json: bool) -> int:
    """Print which model to use. Returns 0, whatever the advice is.

    Raises:
        RunFolderError: the folder is no run folder.
        UsageError: nothing was scored, or a metric or licence is unknown.
    """
    results = read_journal(run_folder).results()
    advice = advise(results, needs)
    warnings = cautions(results)
    if as_json:
        document = {**asdict(advice), "warnings": [asdict(caution) for caution in warnings]}
        print(json.dumps(document, indent=2, allow_nan=False))
        return 0
    out = console()
    out.print(Text(advice.pick or "no model", style="bold"))
    for line in advice.reasons:
        out.print(line, markup=False, soft_wrap=True)
    out.print()
    out.print(_table(advice))
    out.print()
    for line in (*_notes(advice), *(f"warning: {caution.message}" for caution in warnings)):
        out.print(line, markup=False, soft_wrap=True)
    return 0


def _table(advice: Advice) -> Table:
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("front", overflow="fold")
    for heading in ("quality", *(metric.replace("_", "-").upper() for metric in advice.needs.metrics)):
        table.add_column(heading, justify="right", no_wrap=True)
    for heading in ("rtf", "memory\nMiB", "size\nMB"):
        table.add_column(heading, justify="right", no_wrap=True)
    for candidate in advice.candidates:
        if candidate.is_on_front:
            table.add_row(*_cells(candidate, advice), style="bold" if candidate.model == advice.pick else "")
    return table


def _cells(candidate: Candidate, advice: Advice) -> Iterator[str]:
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
        f"front: no other model is at least as good and at most as costly; quality: share of the largest improvement "
        f"over noisy, mean of {', '.join(advice.needs.metrics)}"
    )
    for candidate in advice.candidates:
        if candidate.ruled_out:
            yield f"ruled out: {candidate.model}: {'; '.join(candidate.ruled_out)}"
    for other, doubts in groupby(advice.doubts, key=lambda doubt: doubt.other):
        parts = list(doubts)
        told = "; ".join(_words(doubt) for doubt in parts)
        yield f"doubt: {parts[0].n} clip(s) cannot tell {advice.pick} from {other} in {told}"


def _words(doubt: Doubt) -> str:
    found, n_digits = doubt.difference, digits(doubt.metric)
    bounds = "" if found.low is None else f", 95 % interval {found.low:+.{n_digits}f} to {found.high:+.{n_digits}f}"
    if doubt.n_more is not None:
        more = f"about {doubt.n_more} more would, if the difference is what it seems"
    elif doubt.n < 2:
        more = "a single clip says nothing about chance"
    else:
        more = "no reasonable number would, for all that can be seen they are equal"
    return f"{doubt.metric} ({found.mean:+.{n_digits}f}{bounds}: {more})"
