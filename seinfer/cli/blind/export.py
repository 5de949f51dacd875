"""`seinfer blind export`: a listening test for webMUSHRA, microsoft/P.808 or BeaqleJS."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ...core.counts import counted
from ...core.streams import print_line, print_message
from .. import completion


def export(
    test_dir: Annotated[Path, typer.Argument(metavar="TEST_DIR", help="Folder of the test.")],
    form: Annotated[
        str,
        typer.Option(
            "--format",
            autocompletion=completion.one_of("webmushra", "p808", "beaqlejs"),
            help="webmushra (p835, mushra, abx), p808 (p835, ccr) or beaqlejs (mushra, ab, abx).",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder to create.")],
    key: Annotated[
        Path | None, typer.Option("--key", metavar="KEY", help="The key; by default TEST_DIR.key.json.")
    ] = None,
    url_prefix: Annotated[
        str, typer.Option("--url-prefix", metavar="URL", help="Address or path of the stimuli; p808 needs one.")
    ] = "",
) -> None:
    """Write a listening test for another program, with opaque ids: no name of a model leaves the key."""
    from ...core.errors import UsageError
    from ...reports.listening.exchange.export import FORMATS
    from ...reports.listening.exchange.export import export as write
    from ...reports.listening.key import default_key_path

    if form not in FORMATS:
        raise UsageError(f"--format is {form!r}; expected one of {', '.join(FORMATS)}")
    done = write(test_dir, key or default_key_path(test_dir), form, out, url_prefix)
    print_line(f"{out}: {', '.join(done.files)} and {counted(done.n_stimuli, 'stimulus file')}")
    print_message(f"next: {done.next_step}")
    print_message("results: seinfer blind import" if form != "beaqlejs" else "results of BeaqleJS cannot be imported")
