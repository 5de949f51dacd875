"""Recommendation of one model among those compared, within the user's requirements, and how sure it is.

Quality decides first. A faster model is recommended in place of the best one only if the clips show that there is no
practical difference between them in any of the metrics (see verdicts.py). The unprocessed audio (noisy) is a candidate
too: it costs nothing, so a model without an advantage over it is not worth considering. Times count as different only
beyond the spread of their measurement (see costs.py); memory counts only if the user limits it, and size never.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ..core.records import BASELINE
from .candidates import Candidate, Needs, candidates_of, with_metrics
from .costs import rtf_differs
from .headline import UNPROCESSED, is_practically_equal, on_model, on_noisy
from .leaderboard import LeaderboardRow, leaderboard
from .results import Results, Row
from .verdicts import BETTER, EQUAL, NOT_PROVEN, Verdict, verdicts_of

_SIMILAR_MEMORY = 1.1


@dataclass(frozen=True)
class Advice:
    """The recommended model, with reasons. The field names are keys of `recommend --json`.

    Attributes:
        needs: the requirements, with the metrics filled in.
        pick: a model; "noisy" if no model is better, empty if no model meets the requirements.
        headline: what the clips show about `pick`, one sentence.
        is_proven: `pick` is better than noisy in at least one metric, and worse in none.
        reasons: sentences.
        candidates: every model except noisy, best quality first.
        verdicts: `pick` compared with noisy and with every other model that meets the requirements.
        doubts: those of the verdicts that are not proven.
        unfinished: what the run has not done yet, and the command that continues it; empty if it is finished.
    """

    needs: Needs
    pick: str
    headline: str
    is_proven: bool
    reasons: tuple[str, ...]
    candidates: tuple[Candidate, ...]
    verdicts: tuple[Verdict, ...]
    doubts: tuple[Verdict, ...]
    unfinished: str = ""


def advise(results: Results, needs: Needs) -> Advice:
    """Recommend one of the models of a run.

    Raises:
        UsageError: nothing was scored, or a metric or licence is unknown.
    """
    needs = with_metrics(results, needs)
    rows = {row.model: row for row in leaderboard(results)}
    candidates = tuple(_with_front(candidates_of(results, list(rows.values()), needs), rows, needs))
    able = [candidate for candidate in candidates if not candidate.ruled_out]
    unfinished = _unfinished(results)
    if not able:
        return Advice(needs, "", "no model meets these requirements", False, (), candidates, (), (), unfinished)
    against_noisy = _verdicts(results, able[0].model, BASELINE, needs)
    if BASELINE in results.models and (_quality(able[0]) <= 0 or is_practically_equal(against_noisy)):
        headline = on_noisy(able[0].model, against_noisy)
        return Advice(needs, BASELINE, headline, False, (), candidates, (), (), unfinished)
    pick, reason = _choose(results, able, rows, needs)
    others = [BASELINE, *(candidate.model for candidate in able if candidate is not pick)]
    verdicts = tuple(verdict for other in others for verdict in _verdicts(results, pick.model, other, needs))
    headline, is_proven = f"{pick.model} is the best of the models compared, without {UNPROCESSED}", False
    if BASELINE in results.models:
        headline, is_proven = on_model(pick.model, [verdict for verdict in verdicts if verdict.other == BASELINE])
    reasons = (reason, *_faster_models(pick, able, rows, verdicts))
    doubts = tuple(verdict for verdict in verdicts if verdict.verdict == NOT_PROVEN)
    return Advice(needs, pick.model, headline, is_proven, reasons, candidates, verdicts, doubts, unfinished)


def _verdicts(results: Results, pick: str, other: str, needs: Needs) -> list[Verdict]:
    if other not in results.models:
        return []
    return verdicts_of(results, pick, other, needs.metrics, needs.min_differences)


def _with_front(candidates: Sequence[Candidate], rows: Mapping[str, LeaderboardRow], needs: Needs) -> list[Candidate]:
    """Mark the candidates that are worth considering; excluded ones, and those no better than noisy, are not."""
    able = [c for c in candidates if not c.ruled_out and (_quality(c) > 0 or BASELINE not in rows)]
    front = {c.model for c in able if not any(_dominates(other, c, rows, needs) for other in able)}
    return [replace(c, is_on_front=c.model in front) for c in candidates]


def _dominates(one: Candidate, other: Candidate, rows: Mapping[str, LeaderboardRow], needs: Needs) -> bool:
    """Return whether one has at least the same quality at no higher cost, and is better in one of them."""
    if not {"rtf"} <= one.costs.keys() & other.costs.keys() or _quality(one) < _quality(other):
        return False
    if _is_cheaper(other, one, rows, needs):
        return False
    return _quality(one) > _quality(other) or _is_cheaper(one, other, rows, needs)


def _is_cheaper(one: Candidate, other: Candidate, rows: Mapping[str, LeaderboardRow], needs: Needs) -> bool:
    """Return whether one takes less time beyond the spread, or less memory if the user limits it."""
    if _is_faster(one, other, rows):
        return True
    mine, theirs = one.costs.get("peak_rss_mib"), other.costs.get("peak_rss_mib")
    return needs.max_mib is not None and mine is not None and theirs is not None and mine * _SIMILAR_MEMORY < theirs


def _is_faster(one: Candidate, other: Candidate, rows: Mapping[str, LeaderboardRow]) -> bool:
    return rtf_differs(rows[one.model], rows[other.model]) and one.costs["rtf"] < other.costs["rtf"]


def _quality(candidate: Candidate) -> float:
    return candidate.quality or 0.0


def _choose(
    results: Results, able: Sequence[Candidate], rows: Mapping[str, LeaderboardRow], needs: Needs
) -> tuple[Candidate, str]:
    """Return the recommended model and the reason; `able` meet the requirements and are sorted, best quality first."""
    best = able[0]
    equal = [c for c in able[1:] if _is_faster(c, best, rows) and _is_equal(results, best, c, needs)]
    if equal:
        pick = min(equal, key=lambda c: c.costs["rtf"])
        return pick, f"no practical difference to {best.model}, which has the best means, in {_time(pick, best)}"
    if len(able) == 1:
        return best, f"{best.model} is the only model that meets these requirements"
    return best, f"{best.model} has the best quality: mean over {', '.join(needs.metrics)}"


def _is_equal(results: Results, best: Candidate, other: Candidate, needs: Needs) -> bool:
    """Return whether the clips show no practical difference in any metric."""
    verdicts = _verdicts(results, best.model, other.model, needs)
    return len(verdicts) == len(needs.metrics) and all(verdict.verdict == EQUAL for verdict in verdicts)


def _time(one: Candidate, other: Candidate) -> str:
    return f"{one.costs['rtf'] / other.costs['rtf']:.2g} times its time"


def _faster_models(
    pick: Candidate, able: Sequence[Candidate], rows: Mapping[str, LeaderboardRow], verdicts: Sequence[Verdict]
) -> Iterator[str]:
    """Yield a sentence for each faster model that is worth considering: the quality lost and the time saved."""
    for candidate in able:
        if not candidate.is_on_front or candidate is pick or not _is_faster(candidate, pick, rows):
            continue
        share = f"{_quality(candidate) / _quality(pick):.0%} of the improvement of {pick.model}"
        worse = [v.metric for v in verdicts if v.other == candidate.model and v.verdict == BETTER]
        shown = f"worse in {', '.join(worse)}" if worse else "these clips do not show that it is worse"
        yield f"{candidate.model}: {share} in {_time(candidate, pick)}; {shown}"


def _unfinished(results: Results) -> str:
    """Return what is not done yet, and how to continue; "" if the run is finished."""
    n_missing = sum(_is_missing(results, row) for row in results.by_clip)
    if not n_missing:
        return ""
    command = shlex.join(str(part) for part in results.header.get("argv", ()))
    again = f"continue it with: {command}" if command else "run the same command again to continue"
    return f"the run is not finished: {n_missing} of {len(results.by_clip)} results are missing; {again}"


def _is_missing(results: Results, row: Row) -> bool:
    """Return whether the run ended before this clip was enhanced, or before its estimate was scored."""
    if not row.is_ok:
        return row.error.startswith("not_reached")
    return row.score is None and any(results.is_expected(metric, row.clip) for metric in results.computed)
