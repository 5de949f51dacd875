"""`seinfer blind score`: check and analyse the ratings of a listening test."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ...core.errors import UsageError
from ...core.streams import print_json, print_message
from ..options import Json

DEFAULT_RESULTS = Path("blind-results")


def score(
    ratings: Annotated[
        list[Path], typer.Argument(metavar="RATINGS...", help="Rating files of the raters, or folders of them.")
    ],
    key: Annotated[Path, typer.Option("--key", metavar="KEY", help="Key that `seinfer blind make` wrote.")],
    test: Annotated[
        Path | None,
        typer.Option(
            "--test",
            metavar="TEST_DIR",
            help="Folder that raters got, to check it against the key; by default KEY without .key.json, if it exists.",
        ),
    ] = None,
    run: Annotated[
        Path | None,
        typer.Option(
            "--run", metavar="RUN_DIR", help="Run folder of the test, to compare ratings with PESQ, STOI, DNSMOS, ..."
        ),
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="Folder for the CSV files and the report.")] = DEFAULT_RESULTS,
    allow_fewer: Annotated[
        bool, typer.Option("--allow-fewer", help="Analyse although raters or votes are missing.")
    ] = False,
    json: Json = False,
) -> None:
    """Check the ratings of a listening test against its key, exclude raters by its rules, and analyse the others."""
    from ...models.extras import require_extra
    from ...pipeline.journal import read_journal
    from ...reports.listening.key import read_key
    from ...reports.listening.ratings.conclusions import conclusions
    from ...reports.listening.ratings.console import print_results
    from ...reports.listening.ratings.page import REPORT, write_page
    from ...reports.listening.ratings.scoring import score_test
    from ...reports.listening.ratings.tables import as_document, write_tables

    require_extra("report", "the report of a listening test")
    folder = test or _beside(key)
    _refuse_inside(out, folder)
    results = read_journal(run).results() if run else None
    scored = score_test(ratings, read_key(key), test_folder=folder, results=results, allow_fewer=allow_fewer)
    lines = conclusions(scored)
    out.mkdir(parents=True, exist_ok=True)
    write_tables(scored, out)
    write_page(scored, lines, out)
    if json:
        print_json(as_document(scored, lines))
    else:
        print_results(scored, lines)
    print_message(f"written: {out / REPORT} and the CSV files beside it")


def _beside(key: Path) -> Path | None:
    """Return the test folder beside a key, None if there is none."""
    from ...reports.listening.key import KEY_SUFFIX

    folder = key.parent / key.name.removesuffix(KEY_SUFFIX)
    return folder if key.name.endswith(KEY_SUFFIX) and folder.is_dir() else None


def _refuse_inside(out: Path, test_folder: Path | None) -> None:
    if test_folder and out.resolve().is_relative_to(test_folder.resolve()):
        raise UsageError(
            f"--out {out} is inside the test folder {test_folder}, which raters get; the results name the models: "
            "choose a folder outside of it"
        )
