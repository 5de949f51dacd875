"""Planning of a listening test: its power, or the raters and clips that it needs.

The variances are assumptions. Those of p835 reproduce error rates and power of earlier simulations of such tests; those
of the other scales are the same shares of the range of the scale. The own pilot test is a better source.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ...core.counts import counted
from ...stats.crossed import MIN_RATERS
from ...stats.forced_choice import choice_power, critical_count
from ...stats.rating_power import Components, crossed_power, fewest
from .records import DesignName

ALPHA = 0.05
RATER_STEPS = (*range(MIN_RATERS, 32), *range(32, 101, 4))
CLIP_STEPS = (*range(MIN_RATERS, 32), *range(32, 101, 4), *range(110, 301, 10))
_TABLE_RATERS, _TABLE_CLIPS = (8, 12, 16, 24, 32), (8, 12, 24, 48, 96)
_ABX_STEPS = range(5, 2001)

TYPICAL: Mapping[DesignName, tuple[Components, float]] = {
    "p835": (Components(0.25, 0.31, 0.7), 0.5),
    "mushra": (Components(6.0, 8.0, 17.5), 10.0),
    "ccr": (Components(0.5, 0.6, 1.5), 0.5),
    "ab": (Components(0.2, 0.25, 0.7), 0.2),
    "abx": (Components(0.0, 0.0, 0.0), 0.0),
}
"""Design -> assumed standard deviations and default difference, in units of the scale."""


@dataclass(frozen=True)
class PowerRequest:
    """A question about the power of a test.

    Attributes:
        design: of the test.
        difference: mean difference to find, in units of the scale; ignored for abx.
        n_raters, n_clips: None to search for the number.
        power: wanted probability.
        n_models: models that are compared; 5 % are divided by the number of their pairs.
        components: standard deviations of a rating; of a comparison for ccr and ab.
        share_correct: share of right answers to find (abx).
    """

    design: DesignName
    difference: float
    n_raters: int | None
    n_clips: int | None
    power: float
    n_models: int
    components: Components
    share_correct: float = 0.7

    @property
    def n_parts(self) -> int:
        """Ratings that are subtracted in one difference."""
        return 1 if self.design in ("ccr", "ab") else 2

    @property
    def n_pairs(self) -> int:
        """Pairs of models."""
        return self.n_models * (self.n_models - 1) // 2


@dataclass(frozen=True)
class PowerPlan:
    """The answer. The field names are keys of `blind power --json`.

    Attributes:
        request: the question.
        n_raters, n_clips: as given, or the numbers with the fewest votes that suffice; None if no number suffices.
        power: of the test with these numbers; None without them. For abx with the answers of all raters and clips.
        power_twice_raters, power_twice_clips: with twice as many; None for abx or without numbers.
        table: rows of (raters, clips, power).
        n_critical: abx: fewest right answers that are significant.
    """

    request: PowerRequest
    n_raters: int | None
    n_clips: int | None
    power: float | None
    power_twice_raters: float | None
    power_twice_clips: float | None
    table: tuple[tuple[int, int, float], ...]
    n_critical: int | None = None


def plan(request: PowerRequest) -> PowerPlan:
    """Answer a question about power."""
    if request.design == "abx":
        return _choice_plan(request)
    numbers = _numbers(request)
    n_raters, n_clips = numbers or (request.n_raters, request.n_clips)
    found = None if n_raters is None or n_clips is None else (n_raters, n_clips)
    return PowerPlan(
        request=request,
        n_raters=n_raters,
        n_clips=n_clips,
        power=_power(request, *found) if found else None,
        power_twice_raters=_power(request, 2 * found[0], found[1]) if found else None,
        power_twice_clips=_power(request, found[0], 2 * found[1]) if found else None,
        table=tuple((r, c, _power(request, r, c)) for r in _TABLE_RATERS for c in _TABLE_CLIPS),
    )


def as_lines(found: PowerPlan) -> Iterator[str]:
    """Yield the answer as lines of text."""
    request = found.request
    if request.design == "abx":
        yield from _choice_lines(found)
        return
    sd = request.components
    family = f", 5 % divided by {request.n_pairs} pairs of {request.n_models} models" if request.n_models > 2 else ""
    yield f"{request.design}: a difference of {request.difference:g}, crossed test at 5 %{family}"
    yield (
        f"assumed standard deviations: rater x model {sd.rater:g}, clip x model {sd.clip:g}, single votes {sd.vote:g} "
        "(--sd-rater, --sd-clip, --sd-vote)"
    )
    yield "assumed: each rater rates each clip with all models"
    yield ""
    yield from _answer(found)
    yield ""
    yield from _table_lines(found)


def _answer(found: PowerPlan) -> Iterator[str]:
    request, wanted = found.request, f"a power of {found.request.power:g}"
    if found.power is None or found.n_raters is None or found.n_clips is None:
        yield (
            f"{wanted} is not reached with up to {RATER_STEPS[-1]} raters and {CLIP_STEPS[-1]} clips; "
            "expect a larger difference"
        )
        return
    test = f"{counted(found.n_raters, 'rater')} x {counted(found.n_clips, 'clip')}"
    votes = counted(found.n_raters * found.n_clips, "vote")
    if request.n_raters and request.n_clips:
        yield f"{test}: power {found.power:.2f}"
    else:
        yield f"{wanted} needs {test} ({votes} per model and scale): power {found.power:.2f}"
    if found.power_twice_clips is not None and found.power_twice_raters is not None:
        clips, raters = f"{found.power_twice_clips:.2f}", f"{found.power_twice_raters:.2f}"
        yield f"with twice the clips: power {clips}; with twice the raters: power {raters}"
    yield from _comparison(found)


def _comparison(found: PowerPlan) -> Iterator[str]:
    """Yield whether raters or clips are worth more, for the same number of votes."""
    powers = {(raters, clips): f"{power:.2f}" for raters, clips, power in found.table}
    more_clips, more_raters = powers[12, 24], powers[24, 12]
    if more_clips != more_raters:
        verdict = "more clips beat more raters" if more_clips > more_raters else "more raters beat more clips"
        plans = f"12 raters x 24 clips {more_clips}, 24 raters x 12 clips {more_raters}"
        yield f"the same number of votes: {plans}: {verdict}"


def _table_lines(found: PowerPlan) -> Iterator[str]:
    powers = {(raters, clips): power for raters, clips, power in found.table}
    yield "power          " + "".join(f"{clips:>5} clips" for clips in _TABLE_CLIPS)
    for raters in _TABLE_RATERS:
        cells = (f"{powers[raters, clips]:>11.2f}" for clips in _TABLE_CLIPS)
        yield f"{raters:>4} raters    " + "".join(cells)


def _numbers(request: PowerRequest) -> tuple[int, int] | None:
    """Return the given numbers, with those that were not given searched for; None if none suffices."""
    if request.n_raters and request.n_clips:
        return request.n_raters, request.n_clips
    return fewest(
        request.power,
        request.difference,
        (request.n_raters,) if request.n_raters else RATER_STEPS,
        (request.n_clips,) if request.n_clips else CLIP_STEPS,
        request.components,
        alpha=ALPHA / request.n_pairs,
        n_parts=request.n_parts,
    )


def _power(request: PowerRequest, n_raters: int, n_clips: int) -> float:
    alpha = ALPHA / request.n_pairs
    return crossed_power(
        request.difference, n_raters, n_clips, request.components, alpha=alpha, n_parts=request.n_parts
    )


# --- abx ---


def _choice_plan(request: PowerRequest) -> PowerPlan:
    alpha, share = ALPHA / request.n_pairs, request.share_correct
    if request.n_raters or request.n_clips:
        n: int | None = (request.n_raters or 1) * (request.n_clips or 1)
    else:
        n = next((n for n in _ABX_STEPS if choice_power(share, n, alpha) >= request.power), None)
    power = None if n is None else choice_power(share, n, alpha)
    raters, clips = (request.n_raters or 1, request.n_clips or 1) if request.n_raters or request.n_clips else (1, n)
    table = tuple((1, count, choice_power(share, count, alpha)) for count in (8, 10, 12, 16, 20, 24, 30, 50, 100))
    critical = None if n is None else critical_count(n, alpha)
    return PowerPlan(request, raters, clips, power, None, None, table, critical)


def _choice_lines(found: PowerPlan) -> Iterator[str]:
    request, alpha = found.request, ALPHA / found.request.n_pairs
    yield f"abx: {request.share_correct:.0%} right answers, one-sided binomial test at {alpha:.2g}"
    yield "assumed: the answers are independent"
    yield ""
    if found.power is None or found.n_raters is None or found.n_clips is None:
        yield f"a power of {request.power:g} is not reached with up to {_ABX_STEPS[-1]} answers; expect a larger share"
    else:
        needed = "too few to be significant" if found.n_critical is None else f"{found.n_critical} right ones needed"
        yield f"{counted(found.n_raters * found.n_clips, 'answer')}: power {found.power:.2f}, {needed}"
    yield ""
    yield "answers   right ones needed   power"
    for _, n, power in found.table:
        yield f"{n:>7}   {critical_count(n, alpha) or '-':>17}   {power:>5.2f}"
