"""Which extras are installed, and the exact line that installs one. Reads package metadata, imports nothing."""

from __future__ import annotations

import json
import re
import shlex
import sys
from collections.abc import Iterable
from functools import cache
from importlib.metadata import Distribution, PackageNotFoundError, distribution, version
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlparse

from ..core.records import ModelSpec

CORE = ("numpy", "scipy", "soundfile", "soxr", "pesq", "pyrnnoise")
"""Packages of the core install whose releases a figure depends on."""

_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?([^;]*);?(.*)")
_EXTRA = re.compile(r"""extra\s*==\s*['"]([^'"]+)['"]""")


class NeedsExtra(Protocol):
    """A model or a metric, in that it may need more than the core install."""

    @property
    def extra(self) -> str:
        """Pip extra that brings the packages; empty when the core install is enough."""
        ...

    @property
    def distribution(self) -> str:
        """The installed package whose extra that is."""
        ...


def missing_packages(spec: ModelSpec) -> list[str]:
    """Return the packages of the model's extra that are not installed here."""
    return [] if spec.python else lacking(spec)  # what another interpreter has is known only when its worker starts


def lacking(thing: NeedsExtra) -> list[str]:
    """Return the packages of the extra of a model or metric that are not installed here."""
    names = extra_packages(thing.distribution, thing.extra) if thing.extra else ()
    return [name for name in names if not version_of(name)]


@cache
def extra_packages(owner: str, extra: str) -> tuple[str, ...]:
    """Return the names of the packages that an extra of a distribution brings.

    A requirement counts even where its marker leaves it out (a package without wheels for this Python): the model
    needs it all the same.
    """
    found = _distribution(owner)
    names = []
    for line in (found.requires or ()) if found else ():
        match = _REQUIREMENT.match(line)
        wanted = _EXTRA.search(line)
        if match and wanted and wanted.group(1) == extra:
            names.append(match.group(1))
    return tuple(names)


@cache
def version_of(name: str) -> str:
    """Return the installed version of a package, "" where there is none."""
    found = _distribution(name)
    return found.version if found else ""


def _distribution(name: str) -> Distribution | None:
    try:
        return distribution(name)
    except PackageNotFoundError:
        return None


def install_line(thing: NeedsExtra) -> str:
    """Return the shell command that installs the extra of a model or metric into this environment.

    A source checkout is named by its path, because that is where its extras are.
    """
    folder = source_folder(thing.distribution)
    target = f"{folder or thing.distribution}[{thing.extra}]"
    constraints = folder / "constraints.txt" if folder else None
    words = [sys.executable, "-m", "pip", "install"]
    if constraints and constraints.is_file():
        words += ["-c", str(constraints)]
    return shlex.join([*words, *(["-e"] if folder else []), target])


def source_folder(owner: str) -> Path | None:
    """Return the checkout that a distribution is installed from in editable mode (PEP 610), or None."""
    found = _distribution(owner)
    text = found.read_text("direct_url.json") if found else None
    origin = json.loads(text) if text else {}
    if not origin.get("dir_info", {}).get("editable"):
        return None
    folder = Path(unquote(urlparse(origin["url"]).path))
    return folder if folder.is_dir() else None


def versions(things: Iterable[NeedsExtra]) -> dict[str, str]:
    """Return the versions of seinfer and of every package that these models and metrics use."""
    names = {*CORE, *(name for one in things if one.extra for name in extra_packages(one.distribution, one.extra))}
    found = {name: version_of(name) for name in sorted(names)}
    return {"seinfer": version("seinfer"), **{name: number for name, number in found.items() if number}}
