"""The models that a command names, and which of them can run on this machine."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ..core.errors import MissingExtraError, MissingWeightsError, UsageError
from ..core.records import BASELINE, ModelSpec
from ..core.streams import print_message
from . import weights
from .extras import install_line, missing_packages
from .registry import Registry, load_registry


@dataclass(frozen=True)
class Selection:
    """Models to run, and those that cannot run.

    Attributes:
        specs: models to run, in order.
        not_run: name -> reason, for the models that cannot run.
        is_named: whether the user named the models; then one that cannot run is an error, not a line in the table.
    """

    specs: tuple[ModelSpec, ...]
    not_run: Mapping[str, str]
    is_named: bool


def open_registry(models_files: Iterable[Path] = ()) -> Registry:
    """Read all model tables; errors of plug-ins are printed on stderr as warnings."""
    registry = load_registry(models_files)
    for problem in registry.problems:
        print_message(f"warning: {problem}")
    return registry


def why_not(spec: ModelSpec) -> str:
    """Return why a model cannot run here and how to fix this, by metadata and file sizes alone; "" if it can run."""
    if spec.python and not os.access(spec.python, os.X_OK):
        return f"its interpreter {spec.python} is not there: correct the key python of its table"
    if missing := missing_packages(spec):
        return f"needs {', '.join(missing)}: {install_line(spec)}"
    state = weights.state(spec)
    if state in ("missing", "damaged"):
        # A file without a published hash is one whose link may be dead: segan+.
        copy = (
            "" if any(file.sha256 or file.git_sha1 for file in spec.files) else ", with --from FILE if its link is dead"
        )
        return f"weights {state}: seinfer models pull {spec.name}{copy}"
    return ""


def runnable(spec: ModelSpec) -> ModelSpec:
    """Return the model if it can run here.

    Raises:
        MissingExtraError, MissingWeightsError: it cannot; the message contains the command that fixes this.
    """
    if reason := why_not(spec):
        kind = MissingExtraError if missing_packages(spec) else MissingWeightsError
        raise kind(f"{spec.name} cannot run here: {reason}")
    return spec


def select(registry: Registry, names: str) -> Selection:
    """Read the value of --models: "all", or names separated by commas. The baseline is always included.

    Raises:
        UsageError: a name is unknown.
        MissingExtraError, MissingWeightsError: a model that was named cannot run here.
    """
    baseline = registry.find(BASELINE)
    found = select_without_baseline(registry, names)
    return replace(found, specs=(baseline, *(spec for spec in found.specs if spec != baseline)))


def select_without_baseline(registry: Registry, names: str) -> Selection:
    """Do the same as `select`, but include the baseline only if it is named.

    Raises:
        UsageError, MissingExtraError, MissingWeightsError: see `select`.
    """
    if names.strip() == "all":
        reasons = {spec.name: why_not(spec) for spec in registry.specs.values()}
        specs = tuple(spec for spec in registry.specs.values() if not reasons[spec.name] and spec.name != BASELINE)
        return Selection(specs, {name: reason for name, reason in reasons.items() if reason}, is_named=False)
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    if not wanted:
        raise UsageError("--models names no model; expected all, or names separated by commas (see `seinfer models`)")
    found = dict.fromkeys(registry.find(name).name for name in wanted)
    return Selection(tuple(runnable(registry.specs[name]) for name in found), {}, is_named=True)
