"""The models that can be named: read from models.toml files and entry points.

Nothing heavy is imported until a model is loaded. Built-in and third-party backends use the same entry-point group,
"seinfer.backends". The models of a package are in the models.toml of its top folder; more come from files that the user
names. A package that cannot be read gives a warning; the command continues with the other models.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from ..core.errors import RegistryError, SeinferError, UsageError
from ..core.imports import import_object
from ..core.records import ModelSpec
from ..core.suggestions import suggest
from .table import read_models

if TYPE_CHECKING:
    from ..backends.base import Load

GROUP = "seinfer.backends"


@dataclass(frozen=True)
class Registry:
    """The models that can be named on this machine.

    Attributes:
        specs: canonical name -> model, in the order of the files.
        problems: one line for each plug-in that could not be read.
    """

    specs: Mapping[str, ModelSpec]
    problems: tuple[str, ...] = ()

    def find(self, name: str) -> ModelSpec:
        """Return the model called `name`, which may be an alias.

        Raises:
            UsageError: there is none; the message names the most similar ones.
        """
        if name in self.specs:
            return self.specs[name]
        for spec in self.specs.values():
            if name in spec.aliases:
                return spec
        raise UsageError(unknown_name("model", name, self.names(), see="seinfer models"))

    def names(self) -> list[str]:
        """Return every name and alias."""
        return [name for spec in self.specs.values() for name in (spec.name, *spec.aliases)]


def unknown_name(what: str, name: str, known: Iterable[str], see: str) -> str:
    """Return the error message for a name that is not in a list."""
    return f"there is no {what} called {name!r}: {suggest(name, sorted(known))} (see `{see}`)"


def load_registry(models_files: Iterable[Path] = ()) -> Registry:
    """Read the tables of all installed packages, then of the user's own files.

    Args:
        models_files: files in the format of models.toml; a name that is already used is an error.

    Raises:
        RegistryError: a user's file is malformed, or uses a name that is already used.
    """
    specs: dict[str, ModelSpec] = {}
    problems: list[str] = []
    for owner, path in _package_tables(problems):
        try:
            _add(specs, read_models(path, distribution=owner), path)
        except SeinferError as error:
            problems.append(f"plug-in {owner}: {'; '.join(line.strip() for line in error.args)}")
    for path in models_files:
        _add(specs, read_models(path), path)
    return Registry(specs, tuple(problems))


def _add(specs: dict[str, ModelSpec], new: Mapping[str, ModelSpec], path: Path) -> None:
    used = {name: spec.name for spec in specs.values() for name in (spec.name, *spec.aliases)}
    for spec in new.values():
        for name in (spec.name, *spec.aliases):
            if name in used:
                raise RegistryError(f"{path}: the name {name!r} is already used by the model {used[name]!r}; rename it")
    specs.update(new)


def _package_tables(problems: list[str]) -> Iterator[tuple[str, Path]]:
    """Yield (distribution name, its models.toml) for every package in the group, seinfer itself first."""
    packages: dict[str, str] = {}
    for entry in _entry_points():
        packages.setdefault(entry.value.split(":")[0].split(".")[0], entry.dist.name if entry.dist else entry.name)
    for package in sorted(packages, key=lambda name: (name != "seinfer", name)):
        try:
            path = table_of(package)
        except (ImportError, ValueError) as error:
            problems.append(f"plug-in {packages[package]}: its package {package!r} cannot be found ({error})")
            continue
        if path is not None:
            yield packages[package], path


@cache
def _entry_points() -> tuple[EntryPoint, ...]:
    return tuple(entry_points(group=GROUP))


def table_of(package: str) -> Path | None:
    """Return the models.toml of a top-level package without importing the package, or None if it has none.

    Raises:
        ImportError: the package is not installed.
    """
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise ImportError(f"no package {package!r}")
    folder = Path(next(iter(found.submodule_search_locations)))
    # In an editable install of seinfer itself the table is still at the top of the repository.
    candidates = [folder / "models.toml", *([folder.parent / "models.toml"] if package == "seinfer" else [])]
    return next((path for path in candidates if path.is_file()), None)


def resolve(spec: ModelSpec) -> Load:
    """Import the function that a model's `backend` names.

    Raises:
        RegistryError: there is no such module or function.
    """
    try:
        return cast("Load", import_object(_target(spec)))
    except ImportError as error:
        raise RegistryError(
            f"the backend {spec.backend!r} of {spec.name} cannot be loaded: {error}; expected 'module:function'"
        ) from error


def known_options(spec: ModelSpec) -> Mapping[str, Any]:
    """Return the options that can be set for a model: its table's, and those of which its backend states the default.

    A backend states them as `DEFAULT_OPTIONS` in its module. If the module cannot be imported here, only the options of
    the table are known; an error is raised when the model is loaded.
    """
    try:
        module, _, _ = _target(spec).partition(":")
        return {**import_object(f"{module}:DEFAULT_OPTIONS"), **spec.options}
    except (ImportError, RegistryError):
        return spec.options


def _target(spec: ModelSpec) -> str:
    """Return "module:function" of a model's backend."""
    if ":" in spec.backend:
        return spec.backend
    values = {entry.name: entry.value for entry in _entry_points()}
    if spec.backend not in values:
        raise RegistryError(unknown_name("backend", spec.backend, values, see="seinfer doctor"))
    return values[spec.backend]
