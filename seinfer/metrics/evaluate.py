"""Several metrics of one pair of signals: each ends as a finite figure, or as a reason why there is none."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from ..core.errors import UsageError
from .metric import MISTAKES, Metric, MetricError
from .pair import Pair, Reference, Resample
from .signals import check, common_length
from .table import load_table

T = TypeVar("T")


class Evaluation(NamedTuple):
    """What came of one pair.

    Attributes:
        values: metric name -> value, finite; a metric that could not be computed is absent.
        reasons: metric name -> why it is absent, a key of REASONS with ": detail" behind some of them; or, for a value
            that is there, a key of REMARKS.
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
) -> Evaluation:
    """Compute metrics of an estimate against a reference.

    Signals whose lengths differ by up to 40 ms are cut to the shorter one. Cheap metrics run first.

    Args:
        reference: the clean signal, made once for all of its estimates, because it remembers; None where there is none.
        estimate: shape (time,), float. It is not modified.
        sample_rate: Hz of both.
        metrics: what to compute. A metric that one of them is made of is computed as well, but not reported.
        announce: called with a metric's name right before it starts, so that the death of the process can be put down
            to it.
        resample: brings both signals to the rate of a metric that is defined at one only; without it such a metric ends
            with the reason "sample_rate" at other rates.

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
        return (_pair if needs_reference else _estimate_alone)(reference, estimate, sample_rate, values)

    chosen = list(metrics)
    for metric in _in_order(chosen):
        try:
            own = pair(metric.needs_reference).at(metric.sample_rate or sample_rate, resample)
            values[metric.name], remark = _shown(metric, _compute(metric, own, reasons, announce), own)
        except MetricError as error:
            remark = error.status
        except MISTAKES as error:
            said = " ".join(str(error).split())  # on one line, for a cell
            remark = MetricError("metric_error", detail=f"{type(error).__name__}: {said}").status
        if remark:
            reasons[metric.name] = remark
    return Evaluation(_only(chosen, values), _only(chosen, reasons))


def _pair(reference: Reference | None, estimate: npt.ArrayLike, sample_rate: int, values: dict[str, float]) -> Pair:
    """Check the signals and cut them to the same length.

    Raises:
        MetricError: nothing can be compared.
    """
    if reference is None:
        raise MetricError("no_reference")
    whole, signal = reference.usable().samples, check(estimate, "estimate")
    length = common_length(whole.size, signal.size, sample_rate)
    if signal.size > length:
        signal = check(signal[:length], "estimate")
    return Pair(reference.first(length).usable(), signal, sample_rate, values)


def _estimate_alone(_: Reference | None, estimate: npt.ArrayLike, sample_rate: int, values: dict[str, float]) -> Pair:
    return Pair(None, check(estimate, "estimate"), sample_rate, values)


def _in_order(metrics: list[Metric]) -> list[Metric]:
    """Return the metrics and those that they are made of, cheap ones first, but none before what it is made of."""
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
    return metric.of(pair)


def _shown(metric: Metric, value: float, pair: Pair) -> tuple[float, str]:
    """Return a value within the bounds in which it is shown, and a remark if that changed it.

    Raises:
        MetricError: undefined.
    """
    shown = value
    if metric.unit == "dB":
        lower, upper = (-math.inf if metric.lower is None else metric.lower), metric.upper
        shown = max(lower, min(value, math.inf if upper is None else upper))
    if not math.isfinite(shown):
        raise MetricError("undefined", f"{metric.name} came out as {value}")
    if shown == value:
        return shown, ""
    is_identical = metric.needs_reference and np.array_equal(pair.reference.samples, pair.estimate)
    return shown, "identical" if is_identical else "clamped"


def _only(metrics: list[Metric], results: Mapping[str, T]) -> dict[str, T]:
    """Return the results of these metrics, in their order."""
    return {metric.name: results[metric.name] for metric in metrics if metric.name in results}
