"""The comparison on the terminal: title, coloured table, footnotes below it, failed clips."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from ..analysis.cautions import Caution
from ..analysis.costs import rtf_lines
from ..analysis.groups import SNR, has_measured_snr
from ..analysis.licences import is_remarkable, licence_lines
from ..analysis.results import Results
from ..analysis.settings import TableSettings
from ..core.counts import counted
from ..core.escape import visible
from ..core.records import BASELINE
from ..models.not_run import installable
from ..stats import MIN_CLIPS
from .failed_clips import lost_clip_lines
from .published import published_lines
from .text_table import RTF, Cell, TextTable

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
    lines = [Text.assemble(*((visible(text), _STYLES[role]) for text, role in line)) for line in cell]
    return Text("\n").join(lines)


def title(results: Results) -> str:
    """Return one line: number of clips, how many have a reference, and the sample rate of scoring."""
    n_scored = sum(bool(clip.clean_path) for clip in results.clips)
    rate = results.header.get("settings", {}).get("score_sample_rate", "")
    at = f"{rate} Hz" if rate != "native" else "the sample rate of each clip"
    scored = f", {n_scored} with a clean reference, scored at {at}" if results.metrics else ""
    return f"{counted(len(results.clips), 'clip')}{scored}"


def not_run(header: Mapping[str, Any]) -> dict[str, str]:
    """Return model -> why it did not run."""
    return {name: facts["not_run"] for name, facts in header.get("models", {}).items() if facts.get("not_run")}


def folded_models(header: Mapping[str, Any]) -> list[str]:
    """Return the models that are not installed; they have no row unless --all-rows is given.

    A model that was started and could not be loaded is a failure, and always has its row.
    """
    return [model for model in not_run(header) if model not in header.get("lost_models", {})]


def footnotes(
    results: Results, table: TextTable, warnings: list[Caution], settings: TableSettings | None = None
) -> Iterator[str]:
    """Yield the lines below the table: how to read it, hidden columns, models not run, warnings, notes, method.

    Args:
        results: all rows of the run.
        table: the table above the lines.
        warnings: warnings about the comparison.
        settings: whether models that did not run, and the method, get one line together or one line each.
    """
    settings = settings or TableSettings()
    if results.metrics:
        yield from legend_lines(results, table)
        yield from lost_clip_lines(results, table.layout.metrics)
    if RTF in table.headings:
        yield from rtf_lines(results)
    yield from published_lines(results, table.layout.metrics)
    if table.layout.hidden:
        yield f"hidden: terminal too narrow for {', '.join(table.layout.hidden)} (--format csv prints everything)"
    yield from _models_not_run(results.header, settings)
    for caution in warnings:
        yield f"warning: {caution.message}"
    for note in dict.fromkeys(note_lines(results)):
        yield f"note: {note}"
    yield from _method(results, table.layout.metrics, settings)


def _models_not_run(header: Mapping[str, Any], settings: TableSettings) -> Iterator[str]:
    """Yield one line for all models that a command installs, and one line for each other model."""
    reasons = not_run(header)
    if not settings.all_rows:
        found = installable({model: reasons[model] for model in folded_models(header)})
        if found.models:
            yield f"not run ({len(found.models)}): {found}; --all-rows shows each"
        reasons = {model: reason for model, reason in reasons.items() if model not in found.models}
    for model, reason in reasons.items():
        yield f"not run: {model}: {reason.removeprefix(f'{model}: ')}"


def note_lines(results: Results) -> Iterator[str]:
    """Yield the notes of the run; one may occur twice."""
    if SNR in results.settings.by and has_measured_snr(results):
        yield "clips whose data set gives no snr_db are grouped by the SI-SDR of the noisy clip"
    yield from results.header.get("notes", ())


def _method(results: Results, metrics: Sequence[str], settings: TableSettings) -> Iterator[str]:
    """Yield what computed the metrics, and which licences restrict the use of a model: one line, or one line each."""
    facts = results.header["models"]
    restricted = [model for model in results.models if is_remarkable(facts[model]["license_weights"])]
    implementations = {metric: results.header.get("metrics", {})[metric] for metric in metrics}
    if settings.is_verbose:
        yield from licence_lines(results, results.models)
        for metric, implementation in implementations.items():
            yield f"metric: {metric}: {implementation}"
        return
    # The text of an implementation starts with package and version; the details follow the first comma.
    packages = _grouped({metric: text.partition(",")[0] for metric, text in implementations.items()})
    licences = _grouped({model: facts[model]["license_weights"] for model in restricted})
    parts = [f"{', '.join(names)} by {package}" for package, names in packages.items()]
    parts += [f"weights licence {licence}: {', '.join(names)}" for licence, names in licences.items()]
    if parts:
        yield f"method: {'; '.join(parts)}; --verbose gives the details"


def _grouped(values: Mapping[str, str]) -> dict[str, list[str]]:
    """Return value -> the names that have it."""
    names_of: dict[str, list[str]] = {}
    for name, value in values.items():
        names_of.setdefault(value, []).append(name)
    return names_of


def legend_lines(results: Results, table: TextTable) -> Iterator[str]:
    """Yield how to read the numbers of a metric."""
    other = results.settings.baseline or BASELINE
    texts = [text for row in table.rows for cell in row for line in cell for text, _ in line]
    place = "below it" if table.layout.is_stacked else "next to it"
    change = f"; {place} the improvement over {other}" if other in results.models and len(results.models) > 1 else ""
    half = " ± half-width of its simultaneous 95 % interval" if change and any("±" in text for text in texts) else ""
    yield f"mean over the clips that have a score for every model{change}{half}"
    if any(model.tie_band for comparison in results.comparisons.values() for model in comparison.models):
        yield (
            "models that share a letter cannot be told apart: the interval of their mean difference contains 0 "
            "(paired by clip, simultaneous over all pairs: 5 % error in all)"
        )
    few = [metric for metric in table.layout.metrics if results.comparisons[metric].n_common < MIN_CLIPS]
    if few and len(results.models) > 1:
        yield (
            f"{', '.join(few)}: fewer than {MIN_CLIPS} clips have a score for every model, which decides nothing: no "
            "intervals, no letters"
        )


def failures(results: Results) -> Iterator[str]:
    """Yield one line for each of the first failed clips, with all its models, and one with the number of the others."""
    models_of: dict[tuple[str, str], list[str]] = {}
    for row in results.by_clip:
        if not row.is_ok:
            models_of.setdefault((row.clip.clip_id, row.error), []).append(row.model)
    lines = [
        f"failed: {clip_id} ({'all models' if 1 < len(models) == len(results.models) else ', '.join(models)}): {error}"
        for (clip_id, error), models in models_of.items()
    ]
    yield from lines[:_MAX_FAILURES_SHOWN]
    if len(lines) > _MAX_FAILURES_SHOWN:
        yield f"failed: {counted(len(lines) - _MAX_FAILURES_SHOWN, 'more clip')}, see per_clip.csv"
