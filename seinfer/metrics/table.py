"""The metrics that can be named, in the order of the columns. Standard library only, so that listing them is instant.

Ours stand in METRICS. A package adds its own by the entry-point group "seinfer.metrics", NAME = "module:METRIC", where
METRIC is a `Metric` of that name; it comes after ours, and may not take a name that is taken.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType

from ..errors import UsageError
from .base import Metric

GROUP = "seinfer.metrics"

_OURS = (
    Metric(
        name="sdr",
        unit="dB",
        function="seinfer.metrics.sdr:sdr",
        on_pair="seinfer.metrics.sdr:of_pair",
        method="BSS-eval v3, 512 taps",
        source="Vincent, Gribonval, Févotte 2006, doi:10.1109/TSA.2005.858005, eq. 11, sec. III-B",
        lower=-100.0,
        upper=100.0,
        cost=6,
        default=True,
    ),
    Metric(
        name="si_sdr",
        unit="dB",
        function="seinfer.metrics.si_sdr:si_sdr",
        on_pair="seinfer.metrics.si_sdr:of_pair",
        method="means not removed",
        source="Le Roux, Wisdom, Erdogan, Hershey 2019, arXiv:1811.02508, eq. 3-5",
        lower=-100.0,
        upper=100.0,
        cost=1,
        default=True,
    ),
    Metric(
        name="pesq_wb",
        unit="MOS-LQO",
        function="seinfer.metrics.pesq:pesq_wb",
        on_pair="seinfer.metrics.pesq:wb_of_pair",
        package="pesq",
        method="ITU-T P.862.2 wide band at 16 kHz, clips over 19 s as the mean over equal pieces",
        source="ITU-T P.862 (2001) with P.862.2 (2007), without Corrigendum 2",
        lower=1.04,
        upper=4.64,
        sample_rate=16000,
        cost=300,
        default=True,
    ),
    Metric(
        name="pesq_nb",
        unit="MOS-LQO",
        function="seinfer.metrics.pesq:pesq_nb",
        on_pair="seinfer.metrics.pesq:nb_of_pair",
        package="pesq",
        method="ITU-T P.862.1 narrow band at 16 kHz, clips over 19 s as the mean over equal pieces",
        source="ITU-T P.862 (2001) with P.862.1 (2003), without Corrigendum 2",
        lower=1.02,
        upper=4.55,
        sample_rate=16000,
        cost=300,
    ),
    Metric(
        name="stoi",
        unit="",
        function="seinfer.metrics.stoi:stoi",
        on_pair="seinfer.metrics.stoi:stoi_of_pair",
        method="15 third-octave bands from 150 Hz at 10 kHz, segments of 384 ms",
        source="Taal, Hendriks, Heusdens, Jensen 2011, doi:10.1109/TASL.2011.2114881, eq. 1-6",
        lower=-1.0,
        upper=1.0,
        cost=20,
        default=True,
    ),
    Metric(
        name="estoi",
        unit="",
        function="seinfer.metrics.stoi:estoi",
        on_pair="seinfer.metrics.stoi:estoi_of_pair",
        method="15 third-octave bands from 150 Hz at 10 kHz, segments of 384 ms, no noise added",
        source="Jensen, Taal 2016, doi:10.1109/TASLP.2016.2585878",
        lower=-1.0,
        upper=1.0,
        cost=20,
        default=True,
    ),
)

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
        close = difflib.get_close_matches(name, self.metrics, n=3, cutoff=0.5)
        hint = f"did you mean {' or '.join(close)}?" if close else f"known: {', '.join(self.metrics)}"
        raise UsageError(f"there is no metric called {name!r}: {hint}")


@cache
def load_table() -> MetricTable:
    """Collect our metrics and those of installed packages. A package that cannot be read becomes a problem line."""
    metrics = dict(METRICS)
    problems: list[str] = []
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        try:
            metric = _load(entry)
        except (ImportError, AttributeError, TypeError, ValueError) as error:
            problems.append(f"metric plug-in {entry.name} = {entry.value!r}: {error}")
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
    if metric.name != entry.name:
        raise ValueError(f"the metric calls itself {metric.name!r}, expected {entry.name!r}")
    return metric
