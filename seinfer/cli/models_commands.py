"""What `seinfer models` does: list, show, pull, verify. Reads tables and files, loads no model and no numpy."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from ..core.errors import DownloadError, IntegrityError, MissingWeightsError, SeinferError, UsageError
from ..core.records import ModelSpec, to_json
from ..models import weights
from ..models.registry import Registry
from ..models.selection import open_registry, why_not
from ..reports.progress import DownloadBars
from ..reports.terminal import console

INTEGRITY = IntegrityError.exit_code
# Columns of a terminal from which the list shows latency, aliases and how each model was verified.
_WIDE = 120


def list_command(models_files: Iterable[Path], *, as_json: bool) -> int:
    """List all models, with what is missing to run them."""
    registry = open_registry(models_files)
    rows = [
        {**to_json(spec), "weights": weights.state(spec), "not_run": why_not(spec)} for spec in registry.specs.values()
    ]
    if as_json:
        print(json.dumps(rows, indent=2, ensure_ascii=False))
        return 0
    out = console()
    out.print(_table(registry, out.width))
    for row in rows:
        if row["not_run"]:
            out.print(f"{row['name']}: {row['not_run']}", markup=False, soft_wrap=True)
    return 0


def _table(registry: Registry, width: int) -> Table:
    """Return one row a model; on a narrow terminal without what `models show` tells as well."""
    is_wide = width >= _WIDE
    table = Table(box=SIMPLE_HEAD)
    table.add_column("model", overflow="fold")
    for heading in ("rate Hz", "parameters", *(["latency ms"] if is_wide else [])):
        table.add_column(heading, justify="right", no_wrap=True)
    for heading in ("weights licence", *(["verified by"] if is_wide else []), "runs here"):
        table.add_column(heading)
    for spec in registry.specs.values():
        names = [spec.name, *(f"({alias})" for alias in spec.aliases if is_wide)]
        figures = [str(spec.sample_rate or "any"), f"{spec.n_parameters:,}"]
        words = [spec.license_weights, *([spec.verified] if is_wide else []), "no" if why_not(spec) else "yes"]
        table.add_row(" ".join(names), *figures, *([f"{spec.latency_ms:g}"] if is_wide else []), *words)
    return table


def show_command(name: str, models_files: Iterable[Path], *, as_json: bool) -> int:
    """Print every fact about a model."""
    spec = open_registry(models_files).find(name)
    facts = {**to_json(spec), "weights": weights.state(spec), "not_run": why_not(spec)}
    if as_json:
        print(json.dumps(facts, indent=2, ensure_ascii=False))
        return 0
    out = console()
    for key, value in facts.items():
        if key == "files":
            _print_files(out, spec)
        elif value not in ("", [], (), {}):
            text = ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
            out.print(f"{key:16}{text}", markup=False, soft_wrap=True)
    return 0


def _print_files(out: Console, spec: ModelSpec) -> None:
    for file in spec.files:
        size = f"{file.bytes:,} bytes" if file.bytes else "size not published"
        out.print(
            f"{'file':16}{file.name}, {size}, sha256 {file.sha256 or 'not published'}", markup=False, soft_wrap=True
        )
        out.print(f"{'':16}from {file.url or file.path}", markup=False, soft_wrap=True)
        out.print(f"{'':16}at {weights.path_of(spec, file)}", markup=False, soft_wrap=True)


def chosen(registry: Registry, names: Sequence[str]) -> list[ModelSpec]:
    """Return the models that names mean; "all", or no name, means every one that has weights."""
    if not names or list(names) == ["all"]:
        return [spec for spec in registry.specs.values() if spec.files]
    return list({(spec := registry.find(name)).name: spec for name in names}.values())


def pull_command(names: Sequence[str], sources: Sequence[Path], models_files: Iterable[Path], *, offline: bool) -> int:
    """Fetch weights; what fails is said and the others go on."""
    specs = chosen(open_registry(models_files), names)
    if len(specs) > 1 and any(source.is_file() for source in sources):
        raise UsageError(
            "--from FILE with several models: a single file serves a single model; name it, or give a folder"
        )
    lost: list[SeinferError] = []
    for spec in specs:
        try:
            pull_one(spec, sources, offline=offline)
        except (DownloadError, IntegrityError, MissingWeightsError) as error:
            lost.append(error)
            print(error if str(error).startswith(f"{spec.name}:") else f"{spec.name}: {error}", file=sys.stderr)
    return max((error.exit_code for error in lost), default=0)


def pull_one(spec: ModelSpec, sources: Sequence[Path] = (), *, offline: bool = False) -> None:
    """Fetch one model's weights with a progress bar, its licence said first."""
    if not spec.files:
        print(f"{spec.name}: needs no download")
        return
    if weights.state(spec) != "present":
        print(f"{spec.name}: weights licence: {spec.license_weights}; code: {spec.license_code}", file=sys.stderr)
    with DownloadBars() as bars:
        found = weights.pull(spec, sources=sources, offline=offline, progress=bars)
    for path in found.values():
        print(f"{spec.name}: {path} verified")


def verify_command(names: Sequence[str], models_files: Iterable[Path], *, as_json: bool) -> int:
    """Hash every weight file that is here. A missing one is no failure unless it was named."""
    specs = chosen(open_registry(models_files), names)
    rows = [
        {"model": spec.name, **asdict(check), "path": str(check.path)}
        for spec in specs
        for check in weights.verify(spec)
    ]
    if as_json:
        print(json.dumps(rows, indent=2, ensure_ascii=False))
    else:
        for row in rows:
            print(
                f"{row['model']}: {row['name']}: {row['status']}" + (f" ({row['problem']})" if row["problem"] else "")
            )
    damaged = any(row["status"] not in ("ok", "missing", "unreadable") for row in rows)
    absent = bool(names) and any(row["status"] in ("missing", "unreadable") for row in rows)
    return INTEGRITY if damaged else MissingWeightsError.exit_code if absent else 0
