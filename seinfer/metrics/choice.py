"""What `--metrics` means: which figures a clip gets, with a clean file and without.

The rule: a metric is never put in the place of another. Where the chosen ones do not apply to a clip its cells stay
empty; nothing is computed beside them but what says how a figure came about.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ..core.errors import MissingExtraError, UsageError
from .metric import Metric, why_not
from .table import load_table

AUTO, ALL = "auto", "all"


@dataclass(frozen=True)
class Choice:
    """Names of metrics, in the order of the columns.

    Attributes:
        with_reference: for clips that have a clean file.
        without_reference: for clips that have none.
        notes: what a user should know about the choice, a line each.
    """

    with_reference: tuple[str, ...] = ()
    without_reference: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """All of them."""
        return _in_column_order({*self.with_reference, *self.without_reference})

    def of(self, *, has_reference: bool) -> tuple[str, ...]:
        """Return what a clip gets, and the diagnostics that go with it."""
        names = self.with_reference if has_reference else self.without_reference
        return with_diagnostics(names)


def choose(text: str, *, n_with: int, n_without: int) -> Choice:
    """Read the value of --metrics: "auto", "all", or names separated by commas.

    "auto" is SDR, SI-SDR, PESQ-WB, STOI and ESTOI for clips with a reference and DNSMOS for those without; "all" is
    whatever is installed and applies.

    Args:
        text: the value.
        n_with: clips that have a clean file.
        n_without: clips that have none.

    Raises:
        UsageError: a name is unknown, none is given, or a metric needs clean files and there are none.
        MissingExtraError: a metric that was named is not installed.
    """
    which = text.strip()
    if which not in (AUTO, ALL):
        return _divided(_named(which, n_with), n_with, n_without)
    meant = [metric for metric in load_table().metrics.values() if _is_meant(metric, which, n_with, n_without)]
    chosen = _divided([metric for metric in meant if not why_not(metric)], n_with, n_without)
    notes = _not_installed(meant)
    if which == AUTO:
        compared = tuple(name for name in chosen.with_reference if load_table().metrics[name].needs_reference)
        chosen = replace(chosen, with_reference=compared)
        notes += _mixed(chosen, n_with, n_without)
    return replace(chosen, notes=notes)


def with_diagnostics(names: Iterable[str]) -> tuple[str, ...]:
    """Return the names, and those of the diagnostics that are computed beside them, in the order of the columns."""
    metrics = load_table().metrics
    return _in_column_order({other for name in names for other in (name, *metrics[name].beside)})


def _is_meant(metric: Metric, which: str, n_with: int, n_without: int) -> bool:
    if which == ALL:
        return not metric.is_diagnostic and bool(n_with or not metric.needs_reference)
    return metric.default and bool(n_with if metric.needs_reference else n_without)


def _divided(chosen: Sequence[Metric], n_with: int, n_without: int) -> Choice:
    compared = tuple(metric.name for metric in chosen) if n_with else ()
    blind = tuple(metric.name for metric in chosen if not metric.needs_reference) if n_without else ()
    return Choice(compared, blind)


def _named(text: str, n_with: int) -> list[Metric]:
    table = load_table()
    names = [table.find(name.strip()).name for name in text.split(",") if name.strip()]
    if not names:
        raise UsageError("--metrics names no metric; expected auto, all, or names (see `seinfer metrics`)")
    for metric in (table.metrics[name] for name in names):
        if metric.needs_reference and not n_with:
            raise UsageError(
                f"the metric {metric.name} needs clean files and none were found; give --clean or --manifest"
            )
        if reason := why_not(metric):
            raise MissingExtraError(f"the metric {metric.name} cannot be computed here: {reason}")
    return [metric for name, metric in table.metrics.items() if name in names]


def _not_installed(meant: Iterable[Metric]) -> tuple[str, ...]:
    """Say what is left out of a choice that nobody made by name, a line for each thing to install."""
    lacking: dict[str, list[str]] = {}
    for metric in meant:
        if reason := why_not(metric):
            lacking.setdefault(reason, []).append(metric.name)
    return tuple(f"not computed: {', '.join(names)}: {reason}" for reason, names in lacking.items())


def _mixed(chosen: Choice, n_with: int, n_without: int) -> tuple[str, ...]:
    if not (chosen.with_reference and chosen.without_reference):
        return ()
    return (
        f"{n_with} clips with a clean file are compared with it, {n_without} without one are judged by themselves; "
        "no metric is computed for both",
    )


def _in_column_order(names: set[str]) -> tuple[str, ...]:
    return tuple(name for name in load_table().metrics if name in names)
