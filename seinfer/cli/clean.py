"""`seinfer clean`: remove enhanced files of clips that are no longer part of the run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..core.counts import counted
from ..core.exit_codes import ALL_DONE, PARTLY_FAILED
from ..core.streams import print_json, print_line, print_message
from .options import Json

if TYPE_CHECKING:
    from ..pipeline.stale_files import Cleaned


def clean(
    run_folder: Annotated[Path, typer.Argument(metavar="RUN_DIR", help="Folder that run or compare wrote.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only print the files; remove nothing.")] = False,
    json: Json = False,
) -> None:
    """Remove enhanced files of clips that the last run did not have.

    Prints each file. Only files in RUN_DIR/audio that seinfer wrote and that were not changed since are removed. With
    --limit in the last run, files of clips beyond the limit are kept.
    """
    from ..pipeline.stale_files import clean

    done = clean(run_folder, is_dry_run=dry_run)
    if json:
        _print_json(done, is_dry_run=dry_run)
    else:
        for path in done.removed:
            print_line(path)
    for path in done.changed:
        print_message(f"kept: {path}: it was changed after seinfer wrote it")
    for path, why in done.errors.items():
        print_message(f"failed: {path} cannot be removed: {why}")
    would_be = "would be removed" if dry_run else "removed"
    print_message(f"{counted(len(done.removed), 'file')} {would_be}, {done.n_bytes / 1e6:.1f} MB")
    raise typer.Exit(PARTLY_FAILED if done.errors else ALL_DONE)


def _print_json(done: Cleaned, *, is_dry_run: bool) -> None:
    document = {
        "dry_run": is_dry_run,
        "removed": [str(path) for path in done.removed],
        "bytes": done.n_bytes,
        "changed": [str(path) for path in done.changed],
        "errors": {str(path): why for path, why in done.errors.items()},
    }
    print_json(document)
