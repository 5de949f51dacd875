"""Which of the models that were compared to use: quality against cost, under what the user needs. Rows in, advice out.

Quality is the mean over the metrics of the share of the largest improvement over noisy: 1 for the best, 0 for noisy
itself. A model is on the front where no other is at least as good and at most as costly in rtf, memory and size. The
balanced pick is the point of the front that is nearest to the best quality at the least cost (the ideal point of
Yu 1973, doi:10.1287/mnsc.19.8.936). Costs count by their ratio to the cheapest of the front: a hundredfold cost weighs
as much as the whole improvement. What the clips cannot tell apart is said, with how many more would do.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ..core.errors import UsageError
from ..core.records import BASELINE
from ..stats import Interval, clips_needed
from .leaderboard import Standing, leaderboard
from .licences import allows_commerce
from .results import Results, is_higher_better

LICENCES = ("any", "commercial")
_DEFAULTS = (("pesq_wb", "stoi"), ("dnsmos_ovrl",))
_MAX_COST_RATIO = 100.0
"""A ratio of costs that weighs as much as the whole improvement."""
_ALIKE = 1.1
"""Costs within this ratio are called the same: timings are no more exact."""
_TINY = 1e-12

COSTS: Mapping[str, Callable[[Standing], float | None]] = {
    "rtf": lambda standing: standing.rtf,
    "peak_rss_mib": lambda standing: standing.peak_rss_mib,
    "weights_bytes": lambda standing: standing.weights_bytes,
}


@dataclass(frozen=True)
class Needs:
    """What the user needs; None and empty stand for "no matter".

    Attributes:
        metrics: what quality is judged by.
        max_rtf: largest processing time / audio duration, as measured in the run.
        max_mib: largest resident memory of a worker.
        licence: one of LICENCES; "commercial" takes code and weights whose licences are stated and not non-commercial.
        is_causal: the model must not look ahead of its latency.
        max_latency_ms: largest algorithmic latency.
    """

    metrics: tuple[str, ...] = ()
    max_rtf: float | None = None
    max_mib: float | None = None
    licence: str = "any"
    is_causal: bool = False
    max_latency_ms: float | None = None


@dataclass(frozen=True)
class Candidate:
    """A model and what speaks for and against it.

    Attributes:
        quality: share of the largest improvement, mean over the metrics; None where it lacks one of them.
        means: metric -> mean on the common clips.
        costs: name in COSTS -> value; unknown ones are absent.
        ruled_out: why it cannot be taken; empty for one that can.
        is_on_front: no other is at least as good and at most as costly.
    """

    model: str
    quality: float | None
    means: Mapping[str, float]
    costs: Mapping[str, float]
    ruled_out: tuple[str, ...] = ()
    is_on_front: bool = False


@dataclass(frozen=True)
class Doubt:
    """Two models that the clips cannot tell apart.

    Attributes:
        n: common clips.
        difference: of the pick minus the other, with its 95 % interval.
        n_more: how many more clips would tell them apart with 80 % power if the difference is what it seems; None where
            no reasonable number would: for all that can be seen they are equal.
    """

    metric: str
    pick: str
    other: str
    n: int
    difference: Interval
    n_more: int | None


@dataclass(frozen=True)
class Advice:
    """What to use, and why.

    Attributes:
        pick: a model; "noisy" where none is worth it, empty where none meets the needs.
        reasons: why, in sentences.
        candidates: every model but noisy, best quality first.
        doubts: what the clips cannot tell about the pick.
    """

    needs: Needs
    pick: str
    reasons: tuple[str, ...]
    candidates: tuple[Candidate, ...]
    doubts: tuple[Doubt, ...]


def advise(results: Results, needs: Needs) -> Advice:
    """Weigh the models of a run.

    Raises:
        UsageError: nothing was scored, or a metric or licence is unknown.
    """
    needs = _complete(results, needs)
    standings = leaderboard(results)
    quality = _qualities(standings, needs.metrics)
    found = [_candidate(results, s, quality.get(s.model), needs) for s in standings if s.model != BASELINE]
    found = _with_front(found)
    found.sort(key=lambda c: -math.inf if c.quality is None else -c.quality)
    pick, reasons = _choose(found, has_noisy=BASELINE in results.models)
    able = sorted((c for c in found if not c.ruled_out), key=lambda c: not c.is_on_front)
    others = [BASELINE, *(c.model for c in able)]
    doubts = _doubts(results, needs.metrics, pick, others) if pick in results.models else []
    return Advice(needs, pick, tuple(reasons), tuple(found), tuple(doubts))


def _complete(results: Results, needs: Needs) -> Needs:
    if not results.metrics:
        raise UsageError("this run has no scores to weigh; expected a run of compare or score with metrics")
    if needs.licence not in LICENCES:
        raise UsageError(f"--licence is {needs.licence!r}; expected one of {', '.join(LICENCES)}")
    for metric in needs.metrics:
        if metric not in results.metrics:
            raise UsageError(f"--metric names {metric!r}, which this run lacks; it has {', '.join(results.metrics)}")
    usual = next((names for names in _DEFAULTS if set(names) <= set(results.metrics)), results.metrics)
    return needs if needs.metrics else Needs(**{**vars(needs), "metrics": usual})


def _qualities(standings: Sequence[Standing], metrics: Sequence[str]) -> dict[str, float]:
    """Return the quality of each model that has every metric."""
    shares: dict[str, list[float]] = {}
    for metric in metrics:
        sign = 1 if is_higher_better(metric) else -1
        means = {s.model: sign * f.summary.interval.mean for s in standings if (f := s.figures[metric]).summary}
        if not means:
            continue
        floor, top = means.get(BASELINE, min(means.values())), max(means.values())
        # Where nothing beats noisy the scale is how far the worst falls behind it.
        scale = (top - floor) or (floor - min(means.values())) or 1.0
        for model, mean in means.items():
            shares.setdefault(model, []).append((mean - floor) / scale)
    return {model: sum(own) / len(own) for model, own in shares.items() if len(own) == len(metrics)}


def _candidate(results: Results, standing: Standing, quality: float | None, needs: Needs) -> Candidate:
    means = {m: f.summary.interval.mean for m in needs.metrics if (f := standing.figures[m]).summary}
    costs = {name: value for name, cost in COSTS.items() if (value := cost(standing)) is not None}
    facts = results.header["models"][standing.model]
    reasons = [*_unmet(facts, costs, needs)]
    if quality is None:
        reasons.append("lacks one of the metrics")
    return Candidate(standing.model, quality, means, costs, tuple(reasons))


def _unmet(facts: Mapping[str, object], costs: Mapping[str, float], needs: Needs) -> list[str]:
    latency_ms = facts.get("latency_ms")
    limits = (
        ("rtf", costs.get("rtf"), needs.max_rtf, ""),
        ("memory", costs.get("peak_rss_mib"), needs.max_mib, " MiB"),
        ("latency", float(str(latency_ms)) if latency_ms is not None else None, needs.max_latency_ms, " ms"),
    )
    reasons = []
    for name, value, limit, unit in limits:
        if limit is not None and value is None:
            reasons.append(f"{name} unknown")
        elif limit is not None and value is not None and value > limit:
            reasons.append(f"{name} {value:.3g}{unit}, over {limit:g}{unit}")
    if needs.is_causal and not facts.get("causal"):
        reasons.append("not causal" if "causal" in facts else "not known to be causal")
    licences = [str(facts.get(key, "")) for key in ("license_code", "license_weights")]
    if needs.licence == "commercial" and not allows_commerce(*licences):
        reasons.append(f"licence: code {licences[0] or 'unknown'}, weights {licences[1] or 'unknown'}")
    return reasons


def _with_front(found: Sequence[Candidate]) -> list[Candidate]:
    able = [candidate for candidate in found if not candidate.ruled_out]
    front = {c.model for c in able if not any(_dominates(other, c) for other in able)}
    return [Candidate(**{**vars(c), "is_on_front": c.model in front}) for c in found]


def _dominates(one: Candidate, other: Candidate) -> bool:
    """Say whether one is at least as good and at most as costly, by what is known of both; by nothing is no."""
    known = one.costs.keys() & other.costs.keys()
    gains = [(one.quality or 0.0) - (other.quality or 0.0), *(other.costs[n] - one.costs[n] for n in known)]
    return bool(known) and min(gains) >= 0 and max(gains) > 0


def _choose(found: Sequence[Candidate], *, has_noisy: bool) -> tuple[str, list[str]]:
    """Return the pick and why; candidates come best quality first."""
    able = [candidate for candidate in found if not candidate.ruled_out]
    if not able:
        return "", ["no model meets these needs"]
    front = [candidate for candidate in able if candidate.is_on_front]
    worthy = [candidate for candidate in front if _quality(candidate) > 0 or not has_noisy]
    if not worthy:
        best = able[0].model
        return BASELINE, [f"no model improves on noisy in the mean of these metrics; {best} comes nearest"]
    costs = _relative_costs(worthy)
    top = max(_quality(worthy[0]), _TINY)
    pick = min(worthy, key=lambda c: math.hypot(1 - _quality(c) / top, costs[c.model]))
    if len(able) == 1:
        return pick.model, [f"{pick.model} is the only model that meets these needs"]
    if len(front) == 1:
        return pick.model, [f"{pick.model} has the best quality, and no other model is cheaper in anything"]
    if len(worthy) == 1:
        return pick.model, [f"{pick.model} improves on noisy in the mean of these metrics; what is cheaper does not"]
    return pick.model, _weighed(pick, worthy)


def _quality(candidate: Candidate) -> float:
    return candidate.quality or 0.0


def _relative_costs(front: Sequence[Candidate]) -> dict[str, float]:
    """Return what each model's costs weigh: the mean over them of the logarithm of the ratio to the cheapest."""
    names = [name for name in COSTS if all(c.costs.get(name) for c in front)]
    least = {name: min(candidate.costs[name] for candidate in front) for name in names}
    weights = {c.model: [math.log(c.costs[n] / least[n], _MAX_COST_RATIO) for n in names] for c in front}
    return {model: sum(own) / len(own) if own else 0.0 for model, own in weights.items()}


