"""Proposals of the shell for options and arguments (`seinfer --install-completion`). Loads no model and no numpy.

A value of names separated by commas is completed name by name. The shell shows proposals while the user types, so an
error, for example in a file of models, gives no proposals and no message.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import typer

from ..core.errors import SeinferError

FIGURES = ("leaderboard", "differences", "distributions", "cost", "categories", "input-quality")
"""The names of reports/figures, which loads numpy."""
Proposals = Callable[[str], list[str]]


def one_of(*values: str) -> Proposals:
    """Return a function that proposes fixed values."""

    def propose(incomplete: str) -> list[str]:
        return [value for value in values if value.startswith(incomplete)]

    return propose


def model(context: typer.Context, incomplete: str) -> list[str]:
    """Propose the names of models and their aliases."""
    return [name for name in _models(context) if name.startswith(incomplete)]


def models(context: typer.Context, incomplete: str) -> list[str]:
    """Propose all, or names of models separated by commas."""
    return _in_list(incomplete, _models(context))


def models_to_list(context: typer.Context, incomplete: str) -> list[str]:
    """Propose all, or one name: further names are arguments of their own."""
    return [name for name in ("all", *_models(context)) if name.startswith(incomplete)]


def metrics(incomplete: str) -> list[str]:
    """Propose auto, all, or names of metrics separated by commas."""
    return _in_list(incomplete, _metrics(), first=("auto", "all"))


def metric_names(incomplete: str) -> list[str]:
    """Propose names of metrics separated by commas."""
    return _in_list(incomplete, _metrics(), first=())


def figures(incomplete: str) -> list[str]:
    """Propose names of figures separated by commas."""
    return _in_list(incomplete, FIGURES, first=())


def sort(incomplete: str) -> list[str]:
    """Propose what --sort accepts."""
    return one_of("name", "rtf", "parameters", "size", "memory", *_metrics())(incomplete)


def subtype(incomplete: str) -> list[str]:
    """Propose the subtypes of written files."""
    return one_of("PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE")(incomplete)


def _in_list(incomplete: str, names: Iterable[str], first: Iterable[str] = ("all",)) -> list[str]:
    """Return the text with its last name completed; a name that is already in the list is not proposed again."""
    before, comma, last = incomplete.rpartition(",")
    used = {name.strip() for name in before.split(",")}
    candidates = names if comma else [*first, *names]
    return [f"{before}{comma}{name}" for name in candidates if name.startswith(last) and name not in used]


def _models(context: typer.Context) -> list[str]:
    from ..models.registry import load_registry

    try:
        return load_registry(Path(path) for path in context.params.get("models_file") or ()).names()
    except SeinferError:
        return load_registry().names()


def _metrics() -> list[str]:
    from ..metrics.table import load_table

    return [metric.name for metric in load_table().metrics.values() if not metric.is_diagnostic]
