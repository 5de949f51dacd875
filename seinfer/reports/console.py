"""The table on the terminal: a row a model, a mark on what is best beyond chance, and what to know beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from ..metrics.table import load_table
from .leaderboard import Figure, Standing
from .results import Results

_MAX_FAILURES_SHOWN = 10
# Columns that the table takes beside the metrics, and each metric with its improvement in the same line.
_NARROW, _METRIC_WIDTH = 40, 15


def comparison_table(results: Results, standings: Sequence[Standing], width: int) -> Table:
    """Return the comparison: metrics with improvement over noisy, n, rtf.

    Where `width` columns are too few for value and improvement side by side, the improvement goes below.
    """
    metrics = [metric for metric in results.metrics if any(metric in s.figures for s in standings)]
    between = " " if width >= _NARROW + _METRIC_WIDTH * len(metrics) else "\n"
    table = Table(box=SIMPLE_HEAD, collapse_padding=True)
    table.add_column("model", overflow="fold")  # figures are never cut; where room is short, a long name is folded
    for metric in metrics:
        table.add_column(_heading(metric, between), justify="right", no_wrap=True)
    for heading in ("n", "rtf"):
        table.add_column(heading, justify="right", no_wrap=True)
    for standing in standings:
        cells = [_figure(metric, standing.figures.get(metric), between) for metric in metrics]
        rtf = f"{standing.rtf:.3f}" if standing.rtf is not None else ""
        n_clips = standing.n_ok + standing.n_failed
        n = f"{standing.n_ok}/{n_clips}" if standing.n_failed else str(n_clips)
        table.add_row(standing.model, *cells, n, rtf)
    for model in not_run(results.header):
        table.add_row(Text(model, style="dim"), Text("not run", style="dim"))
    return table


def title(results: Results) -> str:
    """Return the line above the table: how many clips, and how they were scored."""
    n_scored = sum(bool(clip.clean_path) for clip in results.clips)
    rate = results.header.get("settings", {}).get("score_sample_rate", "")
    scored = f", {n_scored} with a clean reference, scored at {rate} Hz" if results.metrics else ""
    return f"{len(results.clips)} clips{scored}"


def _heading(metric: str, between: str) -> str:
    unit = load_table().metrics[metric].unit
    label = metric.replace("_", "-").upper()
    return f"{label}{between}{unit}" if unit == "dB" else label


def _figure(metric: str, figure: Figure | None, between: str) -> Text:
    if figure is None:
        return Text("-", style="dim")
    digits = 2 if load_table().metrics[metric].unit == "dB" else 3
    text = Text(f"{figure.summary.interval.mean:.{digits}f}", style="bold" if figure.is_best else "")
    text.append("*" if figure.is_best else " ")
    if figure.delta is not None:
        colour = "green" if figure.delta.mean >= 0 else "red"
        text.append(f"{between}{figure.delta.mean:+.{digits}f}{'' if between == ' ' else ' '}", style=colour)
    return text


def not_run(header: Mapping[str, Any]) -> dict[str, str]:
    """Return the models that did not run, with the reason."""
    return {name: facts["not_run"] for name, facts in header.get("models", {}).items() if facts.get("not_run")}


def footnotes(results: Results) -> Iterator[str]:
    """Yield what to know beside the table: how to read it, models not run, licences, how figures were made."""
    if results.metrics:
        yield "mean and improvement over noisy, on the clips that every model has"
        yield "* best beyond the 95 % confidence interval of the paired difference to every other model"
    for model, reason in not_run(results.header).items():
        yield f"not run: {model}: {reason}"
    for note in results.header.get("notes", ()):
        yield f"note: {note}"
    for model in results.models:
        facts = results.header["models"][model]
        if is_restrictive(facts["license_weights"]):
            yield f"licence: {model}: weights {facts['license_weights']}, code {facts['license_code']}"
    for metric, implementation in results.header.get("metrics", {}).items():
        yield f"metric: {metric}: {implementation}"


def is_restrictive(licence: str) -> bool:
    """Say whether a licence keeps people from something they may want to do."""
    return "NC" in licence or licence == "none stated"


def failures(results: Results) -> Iterator[str]:
    """Yield one line for each of the first clips that failed, and one for the rest."""
    failed = [row for row in results.by_clip if not row.is_ok]
    for row in failed[:_MAX_FAILURES_SHOWN]:
        yield f"failed: {row.clip.clip_id} ({row.model}): {row.error}"
    if len(failed) > _MAX_FAILURES_SHOWN:
        yield f"failed: {len(failed) - _MAX_FAILURES_SHOWN} more, see per_clip.csv"
