"""`seinfer blind make`: a sealed listening test out of a run folder."""

from __future__ import annotations

import secrets
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ...core.errors import UsageError
from ...core.streams import print_json, print_line, print_message
from .. import completion
from ..options import Json

if TYPE_CHECKING:
    from ...analysis.results import Results
    from ...reports.listening.make import Made
    from ...reports.listening.records import DesignName
    from ...reports.listening.request import MakeRequest

_DESIGNS = ("p835", "mushra", "ccr", "ab", "abx")


def make(
    run_folder: Annotated[Path, typer.Argument(metavar="RUN_DIR", help="Folder that run, compare or score wrote.")],
    out: Annotated[Path, typer.Option("--out", metavar="TEST_DIR", help="Folder of the test; it must not exist.")],
    design: Annotated[
        str,
        typer.Option(
            "--design",
            autocompletion=completion.one_of(*_DESIGNS),
            help="p835 (ratings of one clip at a time), mushra (all versions of a clip side by side, with reference), "
            "ccr or ab (two versions of a clip), or abx (is a difference audible).",
        ),
    ] = "p835",
    models: Annotated[
        str, typer.Option("--models", metavar="A,B,...", help="Models under test; by default all of the run.")
    ] = "",
    clips: Annotated[
        int | None,
        typer.Option("--clips", min=2, help="Clips under test, chosen evenly over categories and input quality."),
    ] = None,
    raters: Annotated[int, typer.Option("--raters", min=1, help="Planned raters; each has an own session.")] = 16,
    pairs: Annotated[
        str,
        typer.Option(
            "--pairs",
            autocompletion=completion.one_of("baseline", "all"),
            help="For ccr, ab and abx: baseline (each model against noisy, else against the first model) or all.",
        ),
    ] = "baseline",
    level: Annotated[
        str,
        typer.Option(
            "--level",
            help="p56:-26 (active speech level in dBov), lufs:-23 (loudness), align (level of the clip) or none.",
        ),
    ] = "p56:-26",
    rate: Annotated[int, typer.Option("--rate", help="Sample rate of all stimuli in Hz.")] = 48_000,
    band: Annotated[
        str,
        typer.Option(
            "--band",
            autocompletion=completion.one_of("native", "8k"),
            help="native, or 8k to remove everything above 8 kHz from all stimuli.",
        ),
    ] = "native",
    max_minutes: Annotated[
        float, typer.Option("--max-minutes", min=1.0, help="Longest session; raters then get a part of the clips.")
    ] = 25.0,
    title: Annotated[
        str, typer.Option("--title", help="Title of the pages; it must name no model and no data set.")
    ] = "Listening test",
    key: Annotated[
        Path | None, typer.Option("--key", metavar="FILE", help="File of the key; by default TEST_DIR.key.json.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", min=0, help="Random seed; by default a random one, kept in the key.")
    ] = None,
    json: Json = False,
) -> None:
    """Make a blind listening test out of a run folder: stimuli, session pages, rating sheets and a key.

    Raters get the test folder. The key says which model made which stimulus; keep it away from them until all ratings
    are there.
    """
    from ...pipeline.journal import read_journal
    from ...reports.listening.key import default_key_path
    from ...reports.listening.make import make_test
    from ...reports.listening.request import MakeRequest

    results = read_journal(run_folder).results()
    request = MakeRequest(
        run_folder=run_folder,
        out=out,
        key=key or default_key_path(out),
        design=_design(design),
        models=tuple(name.strip() for name in models.split(",") if name.strip()),
        n_clips=clips or 0,
        n_raters=raters,
        seed=secrets.randbelow(1 << 31) if seed is None else seed,
        level=level,
        sample_rate=_rate(rate),
        title=title,
        max_minutes=max_minutes,
        pairs=_one_of("--pairs", pairs, ("baseline", "all")),
        band=_one_of("--band", band, ("native", "8k")),
        provenance={"argv": shlex.join(sys.argv[1:])},
    )
    made = make_test(results, request)
    _print(made, request, results, as_json=json)


def _design(text: str) -> DesignName:
    from ...reports.listening.records import DESIGNS

    found = next((name for name in DESIGNS if name == text), None)
    if found is None:
        raise UsageError(f"--design is {text!r}; expected one of {', '.join(DESIGNS)}")
    return found


def _rate(rate: int) -> int:
    from ...reports.listening.request import RATES

    if rate not in RATES:
        raise UsageError(f"--rate is {rate}; expected one of {', '.join(map(str, RATES))} Hz")
    return rate


def _one_of(option: str, text: str, allowed: tuple[str, ...]) -> str:
    if text not in allowed:
        raise UsageError(f"{option} is {text!r}; expected one of {', '.join(allowed)}")
    return text


def _print(made: Made, request: MakeRequest, results: Results, *, as_json: bool) -> None:
    from ...reports.listening.summary import remarks, summary_document, summary_lines

    if as_json:
        print_json(summary_document(made, request))
    else:
        for line in summary_lines(made, request):
            print_line(line)
    for line in remarks(made, request, results):
        print_message(line)
