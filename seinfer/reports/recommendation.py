"""The recommendation of `seinfer recommend` on the terminal: the model, the reasons, a table and notes, or JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from itertools import groupby

from rich.box import SIMPLE_HEAD
from rich.table import Table

from ..analysis.candidates import Candidate
from ..analysis.cautions import Caution
from ..analysis.recommend import Advice
from ..analysis.verdicts import BETTER, EQUAL, WORSE, Verdict
from ..core.escape import as_json, visible
from ..core.numbers import fixed
from ..core.records import BASELINE
from .terminal import console
from .text_table import digits

_FIRM = (BETTER, WORSE)
_MAX_COMPARED = 5


def recommendation_json(advice: Advice, warnings: Sequence[Caution]) -> str:
    """Return the recommendation as a JSON document; its keys are the field names of `Advice`, and "warnings"."""
    document = {**asdict(advice), "warnings": [asdict(caution) for caution in warnings]}
    return as_json(document)


def print_recommendation(advice: Advice, warnings: Sequence[Caution], licences: Iterable[str] = ()) -> None:
    """Print what the clips show in the first line, then the model, the reasons, a table and notes.

    Args:
        advice: the recommendation.
        warnings: of the run.
        licences: lines about the licences of the models worth considering.
    """
    out = console()
    if advice.unfinished:
        out.print(advice.unfinished, markup=False, soft_wrap=True)
    out.print(advice.headline, style="bold", markup=False, soft_wrap=True)
    for line in reason_lines(advice):
        out.print(line, markup=False, soft_wrap=True)
    if any(candidate.is_on_front for candidate in advice.candidates):
        out.print()
        out.print(_table(advice))
    out.print()
    for line in (*doubt_lines(advice), *licences, *(f"warning: {caution.message}" for caution in warnings)):
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
        yield fixed(candidate.means[metric], digits(metric))
    yield f"{costs['rtf']:.3f}" if "rtf" in costs else ""
    yield f"{costs['peak_rss_mib']:.0f}" if "peak_rss_mib" in costs else ""
    yield f"{costs['weights_bytes'] / 1e6:.1f}" if "weights_bytes" in costs else ""


def reason_lines(advice: Advice) -> Iterator[str]:
    """Yield the recommended model, and the reasons for it."""
    if advice.pick:
        is_certain = advice.is_proven or advice.pick == BASELINE
        yield f"{'recommended' if is_certain else 'best so far'}: {advice.pick}"
    yield from advice.reasons


def doubt_lines(advice: Advice) -> Iterator[str]:
    """Yield how quality is defined, which models are not candidates and why, and what the clips do not show."""
    yield (
        "quality: share of the largest improvement (0: unprocessed, 1: best seen), mean of "
        f"{', '.join(advice.needs.metrics)}; worth considering: no other model is as good in the same or less time"
    )
    worse = [c for c in advice.candidates if not c.ruled_out and c.quality is not None and c.quality <= 0]
    if worse:
        parts = (f"{c.model} ({fixed(c.quality or 0.0, 2, is_signed=True)})" for c in worse)
        yield f"no better than unprocessed: {', '.join(parts)}"
    for candidate in advice.candidates:
        if candidate.ruled_out:
            yield f"excluded: {candidate.model}: {'; '.join(candidate.ruled_out)}"
    able = [candidate for candidate in advice.candidates if not candidate.ruled_out]
    better = [c.model for c in able if (c.quality or 0.0) > 0 and c.model != advice.pick]
    considered = {BASELINE, *better[:_MAX_COMPARED]}
    shown = [verdict for verdict in advice.verdicts if verdict.other in considered and verdict.verdict not in _FIRM]
    for (other, text), group in groupby(shown, key=lambda verdict: (verdict.other, verdict.verdict)):
        yield f"{text}: {advice.pick} against {other} in {'; '.join(_difference(verdict) for verdict in group)}"


def _difference(verdict: Verdict) -> str:
    """Return metric, mean difference, its interval, and the number of further clips that would be needed."""
    interval, n_digits = verdict.difference, digits(verdict.metric)
    low, high = interval.low, interval.high
    bounds = ""
    if low is not None and high is not None:
        shown = (fixed(bound, n_digits, is_signed=True) for bound in (low, high))
        bounds = f", simultaneous 95 % interval {' to '.join(shown)}"
    more = f": about {verdict.n_more} more clips" if verdict.n_more is not None else ": over 100,000 more clips"
    mean = fixed(interval.mean, n_digits, is_signed=True)
    return f"{verdict.metric} ({mean}{bounds}{more if verdict.verdict != EQUAL else ''})"
