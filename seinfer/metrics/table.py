"""The metrics that can be named, in the order of the columns. Standard library only, so that listing them is instant.

Ours stand in METRICS, out of `with_reference` and `without_reference`. A package adds its own by the entry-point group
"seinfer.metrics", NAME = "module:METRIC", where METRIC is a `Metric` of that name; it comes after ours, and may not
take a name that is taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType

from ..core.errors import UsageError
from ..core.suggestions import suggest
from .metric import MISTAKES, Metric
from .with_reference import WITH_REFERENCE
from .without_reference import WITHOUT_REFERENCE

GROUP = "seinfer.metrics"

_OURS = (*WITH_REFERENCE, *WITHOUT_REFERENCE)

METRICS: Mapping[str, Metric] = MappingProxyType({metric.name: metric for metric in _OURS})
"""Name -> metric, for the metrics that come with seinfer."""


@dataclass(frozen=True)
class MetricTable:
    """The metrics that can be named here.

    Attributes:
        metrics: name -> metric, in the order of the columns.
        problems: one line for each plug-in that could not be read.
    """

    metrics: Mapping[str, Metric]
    problems: tuple[str, ...] = ()

    def find(self, name: str) -> Metric:
        """Return the metric called `name`.

        Raises:
            UsageError: there is none; the message names the closest ones.
        """
        if name in self.metrics:
            return self.metrics[name]
        raise UsageError(f"there is no metric called {name!r}: {suggest(name, self.metrics)} (see `seinfer metrics`)")


@cache
def load_table() -> MetricTable:
    """Collect our metrics and those of installed packages. A package that cannot be read becomes a problem line."""
    metrics = dict(METRICS)
    problems: list[str] = []
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        try:
            metric = _load(entry)
        except MISTAKES as error:
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
        raise ValueError(f"the metric calls itself {metric.name!r}, expected letters, digits and underscores")
    if metric.name != entry.name:
        raise ValueError(f"the metric calls itself {metric.name!r}, expected {entry.name!r}")
    return metric
