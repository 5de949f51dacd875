"""Reading one models.toml file, strictly: an unknown key, a missing key or a wrong type is a mistake.

One error names all mistakes of a file. Facts that nobody may have (licence, latency, ...) can be left out.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..core.errors import RegistryError
from ..core.records import ModelSpec, WeightFile
from ..core.suggestions import suggest
from .published import read_published

_TEXT, _LIST, _NUMBER = (str,), (list,), (int, float)
_Keys = Mapping[str, tuple[tuple[type, ...], bool]]
"""Key -> (accepted types, required)."""
_MODEL_KEYS: _Keys = {
    "summary": (_TEXT, True),
    "aliases": (_LIST, False),
    "backend": (_TEXT, True),
    "extra": (_TEXT, False),
    "sample_rate": ((int,), True),
    "causal": ((bool,), False),
    "latency_ms": (_NUMBER, False),
    "n_parameters": ((int,), False),
    "license_code": (_TEXT, False),
    "license_weights": (_TEXT, False),
    "source": (_TEXT, False),
    "paper": (_TEXT, False),
    "training_data": (_LIST, False),
    "verified": (_TEXT, False),
    "notes": (_TEXT, False),
    "options": ((dict,), False),
    "python": (_TEXT, False),
    "published": (_LIST, False),
    "files": (_LIST, False),
}
_FILE_KEYS: _Keys = {
    "name": (_TEXT, True),
    "url": (_TEXT, False),
    "path": (_TEXT, False),
    "sha256": (_TEXT, False),
    "git_sha1": (_TEXT, False),
    "bytes": ((int,), False),
    "archive_sha256": (_TEXT, False),
    "member": (_TEXT, False),
}
_PATHS = ("name", "path", "python", "member")
# A name is used as a folder below audio/ and on the command line, where a comma separates models.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")
_HEX = re.compile(r"[0-9a-f]{8,64}")
_GIT_ID = re.compile(r"[0-9a-f]{40}")


def read_models(path: Path, distribution: str = "seinfer") -> dict[str, ModelSpec]:
    """Read one file in the format of models.toml.

    Args:
        path: the file.
        distribution: the installed package that it belongs to; extras are extras of that package.

    Raises:
        RegistryError: the file cannot be read or its content is not valid.
    """
    if sys.version_info >= (
        3,
        11,
    ):  # imported only when a table is read: another interpreter that runs a model may lack tomli
        import tomllib
    else:
        import tomli as tomllib
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RegistryError(f"{path}: cannot be read ({error.strerror}); expected a models file in TOML") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RegistryError(f"{path}: is not valid TOML ({error})") from error
    mistakes: list[str] = []
    specs = {name: _model(path, name, table, distribution, mistakes) for name, table in document.items()}
    if mistakes:
        raise RegistryError(*_as_lines(path, mistakes))
    return {name: spec for name, spec in specs.items() if spec}


def _as_lines(path: Path, mistakes: Sequence[str]) -> list[str]:
    if len(mistakes) == 1:
        return [f"{path}: {mistakes[0]}"]
    return [f"{path}: {len(mistakes)} mistakes:", *(f"  {mistake}" for mistake in mistakes)]


def _model(path: Path, name: str, table: object, distribution: str, mistakes: list[str]) -> ModelSpec | None:
    """Return a model; None if its table has mistakes, which are added to `mistakes`."""
    n_before = len(mistakes)
    where = f"[{name}]"
    mistakes += (f"{where}: {mistake}" for mistake in mistakes_in_names((name, *_texts(table, "aliases"))))
    values = _checked(where, table, _MODEL_KEYS, mistakes, lambda key: _place_of_key(name, key))
    files = [_file(f"{where} file {i + 1}", f, path.parent, mistakes) for i, f in enumerate(values.pop("files", ()))]
    file_names = [file.name for file in files if file]
    if len(set(file_names)) < len(file_names):
        mistakes.append(f"{where}: two files have the same name; expected each name once, got {file_names}")
    if values.get("sample_rate", 0) < 0:
        mistakes.append(f"{where}: sample_rate is {values['sample_rate']}, expected Hz, or 0 for any rate")
    published, found = read_published(where, values.pop("published", ()))
    mistakes += found
    if len(mistakes) > n_before:
        return None
    for key in ("aliases", "training_data"):
        values[key] = tuple(_texts(table, key))
    if values.get("python"):
        # Not resolved: the interpreter of a virtual environment is a link, which must be called by its own path.
        values["python"] = str((path.parent / Path(values["python"]).expanduser()).absolute())
    return ModelSpec(
        name=name, files=tuple(filter(None, files)), published=published, distribution=distribution, **values
    )


def mistakes_in_names(names: Sequence[str]) -> Iterator[str]:
    """Yield one line for each name that a model cannot have."""
    for name in names:
        if not _NAME.fullmatch(name):
            yield f"the name {name!r} may contain only letters, digits and . _ + -"
    if "all" in names:
        yield "the name 'all' is reserved for --models all; choose another"


def _place_of_key(name: str, key: str) -> str:
    """Return what to do about an unknown key of a model's table."""
    if key in _FILE_KEYS:
        return f"{key} belongs in [[{quoted(name)}.files]]"
    return f"{suggest(key, _MODEL_KEYS)}; settings of the backend belong in [{quoted(name)}.options]"


