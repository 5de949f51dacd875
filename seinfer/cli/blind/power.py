"""`seinfer blind power`: how many raters and clips a listening test needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ...core.errors import UsageError
from ...core.streams import print_json, print_lines
from .. import completion
from ..options import Json

if TYPE_CHECKING:
    from ...reports.listening.planning import PowerRequest

_DESIGNS = ("p835", "mushra", "ccr", "ab", "abx")


def power(
    design: Annotated[
        str, typer.Option("--design", autocompletion=completion.one_of(*_DESIGNS), help="p835, mushra, ccr, ab or abx.")
    ] = "p835",
    difference: Annotated[
        float | None,
        typer.Option(
            "--difference",
            min=0.0,
            help="Mean difference to find, in units of the scale: by default 0.5 (p835, ccr), 10 (mushra), 0.2 (ab).",
        ),
    ] = None,
    correct: Annotated[
        float, typer.Option("--correct", min=0.5, max=1.0, help="abx: share of right answers to find.")
    ] = 0.7,
    raters: Annotated[int | None, typer.Option("--raters", min=1, help="Raters; by default searched for.")] = None,
    clips: Annotated[int | None, typer.Option("--clips", min=1, help="Clips; by default searched for.")] = None,
    power: Annotated[
        float, typer.Option("--power", min=0.05, max=0.999, help="Wanted probability of finding the difference.")
    ] = 0.8,
    models: Annotated[
        int,
        typer.Option("--models", min=2, help="Models that are compared; the error of 5 % is divided by their pairs."),
    ] = 2,
    sd_rater: Annotated[
        float | None, typer.Option("--sd-rater", min=0.0, help="Standard deviation of rater x model.")
    ] = None,
    sd_clip: Annotated[
        float | None, typer.Option("--sd-clip", min=0.0, help="Standard deviation of clip x model.")
    ] = None,
    sd_vote: Annotated[
        float | None, typer.Option("--sd-vote", min=0.0, help="Standard deviation of the rest of a vote.")
    ] = None,
    json: Json = False,
) -> None:
    """Say how many raters and clips a listening test needs to find a difference, or the power of a given test."""
    from dataclasses import asdict

    from ...reports.listening.planning import as_lines, plan

    request = _request(design, difference, raters, clips, power, models, (sd_rater, sd_clip, sd_vote), correct)
    found = plan(request)
    if json:
        print_json(asdict(found))
    else:
        print_lines("".join(f"{line}\n" for line in as_lines(found)))


def _request(
    design: str,
    difference: float | None,
    raters: int | None,
    clips: int | None,
    power: float,
    models: int,
    deviations: tuple[float | None, float | None, float | None],
    correct: float,
) -> PowerRequest:
    from ...reports.listening.planning import TYPICAL, PowerRequest
    from ...reports.listening.records import DESIGNS
    from ...stats.rating_power import Components

    name = next((known for known in DESIGNS if known == design), None)
    if name is None:
        raise UsageError(f"--design is {design!r}; expected one of {', '.join(DESIGNS)}")
    usual, usual_difference = TYPICAL[name]
    rater, clip, vote = (
        own if given is None else given
        for given, own in zip(deviations, (usual.rater, usual.clip, usual.vote), strict=True)
    )
    if name != "abx" and not rater + clip + vote:
        raise UsageError("--sd-rater, --sd-clip and --sd-vote are all 0; expected at least one above 0")
    return PowerRequest(
        design=name,
        difference=usual_difference if difference is None else difference,
        n_raters=raters,
        n_clips=clips,
        power=power,
        n_models=models,
        components=Components(rater, clip, vote),
        share_correct=correct,
    )
