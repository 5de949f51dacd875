"""The metrics that can be named, in the order of the columns. Standard library only, so that listing them is instant.

METRICS contains the metrics of seinfer, from `with_reference` and `without_reference`. A package adds its own metric
with the entry-point group "seinfer.metrics", NAME = "module:METRIC"; METRIC is a `Metric` of that name. Its column
comes after ours, and its name must not exist already.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType

from ..core.errors import UsageError
from ..core.metric_names import GROUP
from ..core.suggestions import suggest
from .errors import CAUGHT_ERRORS
from .metric import Metric
from .with_reference import WITH_REFERENCE
from .without_reference import WITHOUT_REFERENCE

_OURS = (*WITH_REFERENCE, *WITHOUT_REFERENCE)

METRICS: Mapping[str, Metric] = MappingProxyType({metric.name: metric for metric in _OURS})
"""Name -> metric, for the metrics of seinfer itself."""


@dataclass(frozen=True)
class MetricTable:
    """The metrics that are known in this environment.

    Attributes:
        metrics: name -> metric, in the order of the columns.
        problems: one line per plug-in that could not be loaded.
    """

    metrics: Mapping[str, Metric]
    problems: tuple[str, ...] = ()

    def find(self, name: str) -> Metric:
        """Return the metric called `name`.

        Raises:
            UsageError: there is none; the message names the closest ones. Diagnostics are not among them.
        """
        if name in self.metrics:
            return self.metrics[name]
        known = [metric.name for metric in self.metrics.values() if not metric.is_diagnostic]
        raise UsageError(f"there is no metric called {name!r}: {suggest(name, known)} (see `seinfer metrics`)")


@cache
def load_table() -> MetricTable:
    """Collect our metrics and those of installed packages. A plug-in that cannot be loaded becomes a problem line."""
    metrics = dict(METRICS)
    problems: list[str] = []
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        try:
            metric = _load(entry)
        except CAUGHT_ERRORS as error:
            problems.append(f"metric plug-in {entry.name} = {entry.value!r}: {type(error).__name__}: {error}")
            continue
        if metric.name in metrics:
            problems.append(f"metric plug-in {entry.name} = {entry.value!r}: the name is already taken")
        else:
            metrics[metric.name] = metric
    return MetricTable(MappingProxyType(metrics), tuple(problems))


def _load(entry: EntryPoint) -> Metric:
    metric = entry.load()
    if not isinstance(metric, Metric):
        raise TypeError(f"is a {type(metric).__name__}, expected a seinfer.metrics.Metric")
    if not metric.name.isidentifier():
        raise ValueError(f"the metric has the name {metric.name!r}, expected letters, digits and underscores")
    if metric.name != entry.name:
        raise ValueError(f"the metric has the name {metric.name!r}, expected {entry.name!r}")
    return metric
