"""The value of one metric: for two waveforms, or for a pair that caches the results of its reference."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from numpy.typing import ArrayLike

from ..core.errors import RegistryError
from ..core.imports import import_object
from .errors import MetricError
from .metric import Metric, why_unavailable
from .pair import Pair
from .signals import check


def compute(
    metric: Metric, *, reference: ArrayLike | None, estimate: ArrayLike, sample_rate: int, **needed: float
) -> float:
    """Compute a metric for two waveforms.

    Args:
        metric: the metric.
        reference: clean signal, shape (time,), float; None if the metric needs none.
        estimate: signal to score, same shape.
        sample_rate: Hz of both.
        **needed: values of the metrics in `metric.needs`.

    Raises:
        MetricError: it cannot be computed for these signals, or its packages are not installed.
        RegistryError: its function cannot be imported.
    """
    _require_packages(metric)
    if metric.on_pair and not (metric.function or metric.needs_reference):
        return compute_on_pair(metric, Pair(None, check(estimate, "estimate"), sample_rate, needed))
    function = _import_function(metric.name, metric.function)
    return float(function(reference=reference, estimate=estimate, sample_rate=sample_rate, **needed))


def compute_on_pair(metric: Metric, pair: Pair) -> float:
    """Compute a metric for a pair, with the cached results of the pair and its reference.

    Raises:
        MetricError: it cannot be computed for this pair, or its packages are not installed.
        RegistryError: its function cannot be imported.
    """
    if metric.on_pair:
        _require_packages(metric)
        return float(_import_function(metric.name, metric.on_pair)(pair))
    reference = pair.reference.samples if metric.needs_reference else None
    needed = {name: pair.values[name] for name in metric.needs}
    return compute(metric, reference=reference, estimate=pair.estimate, sample_rate=pair.sample_rate, **needed)


def _require_packages(metric: Metric) -> None:
    if reason := why_unavailable(metric):
        raise MetricError("not_installed", detail=reason)


def _import_function(name: str, target: str) -> Callable[..., Any]:
    try:
        return cast("Callable[..., Any]", import_object(target))
    except ImportError as error:
        raise RegistryError(
            f"the metric {name} cannot be loaded from {target!r}: {error}; expected 'module:function'"
        ) from error
