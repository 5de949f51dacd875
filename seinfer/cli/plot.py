"""`seinfer plot`: the figures of a run folder as files, for papers and slides; needs no model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..core.errors import SeinferError, UsageError
from ..core.streams import print_line, print_message
from ..core.suggestions import suggest
from . import completion, resolve
from .options import CategoriesCsv, CategoryRegex, Config

if TYPE_CHECKING:
    from ..analysis.results import Results
    from ..reports.figures import Picture


def plot(
    run_folder: Annotated[Path, typer.Argument(metavar="RUN_DIR", help="Folder that run, compare or score wrote.")],
    figure: Annotated[
        list[str] | None,
        typer.Option(
            "--figure",
            metavar="NAME",
            autocompletion=completion.figures,
            help="leaderboard, differences, distributions, cost, categories or input-quality; by default all.",
        ),
    ] = None,
    metrics: Annotated[
        str,
        typer.Option(
            "--metrics",
            "--metric",
            autocompletion=completion.metric_names,
            help="Metrics to draw, separated by commas; by default all.",
        ),
    ] = "",
    format_: Annotated[
        str,
        typer.Option("--format", autocompletion=completion.one_of("svg", "png", "pdf"), help="svg, png or pdf."),
    ] = "svg",
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Folder for the files; by default RUN_DIR/plots.")
    ] = None,
    dpi: Annotated[int, typer.Option("--dpi", min=50, max=1200, help="Pixels per inch of a PNG.")] = 200,
    width: Annotated[
        float,
        typer.Option(
            "--width", metavar="INCHES", min=3.0, max=24.0, help="Width of a plot; the height follows from its content."
        ),
    ] = 7.2,
    category_regex: CategoryRegex = "",
    categories: CategoriesCsv = None,
    baseline: Annotated[
        str | None,
        typer.Option(
            "--baseline",
            metavar="NAME",
            autocompletion=completion.model,
            help="Draw the differences to NAME instead of noisy; by default as in the tables of the run.",
        ),
    ] = None,
    by: Annotated[
        str | None,
        typer.Option("--by", help="Draw the means per group, by columns of clips.csv: noise,device,snr,duration,..."),
    ] = None,
    config: Config = None,
) -> None:
    """Draw plots of a run folder, as SVG, PNG or PDF files; needs no model."""
    from ..analysis.ordering import shown_metrics
    from ..clips.pairing import CategoryRules
    from ..clips.pairing.categories import apply_category_rules
    from ..core.files import make_folder, write_bytes
    from ..models.extras import require_extra
    from ..pipeline.journal import read_journal
    from ..reports.figures import FORMATS, as_bytes

    if format_ not in FORMATS:
        raise UsageError(f"--format is {format_!r}; expected one of {', '.join(FORMATS)}")
    names = _checked(figure or ())
    require_extra("report", "seinfer plot")
    journal = read_journal(run_folder)
    results = journal.results(apply_category_rules(journal.clips, CategoryRules(category_regex, categories)))
    settings = resolve.tables(
        clips=results.clips,
        models=results.models,
        metrics=metrics,
        baseline=baseline,
        by=by,
        kept=results.settings,
    )
    chosen = shown_metrics(settings.metrics, results.metrics) if settings.metrics else []
    results = replace(results, header={**results.header, "report": settings.as_header()})
    folder = run_folder / "plots" if out is None else out
    is_empty = True
    for picture in _drawn(results, names, chosen, width):
        path = folder / f"{picture.name}.{format_}"
        data = as_bytes(picture, format_, dpi=dpi)
        make_folder(folder)
        write_bytes(path, data)
        print_line(path)
        is_empty = False
    if is_empty:
        raise SeinferError(f"{run_folder}: no figure was drawn; `seinfer report {run_folder}` shows what the run has")


def _checked(wanted: Iterable[str]) -> list[str]:
    """Return the names of the wanted figures, in the order of FIGURES; all if none is given.

    Raises:
        UsageError: there is no figure of that name.
    """
    from ..reports.figures import FIGURES

    names = [name.strip() for text in wanted for name in text.split(",") if name.strip()]
    for name in names:
        if name not in FIGURES:
            raise UsageError(f"--figure is {name!r}, which is not a figure: {suggest(name, FIGURES)}")
    return [name for name in FIGURES if not names or name in names]


def _drawn(results: Results, names: Iterable[str], metrics: list[str], width_in: float) -> Iterator[Picture]:
    """Yield the figures; print which of them the run has nothing for."""
    from ..reports.figures import FIGURES, draw

    for name in names:
        picture = draw(name, results, metrics, width_in=width_in)
        if picture is None:
            print_message(f"{name}: not drawn, because it needs {FIGURES[name].needs}")
        else:
            yield picture
