"""Several metrics for one pair of signals: each gets a finite value, or a reason why it has none."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from ..core.errors import UsageError
from .compute import compute_on_pair
from .errors import CAUGHT_ERRORS, MetricError
from .metric import Metric
from .pair import Pair, Reference, Resample, trimmed_pair
from .signals import check
from .table import load_table

T = TypeVar("T")


class Evaluation(NamedTuple):
    """The results for one pair.

    Attributes:
        values: metric name -> value, finite; a metric that could not be computed is absent.
        reasons: metric name -> why its value is absent, a key of REASONS, some with ": detail" appended; for a value
            that is present, a key of REMARKS.
    """

    values: dict[str, float]
    reasons: dict[str, str]


def evaluate(
    *,
    reference: Reference | None,
    estimate: npt.ArrayLike,
    sample_rate: int,
    metrics: Iterable[Metric],
    announce: Callable[[str], None] | None = None,
    resample: Resample | None = None,
    crashed: Iterable[str] = (),
    transcript: str = "",
) -> Evaluation:
    """Compute metrics of an estimate against a reference.

    Signals whose lengths differ by up to 40 ms are cut to the shorter one. Cheap metrics are computed first.

    Args:
        reference: the clean signal. Create it once for all of its estimates, because it caches results. None: there is
            no clean signal.
        estimate: shape (time,), float. It is not modified.
        sample_rate: Hz of both.
        metrics: the metrics. Metrics that they are computed from are computed as well, but not reported.
        announce: called with a metric's name right before it is computed, so that a crash of the process can be
            attributed to it.
        resample: converts both signals to the rate of a metric that is defined at one rate only; without it such a
            metric gets the reason "sample_rate" at other rates.
        crashed: names of metrics that crashed the process on this clip before; see `Pair.crashed`.
        transcript: the words that are said in the clip; empty if they are not known.

    Raises:
        UsageError: a signal is not one channel of floating-point samples, or the rates differ.
    """
    if reference is not None and reference.sample_rate != sample_rate:
        raise UsageError(
            f"the reference is at {reference.sample_rate} Hz, the estimate at {sample_rate} Hz; expected the same rate"
        )
    values: dict[str, float] = {}
    reasons: dict[str, str] = {}

    @cache
    def pair(needs_reference: bool) -> Pair:
        if not needs_reference:
            signal = check(estimate, "estimate")
            return Pair(
                None, signal, sample_rate, values, crashed=frozenset(crashed), clean=reference, transcript=transcript
            )
        if reference is None:
            raise MetricError("no_reference")
        return trimmed_pair(reference, estimate, sample_rate, values, frozenset(crashed))

    chosen = list(metrics)
    for metric in _in_order(chosen):
        try:
            own = pair(metric.needs_reference).at(metric.sample_rate or sample_rate, resample)
            values[metric.name], remark = _shown(metric, _compute(metric, own, reasons, announce), own)
            remark = remark or _remark(metric, own)
        except MetricError as error:
            remark = error.status
        except CAUGHT_ERRORS as error:
            message = " ".join(str(error).split())  # on one line, for a table cell
            remark = MetricError("metric_error", detail=f"{type(error).__name__}: {message}").status
        if remark:
            reasons[metric.name] = remark
    return Evaluation(_only(chosen, values), _only(chosen, reasons))


def _in_order(metrics: list[Metric]) -> list[Metric]:
    """Return the metrics and those that they need, cheap ones first, but each after the metrics that it needs."""
    known = {**load_table().metrics, **{metric.name: metric for metric in metrics}}
    ordered: dict[str, Metric] = {}

    def add(metric: Metric) -> None:
        for name in metric.needs:
            if name in known and name not in ordered:
                add(known[name])
        ordered[metric.name] = metric

    for metric in sorted(metrics, key=lambda metric: metric.cost):
        if metric.name not in ordered:
            add(metric)
    return list(ordered.values())


def _compute(metric: Metric, pair: Pair, reasons: Mapping[str, str], announce: Callable[[str], None] | None) -> float:
    for name in metric.needs:
        if name not in pair.values:
            raise MetricError("not_computed", detail=f"{name} {reasons.get(name, 'unknown')}")
    if announce is not None:
        announce(metric.name)
    return compute_on_pair(metric, pair)


def _shown(metric: Metric, value: float, pair: Pair) -> tuple[float, str]:
    """Clamp a value in dB to the bounds of the metric; return it and a remark if it changed.

    Raises:
        MetricError: undefined.
    """
    shown = value
    if metric.unit == "dB":
        lower, upper = (-math.inf if metric.lower is None else metric.lower), metric.upper
        shown = max(lower, min(value, math.inf if upper is None else upper))
    if not math.isfinite(shown):
        raise MetricError("undefined", f"{metric.name} is {value}")
    if shown == value:
        return shown, ""
    is_identical = metric.needs_reference and np.array_equal(pair.reference.samples, pair.estimate)
    return shown, "identical" if is_identical else "clamped"


def _remark(metric: Metric, pair: Pair) -> str:
    """Return the remark of a metric on its own value, or the remarks on the values that it is computed from."""
    inherited = [f"{pair.remarks[name]} in {name}" for name in metric.needs if name in pair.remarks]
    return pair.remarks.get(metric.name) or ", ".join(inherited)


def _only(metrics: list[Metric], results: Mapping[str, T]) -> dict[str, T]:
    """Return the results of these metrics, in their order."""
    return {metric.name: results[metric.name] for metric in metrics if metric.name in results}
