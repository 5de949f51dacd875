"""`seinfer doctor`: what works on this machine, and what to install for the rest. Loads no framework."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..core.errors import SeinferError
from ..core.escape import visible
from ..core.streams import print_json
from .options import Json

if TYPE_CHECKING:
    from ..models.registry import Registry


def doctor(json: Json = False) -> None:
    """Print what works here: versions, extras, weights, devices, and what to install."""
    from ..models.registry import load_registry

    findings = examine(load_registry())
    if json:
        print_json(findings)
        return
    _print(findings)


def _print(findings: Mapping[str, Mapping[str, Any]]) -> None:
    """Print two columns; a long value continues below its beginning, but a command is one line, to be copied."""
    from rich.table import Table
    from rich.text import Text

    from ..models.not_run import installable
    from ..reports.terminal import console

    found = installable(findings["models"])
    models = {name: _short(text) if name in found.models else text for name, text in findings["models"].items()}
    extras = {name.removeprefix("seinfer"): text for name, text in findings["extras"].items()}
    shown = {**findings, "extras": extras, "models": models}
    width = max(len(name) for facts in shown.values() for name in facts)
    out = console()
    for section, facts in shown.items():
        if facts:
            out.print(section, style="bold")
            table = Table.grid(padding=(0, 2, 0, 0))
            table.add_column(width=width + 2, no_wrap=True)
            table.add_column(overflow="fold")
            for name, fact in facts.items():
                table.add_row(Text(f"  {visible(name)}"), Text(visible(fact)))
            out.print(table)
    if found.commands:
        out.print("to install the models that are missing", style="bold")
    for command in found.commands:
        out.print(f"  {command}", markup=False, soft_wrap=True)


def _short(reason: str) -> str:
    """Return the reason why a model does not run without the command that installs it, which is printed once."""
    return reason.partition(": ")[0]


def examine(registry: Registry) -> dict[str, dict[str, Any]]:
    """Return the findings: section -> name -> finding."""
    from ..core.devices import cores, find_gpu, machine
    from ..metrics.table import load_table
    from ..models.extras import CORE, NeedsExtra, version_of
    from ..models.selection import why_not

    metrics = load_table()
    things: list[NeedsExtra] = [*registry.specs.values(), *metrics.metrics.values()]
    extras = dict.fromkeys((thing.distribution, thing.extra) for thing in things if thing.extra)
    problems = [*registry.problems, *metrics.problems]
    return {
        "seinfer": {
            "version": version_of("seinfer"),
            "interpreter": sys.executable,
            **machine(),
            "usable cores": cores(),
        },
        "packages": {name: version_of(name) or "MISSING" for name in CORE},
        "extras": {f"{owner}[{extra}]": _packages(owner, extra) for owner, extra in extras},
        "weights": _weights(),
        "models": {name: why_not(spec) or "ready" for name, spec in registry.specs.items()},
        "plug-ins": {f"problem {i + 1}": problem for i, problem in enumerate(problems)},
        "devices": {"cuda": find_gpu() or "no NVIDIA GPU found"},
    }


def _packages(owner: str, extra: str) -> str:
    from ..models.extras import extra_packages, version_of

    return ", ".join(f"{name} {version_of(name) or 'MISSING'}" for name in extra_packages(owner, extra))


def _weights() -> dict[str, str]:
    from ..models import weights

    try:
        folder = weights.weights_dir()
    except SeinferError as error:
        return {"folder": f"PROBLEM: {error}"}
    parent = next(path for path in (folder, *folder.parents) if path.exists())
    free_mib = shutil.disk_usage(parent).free // 2**20
    writable = "writable" if os.access(parent, os.W_OK) else "READ-ONLY"
    return {
        "folder": str(folder),
        "state": f"{'exists' if folder.is_dir() else 'not made yet'}, {writable}, {free_mib} MiB free",
    }
