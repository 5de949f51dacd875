"""The description of a metric: one column of the score table. It computes nothing. Standard library only.

`compute` and `evaluate` compute what these descriptions name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..core.records import ModelSpec
from ..models.extras import install_line, lacking, version_of
from . import weights as metric_weights


@dataclass(frozen=True)
class Metric:
    """One column of the score table.

    Attributes:
        name: column name.
        unit: "dB", "MOS", "MOS-LQO", or "" for a plain number.
        function: "module:function" of `(*, reference, estimate, sample_rate) -> float`, which computes the metric from
            two waveforms. It may be empty for a metric without reference that has `on_pair`.
        method: the variant of the metric, and every setting that changes the value.
        source: paper and equation.
        package: the distribution whose release the value depends on.
        best: whether a higher or a lower value is better.
        lower, upper: the range, None if it has no end; a value in dB outside it is shown as the bound.
        needs_reference: whether the metric compares with a clean signal.
        sample_rate: Hz at which the metric is defined; None: any rate.
        cost: approximate time relative to SI-SDR; cheap metrics are computed first.
        default: whether the metric is computed if the user chose none; a metric without reference only for clips
            that have no reference.
        on_pair: "module:function" of `(Pair) -> float`: the same value, with cached results of the reference; empty:
            `function` is called.
        needs: names of the metrics whose values `function` takes as further keywords and `on_pair` reads from the
            pair.
        extra: pip extra of `distribution` that installs its packages; empty if the core install is enough.
        distribution: the installed package that has this extra.
        is_diagnostic: whether the value only explains another value; it is never averaged, ranked or compared.
        weights: the network that `seinfer metrics pull` fetches; None if there is none, or a package contains it.
        uses_transcript: whether the value depends on the transcript of the clip, if there is one.
        diagnostics: names of the diagnostics that are computed together with this metric.
    """

    name: str
    unit: str
    function: str
    method: str
    source: str
    package: str = "seinfer"
    best: Literal["higher", "lower"] = "higher"
    lower: float | None = None
    upper: float | None = None
    needs_reference: bool = True
    sample_rate: int | None = None
    cost: float = 1.0
    default: bool = False
    on_pair: str = ""
    needs: tuple[str, ...] = ()
    extra: str = ""
    distribution: str = "seinfer"
    is_diagnostic: bool = False
    uses_transcript: bool = False
    weights: ModelSpec | None = None
    diagnostics: tuple[str, ...] = ()

    @property
    def version(self) -> str:
        """The installed release of `package`."""
        return version_of(self.package) or "(not installed)"

    @property
    def implementation(self) -> str:
        """Package, release and method: enough to tell whether two tables are comparable."""
        network = f", network sha256 {metric_weights.known_sha256(self.weights)}" if self.weights else ""
        return f"{self.package} {self.version}, {self.method}{network}"


def why_unavailable(metric: Metric) -> str:
    """Return what a metric lacks here, packages or weights, and the command that brings it; "" if it lacks nothing.

    Reads package metadata and file sizes only.
    """
    if missing := lacking(metric):
        return f"needs {', '.join(missing)}: {install_line(metric)}"
    return metric_weights.why_missing(metric.weights) if metric.weights else ""


def is_available(metric: Metric) -> bool:
    """Return whether packages and weights of a metric are here. Reads package metadata and file sizes only."""
    return not why_unavailable(metric)
