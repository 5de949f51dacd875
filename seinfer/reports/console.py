"""The comparison on the terminal: title, coloured table, footnotes below it, failed clips."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from ..analysis.cautions import Caution
from ..analysis.groups import SNR, has_measured_snr
from ..analysis.licences import is_restrictive
from ..analysis.results import Results
from ..core.records import BASELINE
from .published import published_lines
from .text_table import Cell, TextTable

_MAX_FAILURES_SHOWN = 10
_STYLES = {"": "", "best": "bold", "gain": "green", "loss": "red", "dim": "dim"}


def comparison_table(table: TextTable) -> Table:
    """Return the table for rich, with exactly the width of the text table."""
    shown = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for i, heading in enumerate(table.headings):
        # The cells of a metric have spaces that align their parts already, so these columns are left-aligned.
        shown.add_column(heading, justify="right" if i > len(table.layout.metrics) else "left", no_wrap=True)
    for row in table.rows:
        shown.add_row(*(_text(cell) for cell in row))
    return shown


def _text(cell: Cell) -> Text:
    lines = [Text.assemble(*((text, _STYLES[role]) for text, role in line)) for line in cell]
    return Text("\n").join(lines)


def title(results: Results) -> str:
    """Return one line: number of clips, how many have a reference, and the sample rate of scoring."""
    n_scored = sum(bool(clip.clean_path) for clip in results.clips)
    rate = results.header.get("settings", {}).get("score_sample_rate", "")
    at = f"{rate} Hz" if rate != "native" else "the sample rate of each clip"
    scored = f", {n_scored} with a clean reference, scored at {at}" if results.metrics else ""
    return f"{len(results.clips)} clips{scored}"


def not_run(header: Mapping[str, Any]) -> dict[str, str]:
    """Return model -> why it did not run."""
    return {name: facts["not_run"] for name, facts in header.get("models", {}).items() if facts.get("not_run")}


def footnotes(results: Results, table: TextTable, warnings: list[Caution]) -> Iterator[str]:
    """Yield the lines below the table: how to read it, hidden columns, models not run, warnings, licences, metrics."""
    if results.metrics:
        yield from _legend(results, table)
    yield from published_lines(results, table.layout.metrics)
    if table.layout.hidden:
        yield f"hidden: terminal too narrow for {', '.join(table.layout.hidden)} (--format csv prints everything)"
    for model, reason in not_run(results.header).items():
        yield f"not run: {model}: {reason}"
    for caution in warnings:
        yield f"warning: {caution.message}"
    if SNR in results.settings.by and has_measured_snr(results):
        yield "note: clips whose data set gives no snr_db are grouped by the SI-SDR of the noisy clip"
    for note in results.header.get("notes", ()):
        yield f"note: {note}"
    for model in results.models:
        facts = results.header["models"][model]
        if is_restrictive(facts["license_weights"]):
            yield f"licence: {model}: weights {facts['license_weights']}, code {facts['license_code']}"
    implementations = results.header.get("metrics", {})
    for metric in table.layout.metrics:
        yield f"metric: {metric}: {implementations[metric]}"


def _legend(results: Results, table: TextTable) -> Iterator[str]:
    """Yield how to read the numbers of a metric."""
    other = results.settings.baseline or BASELINE
    texts = [text for row in table.rows for cell in row for line in cell for text, _ in line]
    place = "below it" if table.layout.is_stacked else "next to it"
    change = f"; {place} the improvement over {other}" if other in results.models and len(results.models) > 1 else ""
    half = " ± 95 % CI half-width" if change and any("±" in text for text in texts) else ""
    yield f"mean over the clips that have a score for every model{change}{half}"
    if any(model.tie_band for comparison in results.comparisons.values() for model in comparison.models):
        yield (
            "models that share a letter cannot be told apart: no significant difference (5 % error over all pairs, "
            "paired by clip)"
        )
    elif len(results.models) > 1:
        yield "fewer than 6 clips have a score for every model: too few to tell any two models apart"


def failures(results: Results) -> Iterator[str]:
    """Yield one line for each of the first failed clips, and one line with the number of the others."""
    failed = [row for row in results.by_clip if not row.is_ok]
    for row in failed[:_MAX_FAILURES_SHOWN]:
        yield f"failed: {row.clip.clip_id} ({row.model}): {row.error}"
    if len(failed) > _MAX_FAILURES_SHOWN:
        yield f"failed: {len(failed) - _MAX_FAILURES_SHOWN} more, see per_clip.csv"