def _file(where: str, table: object, folder: Path, mistakes: list[str]) -> WeightFile | None:
    """Return a file; None if its table has mistakes, which are added to `mistakes`."""
    found: list[str] = []
    values = _checked(where, table, _FILE_KEYS, found, _place_of_file_key)
    name = values.get("name")
    if name is not None and (name in ("", "..") or Path(name).name != name):
        found.append(f"{where}: the name {name!r} must be a plain file name without folders")
    given = table if isinstance(table, dict) else {}
    if given and bool(given.get("url")) == bool(given.get("path")):
        found.append(f"{where}: expected either url or path, got {'both' if given.get('url') else 'neither'}")
    for key in ("sha256", "archive_sha256"):
        if values.get(key) and not _HEX.fullmatch(values[key]):
            found.append(f"{where}: {key} is {values[key]!r}, expected 8 to 64 hex digits in lower case")
    if values.get("git_sha1") and not _GIT_ID.fullmatch(values["git_sha1"]):
        found.append(f"{where}: git_sha1 is {values['git_sha1']!r}, expected 40 hex digits in lower case")
    if given.get("git_sha1") and "bytes" not in given:
        found.append(f"{where}: a file with git_sha1 needs its size in bytes, because SHA-1 alone is weak")
    if given.get("git_sha1") and given.get("member"):
        found.append(f"{where}: git_sha1 is the id of a whole file, but this one is a member of an archive")
    if given.get("member") and not given.get("sha256"):
        found.append(f"{where}: a member of an archive needs its own sha256")
    mistakes += found
    if found:
        return None
    if values.get("path"):
        values["path"] = str((folder / Path(values["path"]).expanduser()).resolve())
    return WeightFile(**values)


def _place_of_file_key(key: str) -> str:
    """Return what to do about an unknown key of a file's table."""
    if key in _MODEL_KEYS:
        return f"{key} belongs in the table of the model, above its files"
    return suggest(key, _FILE_KEYS)


def _checked(
    where: str, table: object, keys: _Keys, mistakes: list[str], advice: Callable[[str], str]
) -> dict[str, Any]:
    """Return the values of the right type; everything else is added to `mistakes`.

    Args:
        where: the table, for messages.
        table: its content.
        keys: the possible keys.
        mistakes: receives one line per mistake.
        advice: returns what to do about an unknown key.
    """
    if not isinstance(table, dict):
        mistakes.append(f"{where}: is {table!r}, expected a table [NAME]; files belong in [[NAME.files]]")
        return {}
    for key in sorted(set(table) - set(keys)):
        mistakes.append(f"{where}: unknown key {key!r}; {advice(key)}")
    mistakes += [f"{where}: the key {key!r} is missing" for key, (_, need) in keys.items() if need and key not in table]
    given = {key: table[key] for key in keys if key in table}
    right = {key: value for key, value in given.items() if _has_type(value, keys[key][0])}
    paths = [key for key in _PATHS if "\0" in str(right.get(key, ""))]
    mistakes += (f"{where}: {key} is {right.pop(key)!r}, expected a path without null bytes" for key in paths)
    for key in [key for key in given if not _has_type(given[key], keys[key][0])]:
        expected = " or ".join(t.__name__ for t in keys[key][0])
        mistakes.append(f"{where}: {key} is {given[key]!r}, expected {expected}")
    return right


def _has_type(value: object, types: tuple[type, ...]) -> bool:
    # bool is an int in Python, but true or false in place of a number is a mistake.
    return isinstance(value, types) and not (isinstance(value, bool) and bool not in types)


def _texts(table: object, key: str) -> list[str]:
    values = table.get(key, []) if isinstance(table, dict) else []
    return [str(value) for value in values] if isinstance(values, list) else []


def quoted(name: str) -> str:
    """Return a name as a key of TOML, in quotes if it needs them."""
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else json.dumps(name, ensure_ascii=False)
