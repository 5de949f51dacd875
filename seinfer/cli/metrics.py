"""`seinfer metrics`: list the metrics, and fetch the networks of those that no package contains. Imports no metric."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..core.errors import UsageError
from ..core.streams import print_json, print_message
from .config import Command
from .options import Json, Offline, WeightsFrom

if TYPE_CHECKING:
    from rich.table import Table

    from ..metrics.metric import Metric


app = typer.Typer(
    help="List the metrics, and fetch the networks of some.", rich_markup_mode=None, invoke_without_command=True
)


@app.callback()
def _default(
    context: typer.Context,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Also say how each metric is computed, and give its source.")
    ] = False,
    json: Json = False,
) -> None:
    if context.invoked_subcommand is None:
        list_metrics(verbose=verbose, json=json)


def list_metrics(*, verbose: bool = False, json: bool = False) -> None:
    """List the metrics: unit, range, rate, what they need and what computes them."""
    from ..metrics.table import load_table

    table = load_table()
    for problem in table.problems:
        print_message(f"warning: {problem}")
    if json:
        print_json([facts(metric) for metric in table.metrics.values()])
    else:
        _print_metrics([metric for metric in table.metrics.values() if not metric.is_diagnostic], verbose=verbose)


@app.command(cls=Command)
def pull(
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="nisqa, scoreq, or all.")],
    source: WeightsFrom = None,
    offline: Offline = False,
) -> None:
    """Fetch the networks of metrics and verify them."""
    from ..metrics.weights import NETWORKS
    from .models import pull_each

    if unknown := [name for name in names if name not in (*NETWORKS, "all")]:
        raise UsageError(f"no network is fetched for {', '.join(unknown)}; expected {', '.join(NETWORKS)}, or all")
    specs = [spec for name, spec in NETWORKS.items() if name in names or "all" in names]
    raise typer.Exit(pull_each(specs, source or [], offline=offline))


def _print_metrics(metrics: list[Metric], *, verbose: bool) -> None:
    from ..metrics.metric import why_unavailable
    from ..reports.terminal import console

    out = console()
    out.print(_table(metrics))
    out.print("* computed by --metrics auto, if it applies. Cost: approximate time, relative to SI-SDR.", markup=False)
    out.print(_spelling(), markup=False, soft_wrap=True)
    for line in _implementations(metrics) if verbose else [_packages(metrics)]:
        out.print(line, markup=False, soft_wrap=True)
    for reason in dict.fromkeys(why_unavailable(metric) for metric in metrics if why_unavailable(metric)):
        names = ", ".join(metric.name for metric in metrics if why_unavailable(metric) == reason)
        out.print(f"not available here: {names}: {reason}", markup=False, soft_wrap=True)


def _spelling() -> str:
    """Return one line on how metrics can be named."""
    from ..metrics.spelling import FAMILIES

    families = "; ".join(f"{name} = {', '.join(members)}" for name, members in FAMILIES.items())
    return f"Names can be typed as in the tables (PESQ-WB, SI-SDR), in any case. Short names: {families}."


def _implementations(metrics: Iterable[Metric]) -> Iterator[str]:
    for metric in metrics:
        yield f"{metric.name}: {metric.implementation}; {metric.source}"


def _packages(metrics: Iterable[Metric]) -> str:
    """Return one line: which package computes which metrics."""
    names_of: dict[str, list[str]] = {}
    for metric in metrics:
        names_of.setdefault(f"{metric.package} {metric.version}", []).append(metric.name)
    parts = (f"{', '.join(names)} by {package}" for package, names in names_of.items())
    return f"{'; '.join(parts)}; --verbose gives definitions and sources"


def facts(metric: Metric) -> dict[str, Any]:
    """Return everything about a metric that a script or a reader of its values may want to know."""
    from ..metrics.metric import why_unavailable

    return {
        "name": metric.name,
        "unit": metric.unit,
        "lower": metric.lower,
        "upper": metric.upper,
        "higher_is_better": metric.best == "higher",
        "needs_reference": metric.needs_reference,
        "sample_rate": metric.sample_rate,
        "cost": metric.cost,
        "is_default": metric.default,
        "is_diagnostic": metric.is_diagnostic,
        "source": metric.source,
        "package": metric.package,
        "version": metric.version,
        "implementation": metric.implementation,
        "not_here": why_unavailable(metric),
    }


def _table(metrics: Iterable[Metric]) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from ..metrics.metric import why_unavailable

    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))  # fits 80 columns
    for heading, justify in (("metric", "left"), ("unit", "left"), ("range", "right"), ("better", "left")):
        table.add_column(heading, justify=justify, no_wrap=True)  # type: ignore[arg-type]
    for heading in ("ref.", "rate Hz", "cost", "here"):
        table.add_column(heading, justify="right", no_wrap=True)
    for metric in metrics:
        name = f"{metric.name}{'*' if metric.default else ''}"
        reference = "needed" if metric.needs_reference else "none"
        rate = str(metric.sample_rate or "any")
        here = "no" if why_unavailable(metric) else "yes"
        table.add_row(name, metric.unit, _range(metric), metric.best, reference, rate, f"{metric.cost:g}", here)
    return table


def _range(metric: Metric) -> str:
    lower, upper = ("" if bound is None else f"{bound:g}" for bound in (metric.lower, metric.upper))
    return f"{lower} to {upper}" if upper else f"{lower} up" if lower else ""
