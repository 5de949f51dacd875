"""Recommendation of one model among those compared: quality against cost, within the user's requirements.

Quality is the share of the largest improvement over noisy, averaged over the metrics: 1 for the best model, 0 for noisy
itself. A model is worth considering (on the Pareto front) if no other model has at least the same quality at the same
or lower rtf, memory and size. The recommended model is the one on the front that is nearest to the ideal point: the
best quality at the lowest cost (Yu 1973, doi:10.1287/mnsc.19.8.936). Costs are compared by their ratio to the lowest
cost on the front, on a logarithmic scale: a cost ratio of 100 counts as much as the whole improvement. Differences that
are not significant are reported, with the number of further clips that would be needed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..core.records import BASELINE
from ..stats import Interval, clips_needed
from .candidates import COSTS, Candidate, Needs, candidates_of, with_metrics
from .results import Results

_MAX_COST_RATIO = 100.0
"""Cost ratio that counts as much as the whole improvement."""
_SIMILAR = 1.1
"""Costs within this ratio are reported as about the same, because timings are not more precise."""
_TINY = 1e-12


@dataclass(frozen=True)
class UndecidedPair:
    """The recommended model and another one that it cannot be told apart from. Field names: `recommend --json`.

    Attributes:
        metric: the metric in which the difference is not significant.
        pick: the recommended model.
        other: the other model.
        n: number of common clips.
        difference: mean of `pick` minus `other`, with its 95 % confidence interval.
        n_more: number of further clips needed to tell them apart with 80 % power, if the mean difference stays the
            same; None if no practical number is enough: they are equal as far as the clips show.
    """

    metric: str
    pick: str
    other: str
    n: int
    difference: Interval
    n_more: int | None


@dataclass(frozen=True)
class Advice:
    """The recommended model, with reasons. The field names are keys of `recommend --json`.

    Attributes:
        needs: the requirements, with the metrics filled in.
        pick: a model; "noisy" if no model improves on it, empty if no model meets the requirements.
        reasons: sentences.
        candidates: every model except noisy, best quality first.
        doubts: models that cannot be told apart from `pick`.
    """

    needs: Needs
    pick: str
    reasons: tuple[str, ...]
    candidates: tuple[Candidate, ...]
    doubts: tuple[UndecidedPair, ...]


def advise(results: Results, needs: Needs) -> Advice:
    """Recommend one of the models of a run.

    Raises:
        UsageError: nothing was scored, or a metric or licence is unknown.
    """
    needs = with_metrics(results, needs)
    candidates = _with_front(candidates_of(results, needs))
    pick, reasons = _choose(candidates, has_noisy=BASELINE in results.models)
    able = sorted((c for c in candidates if not c.ruled_out), key=lambda c: not c.is_on_front)
    others = [BASELINE, *(c.model for c in able)]
    undecided = _undecided_pairs(results, needs.metrics, pick, others) if pick in results.models else []
    return Advice(needs, pick, tuple(reasons), tuple(candidates), tuple(undecided))


def _with_front(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Mark the candidates on the Pareto front; excluded candidates are never on it."""
    able = [candidate for candidate in candidates if not candidate.ruled_out]
    front = {c.model for c in able if not any(_dominates(other, c) for other in able)}
    return [replace(c, is_on_front=c.model in front) for c in candidates]


def _dominates(one: Candidate, other: Candidate) -> bool:
    """Return whether one has at least the same quality at the same or lower costs, and is not equal in all of them.

    Only costs known for both are compared; without any, neither dominates.
    """
    known = one.costs.keys() & other.costs.keys()
    gains = [(one.quality or 0.0) - (other.quality or 0.0), *(other.costs[n] - one.costs[n] for n in known)]
    return bool(known) and min(gains) >= 0 and max(gains) > 0


