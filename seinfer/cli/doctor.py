"""`seinfer doctor`: what works here, and what to type where it does not. Loads no framework."""

from __future__ import annotations

import json
import os
import shutil
import sys
from typing import Any

from ..core.devices import cores, find_gpu, machine
from ..core.errors import SeinferError
from ..metrics.table import load_table
from ..models import weights
from ..models.extras import CORE, NeedsExtra, extra_packages, version_of
from ..models.registry import Registry, load_registry
from ..models.selection import why_not
from ..reports.terminal import console


def doctor_command(*, as_json: bool) -> int:
    """Print the findings."""
    findings = examine(load_registry())
    if as_json:
        print(json.dumps(findings, indent=2, ensure_ascii=False))
        return 0
    out = console()
    for section, facts in findings.items():
        out.print(section, style="bold")
        for name, fact in facts.items():
            out.print(f"  {name:22}{fact}", markup=False, soft_wrap=True)
    return 0


def examine(registry: Registry) -> dict[str, dict[str, Any]]:
    """Return the findings by section."""
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
    return ", ".join(f"{name} {version_of(name) or 'MISSING'}" for name in extra_packages(owner, extra))


def _weights() -> dict[str, str]:
    try:
        folder = weights.weights_dir()
    except SeinferError as error:
        return {"folder": f"PROBLEM: {error}"}
    parent = next(path for path in (folder, *folder.parents) if path.exists())
    free_mib = shutil.disk_usage(parent).free // 2**20
    writable = "writable" if os.access(parent, os.W_OK) else "READ-ONLY"
    return {
        "folder": str(folder),
        "state": f"{'there' if folder.is_dir() else 'not made yet'}, {writable}, {free_mib} MiB free",
    }
