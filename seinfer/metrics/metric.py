"""What a metric is, and what it means that one could not be computed. Standard library only.

The rule: a figure is right or it is absent with a reason. No metric returns a stand-in for a failure (0, 1e-5, -7,
nan), because every such value has at some time entered a mean.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

from ..core.errors import RegistryError, SeinferError
from ..core.imports import import_object
from ..models.extras import install_line, lacking, version_of

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from .pair import Pair

REASONS: Mapping[str, str] = {
    "silent_ref": "the reference is silent",
    "silent_est": "the estimate is silent, or a whole piece of it where the reference has speech",
    "nonfinite": "a signal holds NaN or infinity",
    "too_short": "the clip is shorter than the metric can be computed on",
    "not_enough_speech": "the clip is long enough, the speech in its reference is not",
    "length_mismatch": "the lengths of reference and estimate differ by more than 40 ms",
    "no_reference": "the metric compares with a reference, and there is none",
    "sample_rate": "the metric is not defined at the sample rate of the signals",
    "undefined": "the metric has no finite value for these signals",
    "not_computed": "a metric that this one is made of could not be computed",
    "channels": "reference and estimate have different numbers of channels, neither of them one",
    "unreadable": "a file cannot be decoded, for the reason that follows",
    "not_installed": "packages of the metric are not installed, as follows",
    "model_file": "a file of the metric is missing or not the one that defines it, as follows",
    "pesq_error": "the pesq package gave up, for the reason that follows",
    "pesq_crash": "the process died within the pesq package",
    "metric_error": "the metric raised an error, which follows",
    "metric_crash": "the process died within the metric",
}
"""Why a value is absent. Behind unreadable, not_computed, not_installed, model_file, pesq_error and metric_error a
detail follows."""

REMARKS: Mapping[str, str] = {
    "identical": "the estimate equals the reference sample by sample; the value is the metric's bound or its maximum",
    "clamped": "the value lay beyond the bound at which it is shown",
}
"""What may be said of a value that is there."""

MISTAKES = (
    *(ArithmeticError, AssertionError, AttributeError, ImportError, LookupError, NameError, OSError, RegistryError),
    *(RuntimeError, SyntaxError, TypeError, ValueError),
)
"""What a metric of another package raises where it is wrong: a reason in the table, no end of the run."""


class MetricError(SeinferError):
    """A metric cannot be computed for one pair of signals.

    Attributes:
        reason: a key of REASONS.
        detail: what a foreign package said; empty for our own checks.
    """

    def __init__(self, reason: str, message: str = "", *, detail: str = "") -> None:
        super().__init__(message or f"{REASONS[reason]}{': ' if detail else ''}{detail}")
        self.reason = reason
        self.detail = detail

    @property
    def status(self) -> str:
        """The text for a table: the reason, and the detail behind it where there is one."""
        return f"{self.reason}: {self.detail}" if self.detail else self.reason


@dataclass(frozen=True)
class Metric:
    """One column of the score table.

    Attributes:
        name: column name.
        unit: "dB", "MOS", "MOS-LQO", or "" for a plain number.
        function: "module:function" of `(*, reference, estimate, sample_rate) -> float`; the metric by itself. May be
            empty for a metric that needs no reference: then `on_pair` is all there is.
        method: which of its variants this is, and every setting that moves the figure.
        source: paper and equation.
        package: the distribution whose release is part of the figure.
        best: whether a higher or a lower value is better.
        lower, upper: the range, None where it has no end; a value in dB beyond it is shown as the bound.
        needs_reference: whether it compares with a clean signal.
        sample_rate: Hz at which it is defined; None: at whatever rate is scored.
        cost: rough time against SI-SDR's; cheap metrics run first.
        default: whether it is computed when nobody chose; a metric that needs no reference, only where there is none.
        on_pair: "module:function" of `(Pair) -> float`: the same figure, remembering what belongs to the reference
            alone; empty: `function` is called.
        needs: names of the metrics whose values `function` takes as further keywords, and `on_pair` finds in the pair.
        extra: pip extra of `distribution` that brings its packages; empty where the core install is enough.
        distribution: the installed package whose extra that is.
        is_diagnostic: it says how another figure came about, and is never averaged, ranked or compared.
        beside: names of the diagnostics that are computed whenever this is.
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
    beside: tuple[str, ...] = ()

    @property
    def version(self) -> str:
        """The release of the package that computes it."""
        return version_of(self.package) or "(not installed)"

    @property
    def implementation(self) -> str:
        """What computes it, with the release: enough to tell two tables apart."""
        return f"{self.package} {self.version}, {self.method}"

    def compute(self, *, reference: ArrayLike | None, estimate: ArrayLike, sample_rate: int, **needed: float) -> float:
        """Compute the metric by itself.

        Args:
            reference: clean signal, shape (time,), float; None where the metric needs none.
            estimate: signal to judge, same shape.
            sample_rate: Hz of both.
            **needed: values of the metrics in `needs`.

        Raises:
            MetricError: it cannot be computed for these signals, or its packages are not installed.
        """
        _require_packages(self)
        if self.on_pair and not (self.function or self.needs_reference):
            return self.of(_estimate_alone(estimate, sample_rate, needed))
        function = resolve(self.name, self.function)
        return float(function(reference=reference, estimate=estimate, sample_rate=sample_rate, **needed))

    def of(self, pair: Pair) -> float:
        """Compute the metric of a pair, with the help of what the pair remembers.

        Raises:
            MetricError: it cannot be computed for this pair, or its packages are not installed.
        """
        if self.on_pair:
            _require_packages(self)
            return float(resolve(self.name, self.on_pair)(pair))
        reference = pair.reference.samples if self.needs_reference else None
        needed = {name: pair.values[name] for name in self.needs}
        return self.compute(reference=reference, estimate=pair.estimate, sample_rate=pair.sample_rate, **needed)


def why_not(metric: Metric) -> str:
    """Say why a metric cannot be computed here and what mends it; "" where it can. Reads package metadata only."""
    missing = lacking(metric)
    return f"needs {', '.join(missing)}: {install_line(metric)}" if missing else ""


def is_available(metric: Metric) -> bool:
    """Say whether the packages of a metric are installed here. Reads package metadata only, imports nothing."""
    return not lacking(metric)


def _estimate_alone(estimate: ArrayLike, sample_rate: int, values: Mapping[str, float]) -> Pair:
    from .pair import Pair
    from .signals import check

    return Pair(None, check(estimate, "estimate"), sample_rate, values)


def _require_packages(metric: Metric) -> None:
    if reason := why_not(metric):
        raise MetricError("not_installed", detail=reason)


def resolve(name: str, target: str) -> Callable[..., Any]:
    """Import the function that "module:function" names.

    Raises:
        RegistryError: there is none.
    """
    try:
        return cast("Callable[..., Any]", import_object(target))
    except ImportError as error:
        raise RegistryError(
            f"the metric {name} cannot be loaded from {target!r}: {error}; expected 'module:function'"
        ) from error
