"""The comparison on the terminal: the grid in colour, and what to know beside it."""

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
from .text_table import Cell, Grid

_MAX_FAILURES_SHOWN = 10
_STYLES = {"": "", "best": "bold", "gain": "green", "loss": "red", "dim": "dim"}


def comparison_table(grid: Grid) -> Table:
    """Return the grid as a table of exactly its width."""
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for i, heading in enumerate(grid.headings):
        # Cells of metrics are padded to one width: the mean stands left, below it or beside it what belongs to it.
        table.add_column(heading, justify="right" if i > len(grid.layout.metrics) else "left", no_wrap=True)
    for row in grid.rows:
        table.add_row(*(_text(cell) for cell in row))
    return table


def _text(cell: Cell) -> Text:
    lines = [Text.assemble(*((text, _STYLES[role]) for text, role in line)) for line in cell]
    return Text("\n").join(lines)


def title(results: Results) -> str:
    """Say in a line what was compared."""
    n_scored = sum(bool(clip.clean_path) for clip in results.clips)
    rate = results.header.get("settings", {}).get("score_sample_rate", "")
    at = f"{rate} Hz" if rate != "native" else "their own rates"
    scored = f", {n_scored} with a clean reference, scored at {at}" if results.metrics else ""
    return f"{len(results.clips)} clips{scored}"


def not_run(header: Mapping[str, Any]) -> dict[str, str]:
    """Return the models that did not run, with the reason."""
    return {name: facts["not_run"] for name, facts in header.get("models", {}).items() if facts.get("not_run")}


def footnotes(results: Results, grid: Grid, warnings: list[Caution]) -> Iterator[str]:
    """Yield what to know beside the table: how to read it, what misleads, what did not run, licences, metrics."""
    if results.metrics:
        yield from _legend(results, grid)
    if grid.layout.left_out:
        yield f"left out for want of width: {', '.join(grid.layout.left_out)} (all of it: --format csv)"
    for model, reason in not_run(results.header).items():
        yield f"not run: {model}: {reason}"
    for caution in warnings:
        yield f"warning: {caution.message}"
    if SNR in results.settings.by and has_measured_snr(results):
        yield "note: where the data set states no snr_db, clips are grouped by the SI-SDR of the noisy clip"
    for note in results.header.get("notes", ()):
        yield f"note: {note}"
    for model in results.models:
        facts = results.header["models"][model]
        if is_restrictive(facts["license_weights"]):
            yield f"licence: {model}: weights {facts['license_weights']}, code {facts['license_code']}"
    implementations = results.header.get("metrics", {})
    for metric in grid.layout.metrics:
        yield f"metric: {metric}: {implementations[metric]}"


def _legend(results: Results, grid: Grid) -> Iterator[str]:
    other = results.settings.baseline or BASELINE
    texts = [text for row in grid.rows for cell in row for line in cell for text, _ in line]
    where = "below it" if grid.layout.is_stacked else "beside it"
    change = f", {where} the improvement over {other}" if other in results.models and len(results.models) > 1 else ""
    half = ", ± half of its 95 % interval" if change and any("±" in text for text in texts) else ""
    yield f"mean on the clips that every model has{change}{half}"
    if any(model.tie_band for found in results.comparisons.values() for model in found.models):
        yield "models that share a letter cannot be told apart (5 % error over all pairs, paired by clip)"
    elif len(results.models) > 1:
        yield "fewer than 6 clips in common: no two models can be told apart"


def failures(results: Results) -> Iterator[str]:
    """Yield one line for each of the first clips that failed, and one for the rest."""
    failed = [row for row in results.by_clip if not row.is_ok]
    for row in failed[:_MAX_FAILURES_SHOWN]:
        yield f"failed: {row.clip.clip_id} ({row.model}): {row.error}"
    if len(failed) > _MAX_FAILURES_SHOWN:
        yield f"failed: {len(failed) - _MAX_FAILURES_SHOWN} more, see per_clip.csv"
