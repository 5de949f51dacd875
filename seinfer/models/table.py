"""Reading one models.toml file, strictly: an unknown key, a missing key or a wrong type is an error that names it."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..core.errors import RegistryError
from ..core.records import ModelSpec, WeightFile
from .published import read_published

_TEXT, _LIST, _NUMBER = (str,), (list,), (int, float)
# key -> (accepted types, required)
_MODEL_KEYS: Mapping[str, tuple[tuple[type, ...], bool]] = {
    "summary": (_TEXT, True),
    "aliases": (_LIST, False),
    "backend": (_TEXT, True),
    "extra": (_TEXT, False),
    "sample_rate": ((int,), True),
    "causal": ((bool,), True),
    "latency_ms": (_NUMBER, True),
    "n_parameters": ((int,), True),
    "license_code": (_TEXT, True),
    "license_weights": (_TEXT, True),
    "source": (_TEXT, True),
    "paper": (_TEXT, False),
    "training_data": (_LIST, False),
    "verified": (_TEXT, True),
    "notes": (_TEXT, False),
    "options": ((dict,), False),
    "python": (_TEXT, False),
    "published": (_LIST, False),
    "files": (_LIST, False),
}
_FILE_KEYS: Mapping[str, tuple[tuple[type, ...], bool]] = {
    "name": (_TEXT, True),
    "url": (_TEXT, False),
    "path": (_TEXT, False),
    "sha256": (_TEXT, False),
    "bytes": ((int,), False),
    "archive_sha256": (_TEXT, False),
    "member": (_TEXT, False),
}
# A name is used as a folder below audio/ and on the command line, where a comma separates models.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")
_HEX = re.compile(r"[0-9a-f]{8,64}")


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
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RegistryError(f"{path}: is not valid TOML ({error})") from error
    return {name: _model(path, name, table, distribution) for name, table in document.items()}


def _model(path: Path, name: str, table: object, distribution: str) -> ModelSpec:
    where = f"{path}: [{name}]"
    for word in (name, *_texts(table, "aliases")):
        if not _NAME.fullmatch(word):
            raise RegistryError(f"{where}: the name {word!r} may contain only letters, digits and . _ + -")
    if "all" in (name, *_texts(table, "aliases")):
        raise RegistryError(f"{where}: the name 'all' is reserved for --models all; choose another")
    values = _checked(where, table, _MODEL_KEYS)
    files = tuple(_file(f"{where} file {i + 1}", f, path.parent) for i, f in enumerate(values.pop("files", ())))
    names = [file.name for file in files]
    if len(set(names)) < len(names):
        raise RegistryError(f"{where}: two files have the same name; expected each name once, got {names}")
    for key in ("aliases", "training_data"):
        values[key] = tuple(_texts(table, key))
    if values.get("python"):
        # Not resolved: the interpreter of a virtual environment is a link, which must be called by its own path.
        values["python"] = str((path.parent / Path(values["python"]).expanduser()).absolute())
    if values["sample_rate"] < 0:
        raise RegistryError(f"{where}: sample_rate is {values['sample_rate']}, expected Hz, or 0 for any rate")
    published, mistakes = read_published(where, values.pop("published", ()))
    if mistakes:
        raise RegistryError(mistakes[0])
    return ModelSpec(name=name, files=files, published=published, distribution=distribution, **values)


def _file(where: str, table: object, folder: Path) -> WeightFile:
    values = _checked(where, table, _FILE_KEYS)
    if values["name"] in ("", "..") or Path(values["name"]).name != values["name"]:
        raise RegistryError(f"{where}: the name {values['name']!r} must be a plain file name without folders")
    if bool(values.get("url")) == bool(values.get("path")):
        raise RegistryError(f"{where}: expected either url or path, got {'both' if values.get('url') else 'neither'}")
    for key in ("sha256", "archive_sha256"):
        if values.get(key) and not _HEX.fullmatch(values[key]):
            raise RegistryError(f"{where}: {key} is {values[key]!r}, expected 8 to 64 hex digits in lower case")
    if values.get("member") and not values.get("sha256"):
        raise RegistryError(f"{where}: a member of an archive needs its own sha256")
    if values.get("path"):
        values["path"] = str((folder / Path(values["path"]).expanduser()).resolve())
    return WeightFile(**values)


def _checked(where: str, table: object, keys: Mapping[str, tuple[tuple[type, ...], bool]]) -> dict[str, Any]:
    if not isinstance(table, dict):
        raise RegistryError(f"{where}: is {table!r}, expected a table")
    if unknown := sorted(set(table) - set(keys)):
        raise RegistryError(f"{where}: unknown key {unknown[0]!r}; expected one of {', '.join(keys)}")
    for key, (types, required) in keys.items():
        if key not in table:
            if required:
                raise RegistryError(f"{where}: the key {key!r} is missing")
            continue
        value = table[key]
        # bool is an int in Python, but true or false in place of a number is a mistake.
        if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
            expected = " or ".join(t.__name__ for t in types)
            raise RegistryError(f"{where}: {key} is {value!r}, expected {expected}")
    return dict(table)


def _texts(table: object, key: str) -> list[str]:
    values = table.get(key, []) if isinstance(table, dict) else []
    return [str(value) for value in values] if isinstance(values, list) else []
