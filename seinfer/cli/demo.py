"""`seinfer demo`: compare what is installed on the bundled synthetic clips."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ..core.streams import print_message
from . import resolve
from .options import DEFAULT_OUT, AllRows, Force, Format, Out, Sort, TableJson, Threads, Verbose

if TYPE_CHECKING:
    from ..models.registry import Registry


def demo(
    out: Out = DEFAULT_OUT / "demo",
    force: Force = False,
    pull: Annotated[bool, typer.Option("--pull", help="First try to download the weights that are missing.")] = False,
    threads: Threads = None,
    sort: Sort = "",
    all_rows: AllRows = False,
    verbose: Verbose = False,
    format_: Format = "table",
    json: TableJson = False,
) -> None:
    """Compare what is installed on the bundled synthetic clips; no network needed."""
    from ..analysis.ordering import check_sort
    from ..clips.discovery import DEMO_CLIPS
    from ..clips.pairing import collect
    from ..models.selection import open_registry, select
    from ..pipeline.request import Request
    from .execute import execute_request

    registry = open_registry()
    if pull:
        _pull_missing_weights(registry)
    print_message("demo clips: synthetic speech and noise, for a first look only; do not quote the scores")
    selection = select(registry, "all")
    clips = collect([DEMO_CLIPS], out=resolve.out_folder(out, force=force))
    chosen = resolve.metrics("auto", clips)
    check_sort(sort, chosen.names)
    request = Request(
        out=out,
        clips=clips,
        selection=selection,
        metrics=chosen,
        device=resolve.device("auto"),
        threads=resolve.threads(threads),
        tables=resolve.tables(
            clips=clips.clips,
            models=[spec.name for spec in selection.specs],
            format=format_,
            json=json,
            sort=sort,
            all_rows=all_rows,
            verbose=verbose,
        ),
    )
    raise typer.Exit(execute_request(request))


def _pull_missing_weights(registry: Registry) -> None:
    """Try to download the weights of each model whose packages are installed; a failure is printed, no more."""
    from ..core.errors import SeinferError
    from ..models import weights
    from ..models.extras import missing_packages
    from .models import pull_one

    for spec in registry.specs.values():
        if spec.files and not missing_packages(spec) and weights.state(spec) != "present":
            try:
                pull_one(spec)
            except SeinferError as error:
                print_message(f"{spec.name}: {error}")
