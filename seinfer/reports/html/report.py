"""report.html: the results of a run as one page that a person reads, looks at and listens to.

The page shows what the CSV files contain and concludes nothing new: its first sentences are those of `seinfer
recommend`. It has no date and no random number, so the same run gives the same bytes with the same packages.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...analysis.candidates import Needs
from ...analysis.cautions import cautions
from ...analysis.costs import rtf_lines
from ...analysis.failed_run import why_everything_failed
from ...analysis.leaderboard import LeaderboardRow, leaderboard
from ...analysis.ordering import in_order
from ...analysis.recommend import advise
from ...analysis.results import Results
from ...core.counts import counted
from ...core.escape import as_json
from ...core.files import write_text
from ...core.records import BASELINE
from ..console import folded_models, legend_lines, not_run, note_lines, title
from ..failed_clips import lost_clip_lines
from ..failures_csv import FAILURES, failure_rows
from ..figures import FIGURES, Picture, as_svg, draw
from ..group_table import group_tables
from ..published import published_lines
from ..recommendation import doubt_lines, reason_lines
from .clips import clip_browser
from .tables import cost_table, group_table, leaderboard_table, model_table, text_leaderboard, text_table
from .template import render_page

if TYPE_CHECKING:
    from markupsafe import Markup

REPORT_HTML = "report.html"
MAX_FAILURES = 200
"""Failures in the page; failures.csv has all."""
MB = 1_000_000
FILES = {
    "summary.csv": "means, intervals and ranks of each model, metric and group",
    "per_clip.csv": "every score of every clip and model",
    "pairwise.csv": "every pair of models, with its test",
    "clips.csv": "the clips and their categories",
    "costs.csv": "time and memory of each model",
    "failures.csv": "all failures",
    "blind_report.csv": "scores without a reference",
    "dnsmos.csv": "DNSMOS in the form of Microsoft's script",
    "run.json": "versions, machine, settings, digests, warnings",
}
"""File of a run folder -> what it contains."""


@dataclass(frozen=True)
class Summary:
    """What the clips show: the first sentence, the reasons, and what is not shown."""

    headline: str
    reasons: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


def write_html_report(folder: Path, results: Results) -> Path:
    """Write report.html into a run folder, after its other files; the settings of the run say how much it embeds.

    Returns:
        Path of the page.

    Raises:
        MissingExtraError: a package of the extra report is not installed.
        RunFolderError: the file cannot be written.
    """
    path = folder / REPORT_HTML
    rows = in_order(leaderboard(results), results.metrics)
    models = [row.model for row in rows]
    browser = clip_browser(results, models, folder, results.settings.embed_limit_mb * MB)
    values = {**_tables(results, rows), **_methods(results), "browser": browser, "figures": _figures(results)}
    files = {name: text for name, text in FILES.items() if (folder / name).is_file()}
    page = render_page(
        "report.html",
        {**values, "files": files},
        style="report.css",
        script="report.js",
        has_media_files=not browser.is_embedded,
    )
    write_text(path, page)
    return path


def summary_of(results: Results) -> Summary:
    """Return the sentences at the top of the page; never firmer than `seinfer recommend`."""
    if why := why_everything_failed(results):
        return Summary(f"{why}.")
    if not results.metrics:
        return Summary("Nothing was scored: the page shows no ranking.")
    if all(model == BASELINE for model in results.models):
        return Summary("No model ran: the scores are those of the unprocessed audio.")
    advice = advise(results, Needs())
    unfinished = (advice.unfinished,) if advice.unfinished else ()
    return Summary(advice.headline, (*unfinished, *reason_lines(advice)), tuple(doubt_lines(advice)))


def _tables(results: Results, rows: Sequence[LeaderboardRow]) -> dict[str, Any]:
    metrics = results.metrics
    models = [row.model for row in rows]
    text = text_leaderboard(rows, metrics)
    failures = list(failure_rows(results))
    return {
        "title": _title(results),
        "subtitle": title(results),
        "summary": summary_of(results),
        "leaderboard": leaderboard_table(rows, metrics, _lost(results), text),
        "legend": tuple(_legend(results, rows)),
        "groups": [group_table(*one) for one in group_tables(results, models, metrics, results.settings, None)],
        "costs": cost_table(rows, results),
        "cost_lines": tuple(rtf_lines(results)),
        "warnings": [caution.message for caution in cautions(results, models)],
        "notes": tuple(dict.fromkeys(note_lines(results))),
        "failures": text_table(FAILURES, ([row.get(name) for name in FAILURES] for row in failures[:MAX_FAILURES])),
        "n_failures": len(failures),
        "not_run": not_run(results.header),
        "models": model_table(results, models),
    }


def _lost(results: Results) -> list[str]:
    """Return the models that have a row without numbers: started, and could not be loaded."""
    folded = folded_models(results.header)
    return [model for model in not_run(results.header) if model not in folded]


def _title(results: Results) -> str:
    n_models = sum(model != BASELINE for model in results.models)
    return f"Comparison of {counted(n_models, 'model')} on {counted(len(results.clips), 'clip')}"


def _legend(results: Results, rows: Sequence[LeaderboardRow]) -> Iterator[str]:
    if results.metrics:
        yield from legend_lines(results, text_leaderboard(rows, results.metrics))
        yield from lost_clip_lines(results, results.metrics)
    yield from published_lines(results, results.metrics)


def _figures(results: Results) -> list[tuple[Picture, Markup]]:
    """Return the figures of the run, each with its SVG, which escapes its own texts."""
    from markupsafe import Markup

    pictures = (draw(name, results) for name in FIGURES)
    return [(picture, Markup(as_svg(picture, prefix="figure-"))) for picture in pictures if picture]


def _methods(results: Results) -> dict[str, Any]:
    """Return how the run was done, as far as run.json says so."""
    header = results.header
    machine = header.get("machine", {})
    settings = header.get("settings", {})
    options = {name: facts["options"] for name, facts in header["models"].items() if facts.get("options")}
    facts = {
        "run": header.get("run_id", ""),
        "command": " ".join(map(str, header.get("argv", ()))),
        "pairing": header.get("pairing", ""),
        "settings": _pairs(settings),
        "limit": counted(header["limit"], "clip") if header.get("limit") else "",
        "resampling": header.get("resampler", ""),
        "device": _pairs(header.get("devices", {})),
        "threads": header.get("threads", ""),
        "machine": _pairs(machine),
        "versions": _pairs(header.get("versions", {})),
        "options of the models": "; ".join(f"{name}: {as_json(own, indent=None)}" for name, own in options.items()),
    }
    return {
        "facts": {name: str(text) for name, text in facts.items() if text},
        "metrics": dict(header.get("metrics", {})),
    }


def _pairs(values: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items())