def _choose(candidates: Sequence[Candidate], *, has_noisy: bool) -> tuple[str, list[str]]:
    """Return the recommended model and the reasons; candidates are sorted, best quality first."""
    able = [candidate for candidate in candidates if not candidate.ruled_out]
    if not able:
        return "", ["no model meets these requirements"]
    front = [candidate for candidate in able if candidate.is_on_front]
    better = [candidate for candidate in front if _quality(candidate) > 0 or not has_noisy]
    if not better:
        best = able[0].model
        return BASELINE, [f"no model is better than noisy on average over these metrics; {best} is the closest"]
    pick = _nearest_to_ideal(better)
    if len(able) == 1:
        return pick.model, [f"{pick.model} is the only model that meets these requirements"]
    if len(front) == 1:
        return pick.model, [f"{pick.model} has the best quality, and no other model has lower time, memory or size"]
    if len(better) == 1:
        return pick.model, [
            f"{pick.model} is better than noisy on average over these metrics; the cheaper models are not"
        ]
    return pick.model, _trade_off(pick, better)


def _nearest_to_ideal(better: Sequence[Candidate]) -> Candidate:
    """Return the candidate nearest to the best quality at the lowest cost (Yu 1973)."""
    costs = _relative_costs(better)
    best = max(_quality(better[0]), _TINY)
    return min(better, key=lambda c: math.hypot(1 - _quality(c) / best, costs[c.model]))


def _quality(candidate: Candidate) -> float:
    return candidate.quality or 0.0


def _relative_costs(front: Sequence[Candidate]) -> dict[str, float]:
    """Return model -> relative cost: 0 for the lowest costs, 1 for _MAX_COST_RATIO times as much.

    It is the logarithm of the ratio to the lowest cost, averaged over the costs that are known for all candidates.
    """
    names = [name for name in COSTS if all(c.costs.get(name) for c in front)]
    least = {name: min(candidate.costs[name] for candidate in front) for name in names}
    relative = {c.model: [math.log(c.costs[n] / least[n], _MAX_COST_RATIO) for n in names] for c in front}
    return {model: sum(own) / len(own) if own else 0.0 for model, own in relative.items()}


def _trade_off(pick: Candidate, better: Sequence[Candidate]) -> list[str]:
    """Return sentences about the quality lost and the cost saved, against the neighbours on the front."""
    best = better[0]
    other = better[1] if pick is best else pick
    share = _quality(other) / max(_quality(best), _TINY)
    compared = (
        f"{other.model} has {share:.0%} of the improvement of {best.model}, the best model, {_ratios(other, best)}"
    )
    if pick is best:
        return [
            f"{pick.model} has the best quality, and cheaper models lose more quality than they save cost",
            compared,
        ]
    return [compared, f"choose {best.model} if quality is more important than cost"]


def _ratios(one: Candidate, other: Candidate) -> str:
    words = {"rtf": "time", "peak_rss_mib": "memory", "weights_bytes": "size"}
    ratios = {
        words[name]: one.costs[name] / other.costs[name]
        for name in COSTS
        if one.costs.get(name) and other.costs.get(name)
    }
    parts = [
        f"about the same {word}" if 1 / _SIMILAR < ratio < _SIMILAR else f"{ratio:.2g} times its {word}"
        for word, ratio in ratios.items()
    ]
    return f"at {', '.join(parts)}" if parts else "at unknown cost"


def _undecided_pairs(results: Results, metrics: Sequence[str], pick: str, others: Sequence[str]) -> list[UndecidedPair]:
    undecided = []
    for other in dict.fromkeys(name for name in others if name in results.models and name != pick):
        for metric in metrics:
            comparison = results.comparisons[metric]
            a, b = results.models.index(pick), results.models.index(other)
            pair = comparison.difference(a, b)
            if pair is None or pair.is_told_apart:
                continue
            differences = (comparison.table[a] - comparison.table[b])[comparison.common]
            needed = clips_needed(differences, alpha=0.05 / len(comparison.pairs))
            n_more = None if needed is None else max(1, needed - pair.n)
            undecided.append(UndecidedPair(metric, pick, other, pair.n, pair.interval, n_more))
    return undecided
