"""The candidates of a recommendation: the user's requirements, and quality and costs of each model.

Quality is the share of the largest improvement over noisy, averaged over the metrics: 1 for the best model, 0 for noisy
itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from ..core.errors import UsageError
from ..core.records import BASELINE
from .leaderboard import LeaderboardRow, leaderboard
from .licences import allows_commercial_use
from .results import Results, is_higher_better

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
        max_rtf: largest processing time / audio duration, as measured in the run.
        max_mib: largest resident memory of a worker process.
        licence: one of LICENCES; "commercial" excludes code or weights whose licence is unknown or non-commercial.
        is_causal: the model must not use future audio beyond its latency.
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
    """Quality and costs of one model. The field names are keys of `recommend --json`.

    Attributes:
        model: name.
        quality: share of the largest improvement, mean over the metrics; None if a metric is missing.
        means: metric -> mean on the common clips.
        costs: name in COSTS -> value; unknown costs are absent.
        ruled_out: requirements that it does not meet; empty if it meets all.
        is_on_front: no other model has at least the same quality at the same or lower costs.
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


def candidates_of(results: Results, needs: Needs) -> list[Candidate]:
    """Return every model except noisy, best quality first; `needs` has its metrics filled in.

    A model without a score in one of the metrics has no quality and comes last.
    """
    rows = leaderboard(results)
    quality = _qualities(rows, needs.metrics)
    candidates = [_candidate(results, row, quality.get(row.model), needs) for row in rows if row.model != BASELINE]
    return sorted(candidates, key=lambda c: math.inf if c.quality is None else -c.quality)


def _qualities(rows: Sequence[LeaderboardRow], metrics: Sequence[str]) -> dict[str, float]:
    """Return the quality of each model that has every metric."""
    shares: dict[str, list[float]] = {}
    for metric in metrics:
        sign = 1 if is_higher_better(metric) else -1
        means = {row.model: sign * f.summary.interval.mean for row in rows if (f := row.figures[metric]).summary}
        if not means:
            continue
        floor, top = means.get(BASELINE, min(means.values())), max(means.values())
        # If no model is better than noisy, the scale is the loss of the worst model.
        scale = (top - floor) or (floor - min(means.values())) or 1.0
        for model, mean in means.items():
            shares.setdefault(model, []).append((mean - floor) / scale)
    return {model: sum(own) / len(own) for model, own in shares.items() if len(own) == len(metrics)}


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
