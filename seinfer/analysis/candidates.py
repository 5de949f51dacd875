"""The candidates of a recommendation: the user's requirements, and quality and costs of each model.

Quality is the share of the largest improvement over noisy in a metric, averaged over the metrics: 1 for the best model,
0 for noisy itself, -1 for a model that loses as much as the best one gains, or more. If no model improves on noisy by
the smallest difference that matters, shares are of that difference: a metric that hardly changes counts little.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ..core.errors import UsageError
from ..core.records import BASELINE
from .leaderboard import LeaderboardRow
from .licences import allows_commercial_use
from .results import Results, is_higher_better
from .verdicts import smallest_difference

LICENCES = ("any", "commercial")
_DEFAULT_METRICS = (("pesq_wb", "stoi"), ("dnsmos_ovrl",))

COSTS: Mapping[str, Callable[[LeaderboardRow], float | None]] = {
    "rtf": lambda row: row.rtf,
    "peak_rss_mib": lambda row: row.peak_rss_mib,
    "weights_bytes": lambda row: row.weights_bytes,
}


@dataclass(frozen=True)
class Needs:
    """The user's requirements; None or empty means no requirement. The field names are keys of `recommend --json`.

    Attributes:
        metrics: metrics that define quality.
        max_rtf: largest processing time / audio duration: measured alone, or that of the run if it was not.
        max_mib: largest resident memory of a worker process.
        licence: one of LICENCES; "commercial" excludes code or weights whose licence is unknown or non-commercial.
        is_causal: the model must not use future audio beyond its latency.
        max_latency_ms: largest algorithmic latency.
        min_differences: metric -> smallest difference that matters, where it is not the default of verdicts.py.
    """

    metrics: tuple[str, ...] = ()
    max_rtf: float | None = None
    max_mib: float | None = None
    licence: str = "any"
    is_causal: bool = False
    max_latency_ms: float | None = None
    min_differences: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Candidate:
    """Quality and costs of one model. The field names are keys of `recommend --json`.

    Attributes:
        model: name.
        quality: from -1 to 1, see the module docstring; None if a metric is missing.
        means: metric -> mean on the common clips.
        costs: name in COSTS -> value; unknown costs are absent.
        ruled_out: requirements that it does not meet; empty if it meets all.
        is_on_front: better than noisy on average, and no other model has at least the same quality in the same or less
            time (and memory, if it is limited).
    """

    model: str
    quality: float | None
    means: Mapping[str, float]
    costs: Mapping[str, float]
    ruled_out: tuple[str, ...] = ()
    is_on_front: bool = False


def with_metrics(results: Results, needs: Needs) -> Needs:
    """Return the requirements with the metrics filled in if none are given.

    Raises:
        UsageError: nothing was scored, or a metric or licence is unknown.
    """
    if not results.metrics:
        raise UsageError("this run has no scores; expected a run folder of compare or score with metrics")
    if needs.licence not in LICENCES:
        raise UsageError(f"--licence is {needs.licence!r}; expected one of {', '.join(LICENCES)}")
    for metric in needs.metrics:
        if metric not in results.metrics:
            raise UsageError(
                f"--metric names {metric!r}, which this run does not have; expected one of {', '.join(results.metrics)}"
            )
    default = next((names for names in _DEFAULT_METRICS if set(names) <= set(results.metrics)), results.metrics)
    return needs if needs.metrics else replace(needs, metrics=default)


def candidates_of(results: Results, rows: Sequence[LeaderboardRow], needs: Needs) -> list[Candidate]:
    """Return every model except noisy, best quality first; `needs` has its metrics filled in.

    A model without a score in one of the metrics has no quality and comes last.
    """
    quality = _qualities(rows, needs)
    candidates = [_candidate(results, row, quality.get(row.model), needs) for row in rows if row.model != BASELINE]
    return sorted(candidates, key=lambda c: math.inf if c.quality is None else -c.quality)


def _qualities(rows: Sequence[LeaderboardRow], needs: Needs) -> dict[str, float]:
    """Return the quality of each model that has every metric."""
    shares: dict[str, list[float]] = {}
    for metric in needs.metrics:
        sign = 1 if is_higher_better(metric) else -1
        means = {row.model: sign * f.summary.interval.mean for row in rows if (f := row.figures[metric]).summary}
        if not means:
            continue
        floor, top = means.get(BASELINE, min(means.values())), max(means.values())
        # With "or" for a smallest difference of 0 and equal means.
        scale = max(top - floor, smallest_difference(metric, needs.min_differences)) or 1.0
        for model, mean in means.items():
            shares.setdefault(model, []).append(max(-1.0, (mean - floor) / scale))
    return {model: sum(own) / len(own) for model, own in shares.items() if len(own) == len(needs.metrics)}


def _candidate(results: Results, row: LeaderboardRow, quality: float | None, needs: Needs) -> Candidate:
    means = {m: f.summary.interval.mean for m in needs.metrics if (f := row.figures[m]).summary}
    costs = {name: value for name, cost in COSTS.items() if (value := cost(row)) is not None}
    facts = results.header["models"][row.model]
    reasons = _unmet(facts, costs, needs)
    if quality is None:
        reasons.append("a score in one of the metrics is missing")
    return Candidate(row.model, quality, means, costs, tuple(reasons))


def _unmet(facts: Mapping[str, object], costs: Mapping[str, float], needs: Needs) -> list[str]:
    """Return the requirements that a model does not meet."""
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
        reasons.append("not known to be causal" if facts.get("causal") is None else "not causal")
    licences = [str(facts.get(key, "")) for key in ("license_code", "license_weights")]
    if needs.licence == "commercial" and not allows_commercial_use(*licences):
        reasons.append(f"licence: code {licences[0] or 'unknown'}, weights {licences[1] or 'unknown'}")
    return reasons
