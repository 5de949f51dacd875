"""Which extras are installed, and the exact command that installs one. Reads package metadata, imports no package."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import Distribution, PackageNotFoundError, distribution, version
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlparse

from ..core.errors import MissingExtraError
from ..core.records import ModelSpec

CORE = ("numpy", "scipy", "soundfile", "soxr", "pesq", "pyrnnoise")
"""Packages of the core install whose versions can change a score."""


class NeedsExtra(Protocol):
    """A model or a metric, which may need more packages than the core install."""

    @property
    def extra(self) -> str:
        """Pip extra that contains the packages; empty if the core install is enough."""
        ...

    @property
    def distribution(self) -> str:
        """The installed package that defines the extra."""
        ...


def missing_packages(spec: ModelSpec) -> list[str]:
    """Return the packages of the model's extra that are not installed here."""
    return (
        [] if spec.python else lacking(spec)
    )  # the packages of another interpreter are known only when its worker starts


def lacking(thing: NeedsExtra) -> list[str]:
    """Return the packages of the extra of a model or metric that are not installed here."""
    names = extra_packages(thing.distribution, thing.extra) if thing.extra else ()
    return [name for name in names if not version_of(name)]


@cache
def extra_packages(owner: str, extra: str) -> tuple[str, ...]:
    """Return the names of the packages that an extra of a distribution requires.

    A requirement counts even if its environment marker excludes it here (a package without wheels for this Python): the
    model needs it all the same.
    """
    from packaging.requirements import Requirement

    found = _distribution(owner)
    requirements = map(Requirement, (found.requires or ()) if found else ())
    # Not `marker.evaluate`, which also tests the other conditions. packaging writes every marker in this form.
    return tuple(one.name for one in requirements if f'extra == "{extra}"' in str(one.marker))


@cache
def version_of(name: str) -> str:
    """Return the installed version of a package, "" if it is not installed."""
    found = _distribution(name)
    return found.version if found else ""


def _distribution(name: str) -> Distribution | None:
    try:
        return distribution(name)
    except PackageNotFoundError:
        return None


def install_line(thing: NeedsExtra) -> str:
    """Return the shell command that installs the extra of a model or metric into this environment.

    A source checkout is installed by its path, because its extras are defined there.
    """
    folder = source_folder(thing.distribution)
    target = f"{folder or thing.distribution}[{thing.extra}]"
    constraints = folder / "constraints.txt" if folder else None
    words = [sys.executable, "-m", "pip", "install"]
    if constraints and constraints.is_file():
        words += ["-c", str(constraints)]
    return shlex.join([*words, *(["-e"] if folder else []), target])


@dataclass(frozen=True)
class _OurExtra:
    """An extra of seinfer itself."""

    extra: str
    distribution: str = "seinfer"


def require_extra(extra: str, purpose: str) -> None:
    """Check that the packages of one of our own extras are installed. Reads package metadata, imports no package.

    Args:
        extra: name of the extra, such as "report".
        purpose: subject of the error message, such as "seinfer plot".

    Raises:
        MissingExtraError: a package is missing; the message contains the command that installs it.
    """
    needed = _OurExtra(extra)
    if missing := lacking(needed):
        raise MissingExtraError(f"{purpose} needs {', '.join(missing)}: {install_line(needed)}")


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
