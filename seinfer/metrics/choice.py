"""The meaning of `--metrics`: which metrics are computed for clips with a clean file, and for clips without.

The rule: a metric is never replaced by another. If a chosen metric does not apply to a clip, its cell stays empty. Only
diagnostics are computed in addition to the chosen metrics.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ..core.counts import counted, verb
from ..core.errors import MissingExtraError, UsageError
from .asr import require_found
from .metric import Metric, why_unavailable
from .spelling import as_known
from .table import load_table

AUTO, ALL = "auto", "all"


@dataclass(frozen=True)
class MetricSelection:
    """Names of metrics, in the order of the columns.

    Attributes:
        with_reference: for clips that have a clean file.
        without_reference: for clips that have none.
        notes: lines about the selection for the user.
    """

    with_reference: tuple[str, ...] = ()
    without_reference: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """All metrics of the selection."""
        return _in_column_order({*self.with_reference, *self.without_reference})

    def of(self, *, has_reference: bool) -> tuple[str, ...]:
        """Return the metrics of a clip and their diagnostics."""
        names = self.with_reference if has_reference else self.without_reference
        return with_diagnostics(names)


def choose(text: str, *, n_with: int, n_without: int) -> MetricSelection:
    """Read the value of --metrics: "auto", "all", or names separated by commas, in any spelling of spelling.py.

    "auto" is SDR, SI-SDR, PESQ-WB, STOI and ESTOI for clips with a reference and DNSMOS for clips without; "all" is
    every metric that is installed and applies. Metrics that compare words are part of "all" only with clean files; for
    other clips, which need transcripts, they are named.

    Args:
        text: the value.
        n_with: number of clips that have a clean file.
        n_without: number of clips that have none.

    Raises:
        UsageError: a name is unknown, none is given, a metric needs clean files and there are none, or the recogniser
            of the word error rate is not found.
        MissingExtraError: a metric that was named is not installed.
    """
    keyword = text.strip().lower()
    if keyword not in (AUTO, ALL):
        return _split(_named(text, n_with), n_with, n_without)
    candidates = [
        metric for metric in load_table().metrics.values() if _is_selected(metric, keyword, n_with, n_without)
    ]
    chosen = _split([metric for metric in candidates if not why_unavailable(metric)], n_with, n_without)
    notes = _not_installed(candidates)
    if keyword == AUTO:
        compared = tuple(name for name in chosen.with_reference if load_table().metrics[name].needs_reference)
        chosen = replace(chosen, with_reference=compared)
        notes += _note_on_mixed_clips(chosen, n_with, n_without)
    return replace(chosen, notes=notes)


def with_diagnostics(names: Iterable[str]) -> tuple[str, ...]:
    """Return the names and those of their diagnostics, in the order of the columns."""
    metrics = load_table().metrics
    return _in_column_order({other for name in names for other in (name, *metrics[name].diagnostics)})


def _is_selected(metric: Metric, keyword: str, n_with: int, n_without: int) -> bool:
    if keyword == ALL:
        compares = metric.needs_reference or metric.uses_transcript
        return not metric.is_diagnostic and bool(n_with or not compares)
    return metric.default and bool(n_with if metric.needs_reference else n_without)


def _split(chosen: Sequence[Metric], n_with: int, n_without: int) -> MetricSelection:
    compared = tuple(metric.name for metric in chosen) if n_with else ()
    blind = tuple(metric.name for metric in chosen if not metric.needs_reference) if n_without else ()
    return MetricSelection(compared, blind)


def _named(text: str, n_with: int) -> list[Metric]:
    table = load_table()
    typed = [name.strip() for name in text.split(",") if name.strip()]
    names = [table.find(name).name for name in as_known(typed, table.metrics)]
    if not names:
        raise UsageError("--metrics names no metric; expected auto, all, or names (see `seinfer metrics`)")
    for metric in (table.metrics[name] for name in names):
        if metric.needs_reference and not n_with:
            raise UsageError(
                f"the metric {metric.name} needs clean files and none were found; give --clean or --manifest"
            )
        if reason := why_unavailable(metric):
            raise MissingExtraError(f"the metric {metric.name} cannot be computed here: {reason}")
        if metric.uses_transcript:
            require_found()
    return [metric for name, metric in table.metrics.items() if name in names]


def _not_installed(candidates: Iterable[Metric]) -> tuple[str, ...]:
    """Return one line per missing installation, with the metrics that are therefore left out of "auto" or "all"."""
    lacking: dict[str, list[str]] = {}
    for metric in candidates:
        if reason := why_unavailable(metric):
            lacking.setdefault(reason, []).append(metric.name)
    return tuple(f"not computed: {', '.join(names)}: {reason}" for reason, names in lacking.items())


def _note_on_mixed_clips(chosen: MetricSelection, n_with: int, n_without: int) -> tuple[str, ...]:
    if not (chosen.with_reference and chosen.without_reference):
        return ()
    return (
        f"{counted(n_with, 'clip')} with a clean file {verb(n_with, 'are')} compared with it, {n_without} without one "
        f"{verb(n_without, 'are')} scored without reference; no metric is computed for both",
    )


def _in_column_order(names: set[str]) -> tuple[str, ...]:
    return tuple(name for name in load_table().metrics if name in names)
