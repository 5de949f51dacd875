"""`seinfer blind import`: ratings out of result files of webMUSHRA or microsoft/P.808."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ...core.counts import counted
from ...core.streams import print_line, print_message
from .. import completion


def import_ratings(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Result files of the other program.")],
    form: Annotated[
        str,
        typer.Option(
            "--format",
            autocompletion=completion.one_of("webmushra", "p808"),
            help="webmushra (mushra.csv, lss.csv, paired_comparison.csv) or p808 (votes per worker or per clip).",
        ),
    ],
    key: Annotated[Path, typer.Option("--key", metavar="KEY", help="The key of the test.")],
    out: Annotated[Path, typer.Option("--out", metavar="CSV", help="Rating file to write.")],
) -> None:
    """Write the ratings in result files of another program as a rating file for seinfer blind score."""
    from ...core.errors import UsageError
    from ...core.files import write_csv
    from ...reports.listening.exchange.p808_results import P808Results
    from ...reports.listening.exchange.votes import rating_rows
    from ...reports.listening.exchange.webmushra_results import WebMushraResults
    from ...reports.listening.key import read_key
    from ...reports.listening.records import RATING_COLUMNS

    readers: dict[str, type[WebMushraResults] | type[P808Results]]
    readers = {"webmushra": WebMushraResults, "p808": P808Results}
    if form not in readers:
        raise UsageError(f"--format is {form!r}; expected one of {', '.join(readers)}")
    if out.exists():
        raise UsageError(f"--out {out} exists already; choose another file")
    sealed = read_key(key)
    reader = readers[form](sealed)
    rows = rating_rows(sealed, reader.votes(files))
    write_csv(out, RATING_COLUMNS, rows)
    raters = {row["rater_id"] for row in rows}
    print_line(f"{out}: {counted(len(rows), 'vote')} of {counted(len(raters), 'rater')}")
    if isinstance(reader, P808Results) and reader.has_unknown_raters:
        print_message(
            "warning: the files per clip do not name the raters: each vote on a clip counts as a rater of its own, "
            "so that the intervals are too narrow; import the files *_votes_per_worker_*.csv instead"
        )
    if form == "p808":
        print_message(
            "next: seinfer blind score --allow-fewer, because P.808 keeps its gold and trapping votes to itself"
        )
