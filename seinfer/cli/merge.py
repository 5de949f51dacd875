"""`seinfer merge`: join the run folders of all shards of a run."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from ..core.exit_codes import INTERRUPTED
from ..core.streams import print_message
from . import resolve
from .options import DEFAULT_OUT, Force, Format, TableJson


def merge(
    run_folders: Annotated[
        list[Path], typer.Argument(metavar="OUT...", help="Run folders of all shards, in any order.")
    ],
    out: Annotated[
        Path,
        typer.Option("--out", help="Folder of the merged run: new, or that of an earlier merge of the same shards."),
    ] = DEFAULT_OUT,
    link: Annotated[
        bool | None,
        typer.Option(
            "--link/--copy",
            help="Enhanced files: hard links to those of the shards, which need no space, or copies. By default links "
            "where the file system allows it, else copies.",
        ),
    ] = None,
    allow_missing: Annotated[
        bool,
        typer.Option(
            "--allow-missing",
            help="Leave out the clips of missing shards, and accept shards that are not finished; exit code 5.",
        ),
    ] = False,
    force: Force = False,
    format_: Format = "table",
    json: TableJson = False,
) -> None:
    """Merge the run folders of all shards of a run into one, with the tables of a single run.

    Shards that differ in clips, models, weights, metrics, versions or settings are refused, and so is a merge with
    missing, doubled or unfinished shards. Nothing is removed from the folders of the shards.
    """
    from ..pipeline.merging import merge
    from ..reports.progress import ProgressBars
    from ..reports.rendering import render
    from .execute import closing_line, exit_code

    command = ("seinfer", *sys.argv[1:])
    try:
        with ProgressBars() as progress:
            results = merge(
                run_folders,
                resolve.out_folder(out, force=force),
                progress,
                link=link,
                allow_missing=allow_missing,
                command=command,
            )
    except KeyboardInterrupt:
        print_message(f"stopped; continue with: {shlex.join(command)}")
        raise typer.Exit(INTERRUPTED) from None
    tables = resolve.tables(
        clips=results.clips, models=results.models, format=format_, json=json, kept=results.settings
    )
    render(results, tables)
    print_message(closing_line(results, out))
    raise typer.Exit(exit_code(results))
