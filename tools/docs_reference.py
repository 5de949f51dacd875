"""Text of the documentation that is generated from the code, so that it cannot differ from it.

`docs_hooks.py` calls it when the site is built.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from seinfer.core.records import NOT_STATED
from seinfer.metrics.metric import Metric
from seinfer.models.registry import load_registry

if TYPE_CHECKING:
    from seinfer.core.records import ModelSpec

# --- The commands ---

_INTRODUCTION = """# Commands

Every command and option of `seinfer`. This page is generated from the program; `seinfer COMMAND --help` prints
the same texts. The exit codes are in [Files and exit codes](files.md#exit-codes).
"""


_TYPES = (
    (r"(?<=[\])}.]) <[^>]*>", ""),  # an argument has its name
    (r"<(int|float) range>", r"NUMBER"),
    (r"<list\[Path\]>", "PATH"),
    (r"<path>", "PATH"),
    (r"<(?:str|list\[str\])>", "TEXT"),
    (r"<(?:int|float)>", "NUMBER"),
)
"""Forms that typer prints -> words."""


def commands_page() -> str:
    """Return the page with all commands and options, as Markdown."""
    import typer.main

    from seinfer.cli.app import app

    return "\n".join([_INTRODUCTION, *_sections(typer.main.get_command(app), "seinfer")])


def _sections(command: Any, path: str) -> Iterator[str]:
    """Yield one section per command; a group of commands yields the sections of its members."""
    members = getattr(command, "commands", None)
    if members is not None:
        for name, member in members.items():
            yield from _sections(member, f"{path} {name}")
        return
    context = command.make_context(path, [], resilient_parsing=True)
    yield f"## {path}\n"
    yield f"{_cell(inspect.cleandoc(command.help or ''))}\n"
    yield f"```text\n{' '.join([path, *command.collect_usage_pieces(context)])}\n```\n"
    parameters = [parameter for parameter in command.get_params(context) if not getattr(parameter, "hidden", False)]
    for kind, heading in (("argument", "argument"), ("option", "option")):
        rows = [_row(parameter, context) for parameter in parameters if parameter.param_type_name == kind]
        if rows:
            yield "\n".join([f"| {heading} | meaning |", "|---|---|", *rows, ""])


def _row(parameter: Any, context: Any) -> str:
    shown, meaning = parameter.get_help_record(context) or (", ".join(parameter.opts), parameter.help or "")
    form = _plain_types(shown)
    if parameter.param_type_name == "argument":
        form = re.sub(r" (?:TEXT|PATH)$", "", form).upper()
    return f"| `{form}` | {_cell(meaning)} |"


def _plain_types(shown: str) -> str:
    """Return the form of an option without Python's names of types: `--limit INT` instead of `--limit <int range>`."""
    for pattern, word in _TYPES:
        shown = re.sub(pattern, word, shown)
    return shown.strip()


def _cell(text: str) -> str:
    """Return a text for a cell of a Markdown table."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")


# --- The metrics ---


def metric_facts(metric: Metric) -> str:
    """Return the facts about a metric that the code knows, as a Markdown list."""
    unit = f" {metric.unit}" if metric.unit else ""
    bounds = ["no limit" if bound is None else f"{bound:g}" for bound in (metric.lower, metric.upper)]
    rate = f"{metric.sample_rate} Hz" if metric.sample_rate else "the rate of `--score-rate`"
    extra = f", needs the extra `[{metric.extra}]`" if metric.extra else ""
    lines = [
        f"- **Range:** {bounds[0]} to {bounds[1]}{unit}; {metric.best} is better.",
        f"- **Clean reference:** {'needed' if metric.needs_reference else 'not needed'}.",
        f"- **By default:** {'computed' if metric.default else 'not computed; name it with `--metrics`'}{extra}.",
        f"- **Computed by:** {metric.package}, at {rate}: {metric.method}.",
        f"- **Source:** {metric.source}.",
    ]
    return "\n".join(lines)


# --- The models ---


def model_table() -> str:
    """Return the table of the models that come with seinfer: network and download."""
    heading = ("name", "parameters", "rate", "causal", "latency ms", "extra", "download MB")
    return _table(heading, map(_network, load_registry().specs.values()), "l r l l r l r")


def licence_table() -> str:
    """Return the table of the models that come with seinfer: licences, and how each was verified."""
    heading = ("name", "licence of the code", "licence of the weights", "verified by")
    return _table(heading, map(_licences, load_registry().specs.values()), "l l l l")


def _network(spec: ModelSpec) -> tuple[str, ...]:
    n_bytes = sum(file.bytes or 0 for file in spec.files) if all(file.bytes for file in spec.files) else 0
    return (
        f"`{spec.name}`",
        f"{spec.n_parameters / 1e6:.2f} M" if spec.n_parameters else "–",
        f"{spec.sample_rate / 1000:g} kHz" if spec.sample_rate else "any",
        "yes" if spec.causal else "no",
        f"{spec.latency_ms:g}",
        f"`[{spec.extra}]`" if spec.extra else "–",
        f"{n_bytes / 1e6:.1f}" if n_bytes else "–",
    )


def _licences(spec: ModelSpec) -> tuple[str, ...]:
    return f"`{spec.name}`", _licence(spec.license_code), _licence(spec.license_weights), spec.verified


def _licence(text: str) -> str:
    return f"**{text}**" if text == NOT_STATED else text


def _table(heading: Sequence[str], rows: Iterable[Sequence[str]], alignment: str) -> str:
    line = {"l": "---", "r": "---:"}
    lines = [heading, [line[side] for side in alignment.split()], *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