def _weighed(pick: Candidate, worthy: Sequence[Candidate]) -> list[str]:
    """Say what the pick gives up or costs against its neighbours."""
    best = worthy[0]
    other = worthy[1] if pick is best else pick
    share = _quality(other) / max(_quality(best), _TINY)
    told = f"has {share:.0%} of the improvement of {best.model}, the best, at {_ratios(other, best)}"
    if pick is best:
        loses = f"{pick.model} has the best quality, and what is cheaper loses more than it saves"
        return [loses, f"{other.model} {told}"]
    return [f"{pick.model} {told}", f"take {best.model} if the rest of the improvement is worth its cost"]


def _ratios(one: Candidate, other: Candidate) -> str:
    words = {"rtf": "time", "peak_rss_mib": "memory", "weights_bytes": "size"}
    ratios = {
        words[name]: one.costs[name] / other.costs[name]
        for name in COSTS
        if one.costs.get(name) and other.costs.get(name)
    }
    told = [
        f"the same {word}" if 1 / _ALIKE < ratio < _ALIKE else f"{ratio:.2g} times its {word}"
        for word, ratio in ratios.items()
    ]
    return ", ".join(told) or "costs that are not known"


def _doubts(results: Results, metrics: Sequence[str], pick: str, others: Sequence[str]) -> list[Doubt]:
    doubts = []
    for other in dict.fromkeys(name for name in others if name in results.models and name != pick):
        for metric in metrics:
            found = results.comparisons[metric]
            a, b = results.models.index(pick), results.models.index(other)
            pair = found.difference(a, b)
            if pair is None or pair.is_told_apart:
                continue
            differences = (found.table[a] - found.table[b])[found.common]
            needed = clips_needed(differences, alpha=0.05 / len(found.pairs))
            n_more = None if needed is None else max(1, needed - pair.n)
            doubts.append(Doubt(metric, pick, other, pair.n, pair.interval, n_more))
    return doubts
