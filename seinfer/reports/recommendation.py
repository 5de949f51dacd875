"""The recommendation of `seinfer recommend` on the terminal: the model, the reasons, a table and notes, or JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from itertools import groupby

from rich.box import SIMPLE_HEAD
from rich.table import Table

from ..analysis.candidates import Candidate
from ..analysis.cautions import Caution
from ..analysis.recommend import Advice, UndecidedPair
from ..core.counts import counted, verb
from ..core.escape import as_json, visible
from .terminal import console
from .text_table import digits


def recommendation_json(advice: Advice, warnings: Sequence[Caution]) -> str:
    """Return the recommendation as a JSON document; its keys are the field names of `Advice`, and "warnings"."""
    document = {**asdict(advice), "warnings": [asdict(caution) for caution in warnings]}
    return as_json(document)


def print_recommendation(advice: Advice, warnings: Sequence[Caution], licences: Iterable[str] = ()) -> None:
    """Print the recommended model in the first line, then the reasons, the models worth considering, and notes.

    Args:
        advice: the recommendation.
        warnings: of the run.
        licences: lines about the licences of the models worth considering.
    """
    out = console()
    out.print(advice.pick or "no model", style="bold", soft_wrap=True)
    for line in advice.reasons:
        out.print(line, markup=False, soft_wrap=True)
    out.print()
    out.print(_table(advice))
    out.print()
    for line in (*_notes(advice), *licences, *(f"warning: {caution.message}" for caution in warnings)):
        out.print(line, markup=False, soft_wrap=True)


def _table(advice: Advice) -> Table:
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
    costs = candidate.costs
    yield visible(candidate.model)
    yield f"{candidate.quality:.2f}" if candidate.quality is not None else ""
    for metric in advice.needs.metrics:
        yield f"{candidate.means[metric]:.{digits(metric)}f}"
    yield f"{costs['rtf']:.3f}" if "rtf" in costs else ""
    yield f"{costs['peak_rss_mib']:.0f}" if "peak_rss_mib" in costs else ""
    yield f"{costs['weights_bytes'] / 1e6:.1f}" if "weights_bytes" in costs else ""


def _notes(advice: Advice) -> Iterator[str]:
    yield (
        "worth considering: no other model has at least the same quality at the same or lower rtf, memory and size; "
        f"quality: share of the largest improvement over noisy, mean of {', '.join(advice.needs.metrics)}"
    )
    for candidate in advice.candidates:
        if candidate.ruled_out:
            yield f"excluded: {candidate.model}: {'; '.join(candidate.ruled_out)}"
    for other, group in groupby(advice.doubts, key=lambda pair: pair.other):
        pairs = list(group)
        yield (
            f"undecided: {counted(pairs[0].n, 'clip')} {verb(pairs[0].n, 'show')} no significant difference of "
            f"{advice.pick} minus {other} in {'; '.join(_difference(pair) for pair in pairs)}"
        )


def _difference(pair: UndecidedPair) -> str:
    """Return metric, mean difference, its interval, and the number of further clips that would be needed."""
    interval, n_digits = pair.difference, digits(pair.metric)
    low, high = interval.low, interval.high
    bounds = "" if low is None or high is None else f", 95 % CI {low:+.{n_digits}f} to {high:+.{n_digits}f}"
    if pair.n_more is not None:
        more = f"about {pair.n_more} more clips would be needed if the mean difference stays the same"
    elif pair.n < 2:
        more = "one clip gives no confidence interval"
    else:
        more = "no practical number of clips would be enough: they are equal as far as these clips show"
    return f"{pair.metric} ({interval.mean:+.{n_digits}f}{bounds}: {more})"
