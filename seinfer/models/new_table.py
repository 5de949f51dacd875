"""Write the table of a user's own checkpoint: the network of a known model with other weights (`seinfer models new`).

The table inherits everything that belongs to the network. What only the owner of the weights knows (their licence, the
training data) is left out, with a comment that shows where it goes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..core.counts import counted
from ..core.errors import AudioError, UsageError
from ..core.files import open_regular, write_text
from ..core.hashing import size_and_sha256
from ..core.records import ModelSpec
from .registry import load_registry, table_of
from .table import mistakes_in_names, quoted

_INHERITED = ("backend", "extra", "sample_rate", "causal", "latency_ms", "n_parameters", "license_code", "python")
_COMMENTS = """\
# license_weights = "..."             # licence of these weights; left out: none stated
# training_data   = ["..."]           # so that a table can warn of test clips from this data
"""


def add_table(name: str, like: str, weights: Sequence[Path], out: Path, models_files: Sequence[Path] = ()) -> ModelSpec:
    """Add the table of a new model to a models file, which is created if it does not exist.

    Args:
        name: of the new model.
        like: a model whose network the weights belong to.
        weights: its weight files.
        out: the models file; its other tables are not changed.
        models_files: further files that may contain `like`.

    Returns:
        The new model, as it is read from the file.

    Raises:
        UsageError: the name is in use, there is no model `like`, or the weights are not the files that it needs.
        RegistryError: `out` exists and is malformed.
        RunFolderError: `out` cannot be written.
    """
    if (own := table_of("seinfer")) and own.resolve() == out.resolve():
        raise UsageError(f"{out} is the table of seinfer itself; choose another --out, such as my_models.toml")
    for mistake in mistakes_in_names([name]):
        raise UsageError(mistake)
    files = list(dict.fromkeys(path.resolve() for path in (*models_files, *([out] if out.exists() else []))))
    registry = load_registry(files)
    if name in registry.names():
        raise UsageError(
            f"the name {name!r} is already used by the model {registry.find(name).name!r}; choose another, or remove "
            "that table"
        )
    model = registry.find(like)
    text = _as_toml(name, model, _named(model, weights), out.absolute().parent)
    before = out.read_text(encoding="utf-8") if out.exists() else ""
    write_text(out, f"{before.rstrip()}\n\n{text}" if before.strip() else text)
    return load_registry([*files, *([] if out.resolve() in files else [out])]).find(name)


def _named(model: ModelSpec, weights: Sequence[Path]) -> dict[str, Path]:
    """Return the name in the new table -> file, for the files that a model needs.

    A single file keeps its own name. Several are recognised by the names in the model's table; one may have another.

    Raises:
        UsageError: the model has no files, or these are not the ones that it needs.
    """
    needed = [file.name for file in model.files]
    if not needed:
        raise UsageError(f"--like {model.name}: this model has no weight files; expected one that has")
    if len(needed) == len(weights) == 1:
        return {weights[0].name: weights[0]}
    by_name = {path.name: path for path in weights}
    others = [path for path in weights if path.name not in needed]
    lacking = [name for name in needed if name not in by_name]
    if len(by_name) == len(weights) == len(needed) and len(others) == len(lacking) <= 1:
        return {name: by_name.get(name) or others[0] for name in needed}
    raise UsageError(
        f"--weights names {', '.join(map(str, weights))}; {model.name} needs {counted(len(needed), 'file')}: "
        f"{', '.join(needed)}; give --weights once for each, with these names"
    )


def _as_toml(name: str, model: ModelSpec, files: Mapping[str, Path], folder: Path) -> str:
    heading = quoted(name)
    facts: dict[str, Any] = {"summary": f"{model.name} with the weights {', '.join(map(str, files))}"}
    facts |= {key: value for key in _INHERITED if (value := getattr(model, key)) not in (None, "")}
    if model.distribution != "seinfer":
        facts.pop("extra", None)  # an extra of another package cannot be named in a file of a user
    facts["notes"] = f"made by seinfer models new --like {model.name}"
    lines = [f"[{heading}]", *_assignments(facts), _COMMENTS.rstrip()]
    if model.options:
        lines += [f"[{heading}.options]", *_assignments(model.options)]
    for file_name, path in files.items():
        lines += [f"[[{heading}.files]]", *_assignments(_file_facts(file_name, path, folder))]
    return "\n".join([*lines, ""])


def _file_facts(name: str, path: Path, folder: Path) -> dict[str, Any]:
    """Return the entry of a file; its path is relative if it is below the folder of the models file.

    Raises:
        UsageError: it is not a file, or cannot be read.
    """
    if not path.is_file():
        raise UsageError(f"--weights {path} is not a file; expected a checkpoint")
    try:
        with open_regular(path) as file:
            size_bytes, sha256 = size_and_sha256(file)
    except (AudioError, OSError) as error:
        raise UsageError(f"--weights: {error}") from error
    real, base = path.resolve(), folder.resolve()
    text = real.relative_to(base).as_posix() if real.is_relative_to(base) else str(real)
    return {"name": name, "path": text, "sha256": sha256, "bytes": size_bytes}


def _assignments(values: Mapping[str, Any]) -> list[str]:
    width = max(len(quoted(key)) for key in values)
    return [f"{quoted(key):{width}} = {_value(value)}" for key, value in values.items()]


def _value(value: Any) -> str:
    """Return a value as TOML, which writes text, numbers, booleans and lists of them as JSON does."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{quoted(key)} = {_value(item)}" for key, item in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False)
